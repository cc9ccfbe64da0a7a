"""One layer, or one block of layers, as a block: what it says, where on it that stands, and how it is painted."""
