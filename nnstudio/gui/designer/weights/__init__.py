"""The weights of a layer as numbers, to read and to edit."""
