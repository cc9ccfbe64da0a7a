"""A network as a small figure, as papers have them."""
