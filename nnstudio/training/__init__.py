"""Training: settings in, a stream of immutable events out. No Qt; the window, the command line and the tests use the same."""
