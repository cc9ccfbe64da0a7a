"""The settings and figures of what is selected."""
