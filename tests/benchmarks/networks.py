"""What is trained: networks, and pictures of noise, since the work does not depend on what is in them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnstudio.network.presets import lenet5, resnet20, vgg_small

NETWORKS = {"lenet": lenet5, "vgg": vgg_small, "resnet": resnet20}
NAMES = {"lenet": "LeNet-5", "vgg": "VGG-small", "resnet": "ResNet-20"}
IMAGES = {"lenet": 60_000, "vgg": 50_000, "resnet": 50_000}
"""As many as MNIST and CIFAR-10 have."""


@lru_cache(maxsize=2)
def noise(count: int, shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Pictures of that shape, and labels from 0 to 9; nobody may change them."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (count, *shape), np.uint8), generator.integers(0, 10, count).astype(np.int32)
