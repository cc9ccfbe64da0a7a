"""A new network from a template: the dialog with its cards."""
