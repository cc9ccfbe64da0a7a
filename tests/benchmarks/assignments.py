"""What is learned from real data, by both sides: networks, data and settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.losses import BinaryCrossEntropy
from nnstudio.engine.optimizers import Adam, Momentum
from nnstudio.engine.schedules import Cosine
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import autoencoder, resnet20, two_layer_network, vgg_small
from nnstudio.training.settings import TrainingSettings
from tests.benchmarks import torch_networks

PHOTOGRAPHS = "cifar10-subset.zip"
FLIPPED_AND_SHIFTED = Augmentation(flip_horizontal=True, shift=4)
"""As He et al. (2015) train on CIFAR-10."""


@dataclass(frozen=True)
class Assignment:
    """``data`` is the name of a data set, or of a file or folder below that of the data. The result is the test
    ``accuracy``, where more is better, or ``loss``."""

    key: str
    title: str
    data: str
    spec: Callable[[], NetworkSpec]
    torch_network: Callable[[], torch_networks.nn.Module]
    settings: TrainingSettings
    judged: Literal["accuracy", "loss"] = "accuracy"

    def dataset(self, folder: Path, pictures: int | None = None) -> Dataset:
        """All of it, or only so many pictures of each part."""
        path = folder / self.data
        dataset = load_dataset(path if path.exists() else self.data)
        if pictures is None:
            return dataset
        parts = {part: _first(getattr(dataset, part), pictures) for part in ("train", "validation", "test")}
        return replace(dataset, **parts)


def _first(samples: Samples, count: int) -> Samples:
    return Samples(samples.images[:count], samples.labels[:count])


ASSIGNMENTS = (
    Assignment(
        "vgg", "VGG-small", PHOTOGRAPHS, vgg_small, torch_networks.vgg_small,
        TrainingSettings(
            epochs=12, batch_size=64, optimizer=Momentum(learning_rate=0.02, weight_decay=5e-4),
            schedule=Cosine(warmup=2), augmentation=FLIPPED_AND_SHIFTED,
        ),
    ),
    Assignment(
        "resnet", "ResNet-20", PHOTOGRAPHS, resnet20, torch_networks.resnet20,
        TrainingSettings(
            epochs=8, batch_size=64, optimizer=Momentum(learning_rate=0.05, weight_decay=5e-4),
            schedule=Cosine(warmup=2), augmentation=FLIPPED_AND_SHIFTED,
        ),
    ),
    Assignment(
        "autoencoder", "Convolutional autoencoder", "fashion-mnist", autoencoder, torch_networks.autoencoder,
        TrainingSettings(
            epochs=2, batch_size=128, optimizer=Adam(learning_rate=0.001), schedule=Cosine(), loss=BinaryCrossEntropy()
        ),
        judged="loss",
    ),
    Assignment(
        "points", "Two layers for points", "spirals", two_layer_network, torch_networks.two_layer_network,
        TrainingSettings(epochs=150, batch_size=32, optimizer=Adam(learning_rate=0.02), schedule=Cosine()),
    ),
)  # fmt: skip
"""By how their names begin they are chosen on the command line."""
