"""The data sets that can be called by a name, and what they are for people. Nothing is loaded here."""

from __future__ import annotations

import os
from pathlib import Path

from nnstudio.paths import user_data_dir

DATASETS = {
    "digits": "Built-in handwriting",
    "mnist": "MNIST",
    "mnist+digits": "MNIST and built-in",
    "spirals": "Points: two spirals",
    "circles": "Points: disc in a ring",
    "xor": "Points: chessboard (XOR)",
    "clusters": "Points: two heaps",
}

_CLASSES = {"digits": 10, "mnist": 10, "mnist+digits": 10, "spirals": 2, "circles": 2, "xor": 2, "clusters": 2}


def class_count(name: str) -> int | None:
    """How many classes a data set tells apart, as far as that is known without loading it."""
    return _CLASSES.get(name)


def mnist_dir() -> Path:
    """Where MNIST is, or will be downloaded to: `NNSTUDIO_MNIST`, or the user's data folder."""
    return Path(os.environ.get("NNSTUDIO_MNIST") or user_data_dir() / "mnist")
