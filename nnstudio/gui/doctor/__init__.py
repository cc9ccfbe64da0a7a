"""The doctor's findings in the window, with remedies at a click."""
