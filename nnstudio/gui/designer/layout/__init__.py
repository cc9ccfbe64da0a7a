"""Where the blocks of a network stand."""
