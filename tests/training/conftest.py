"""Small data and a small network, so that whole trainings take milliseconds."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain


def _stripes(count: int, seed: int) -> Samples:
    """Noisy 8×8 pictures of class 0 (rows) or 1 (columns)."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, count).astype(np.int32)
    rows = np.tile((np.arange(8) % 2)[:, None], (1, 8)) * 200
    images = np.where(labels[:, None, None] == 0, rows, rows.T) + generator.integers(0, 56, (count, 8, 8))
    return Samples(images[:, None].astype(np.uint8), labels)


@pytest.fixture
def stripes() -> Dataset:
    return Dataset("stripes", _stripes(250, 0), _stripes(40, 1), _stripes(40, 2), ("rows", "columns"))


@pytest.fixture
def small_network() -> NetworkSpec:
    layers = [
        Input(channels=1, height=8, width=8), Convolution(filters=3, kernel=(3, 3)), ReLU(), Flatten(),
        Dropout(rate=0.1), Dense(units=2), SoftmaxOutput(),
    ]  # fmt: skip
    return chain("small", layers)
