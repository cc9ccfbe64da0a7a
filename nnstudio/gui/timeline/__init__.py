"""The run's past in the window: a cursor, a bar to move it, and its export as an animation."""
