"""What the window shows: models on the GUI thread. Views know models, not each other."""
