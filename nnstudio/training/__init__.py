"""Training: settings in, a stream of immutable events out, alike for the window, the command line and the tests."""
