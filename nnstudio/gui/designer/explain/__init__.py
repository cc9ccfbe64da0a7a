"""“Explain this layer”: what a layer does, with its own numbers and weights."""
