"""The layers that a network can be built of, to search and to pick."""
