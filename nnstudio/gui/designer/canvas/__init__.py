"""The network as blocks and connections, and what the mouse and the keys do with them."""
