"""Where pictures come from: built-in handwriting, MNIST, folders, and what is drawn on the canvas."""
