"""What can be done to a network by hand, each edit one undoable step."""
