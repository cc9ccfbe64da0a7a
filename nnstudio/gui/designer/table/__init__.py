"""The network as a table of its layers, to read and to edit."""
