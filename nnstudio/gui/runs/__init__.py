"""The history of runs in the window."""
