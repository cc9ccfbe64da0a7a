"""Plots of what a run measures, over one time axis that they share."""
