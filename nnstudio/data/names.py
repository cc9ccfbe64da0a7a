"""The data sets that can be called by a name, and what they are for people. Nothing is loaded here."""

from __future__ import annotations

DATASETS = {
    "digits": "Built-in handwriting",
    "mnist": "MNIST",
    "mnist+digits": "MNIST and built-in",
    "spirals": "Points: two spirals",
    "circles": "Points: disc in a ring",
    "xor": "Points: chessboard (XOR)",
    "clusters": "Points: two heaps",
}
