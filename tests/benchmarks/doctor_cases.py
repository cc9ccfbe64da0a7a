"""Trainings that the doctor is tried on: healthy ones, to which it must say nothing, and ill ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Array
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, OptimizerBase, RMSProp
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.schedules import Constant, Cosine, Schedule
from nnstudio.network import Layer, NetworkSpec
from nnstudio.network.layers.activation import ReLU, Sigmoid, Tanh
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain, preset
from nnstudio.training.events import Snapshot
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

Weights = Mapping[str, Array]
Data = Callable[[Path, int], Dataset]
"""From the folder with the data and the seed of a run."""
PHOTOGRAPHS = "cifar10-subset.zip"


@dataclass(frozen=True)
class Case:
    """A training. Healthy is one of which nothing is ``expected``; of an ill one any of the causes there is right, and
    those of ``beside`` are true too. ``begin`` makes the weights to begin with, where they are not fresh ones."""

    key: str
    network: Callable[[], NetworkSpec]
    data: Data
    settings: TrainingSettings
    expected: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    begin: Callable[[NetworkSpec, Dataset, TrainingSettings], Weights] | None = None
    numpy: bool = False
    """Whether it trains on NumPy, whatever else there is."""

    @property
    def healthy(self) -> bool:
        return not self.expected

    @property
    def right(self) -> frozenset[str]:
        return frozenset((*self.expected, *self.beside))


# ---- data


@cache
def _whole(name: str) -> Dataset:
    return load_dataset(name)


def some(name: str, train: int, validation: int = 1000) -> Data:
    """So many pictures; other seeds learn from others, where there are enough."""

    def take(folder: Path, seed: int) -> Dataset:
        path = folder / name
        dataset = _whole(str(path) if path.exists() else name)
        return replace(
            dataset, train=_part(dataset.train, train, seed), validation=_part(dataset.validation, validation, 0),
            test=None,
        )  # fmt: skip

    return take


def _part(samples: Samples, count: int, seed: int) -> Samples:
    start = seed * count if (seed + 1) * count <= len(samples) else 0
    return Samples(samples.images[start : start + count], samples.labels[start : start + count])


def _only(samples: Samples, counts: Mapping[int, int]) -> Samples:
    """The first so many of some classes, which are numbered anew."""
    chosen = np.sort(np.concatenate([np.flatnonzero(samples.labels == label)[:n] for label, n in counts.items()]))
    names = list(counts)
    labels = np.array([names.index(label) for label in samples.labels[chosen]], np.int32)
    return Samples(samples.images[chosen], labels)


def uneven(folder: Path, seed: int) -> Dataset:
    """Threes and eights, 95 to 5."""
    whole = some("mnist", 12_000)(folder, seed)
    train, validation = _only(whole.train, {3: 950, 8: 50}), _only(whole.validation, {3: 95, 8: 5})
    return Dataset("uneven", train, validation, None, ("3", "8"))


def copied(folder: Path, seed: int) -> Dataset:
    """A fifth of the validation pictures are training pictures."""
    whole = some("mnist", 6_000)(folder, seed)
    images, labels = whole.validation.images.copy(), whole.validation.labels.copy()
    images[::5], labels[::5] = whole.train.images[:200], whole.train.labels[:200]
    return replace(whole, validation=Samples(images, labels))


# ---- networks and weights


def dense(*hidden: Layer, units: int = 64, classes: int = 10) -> Callable[[], NetworkSpec]:
    """For grey pictures: activations ``hidden``, each behind as many ``units``."""

    def make() -> NetworkSpec:
        layers: list[Layer] = [Input(), Flatten()]
        for activation in hidden:
            layers += [Dense(units=units), activation]
        return chain("dense", [*layers, Dense(units=classes), SoftmaxOutput()])

    return make


def named(name: str) -> Callable[[], NetworkSpec]:
    return lambda: preset(name)


def _fresh(spec: NetworkSpec, settings: TrainingSettings) -> Weights:
    return initial_parameters(compile_plan(spec, loss=settings.loss), settings.initializer, settings.seed)


def scaled(factor: float) -> Callable[[NetworkSpec, Dataset, TrainingSettings], Weights]:
    """Weights that are too large or too small to begin with."""

    def begin(spec: NetworkSpec, _dataset: Dataset, settings: TrainingSettings) -> Weights:
        return {name: values * np.float32(factor) for name, values in _fresh(spec, settings).items()}

    return begin


def biased(layer: str, value: float, *, first: bool = False) -> Callable[..., Weights]:
    """A layer whose biases, or the ``first`` of them, are far from 0."""

    def begin(spec: NetworkSpec, _dataset: Dataset, settings: TrainingSettings) -> Weights:
        fresh = dict(_fresh(spec, settings))
        bias = fresh[f"{layer}.bias"].copy()
        bias[: 1 if first else None] = value
        return {**fresh, f"{layer}.bias": bias}

    return begin


def after_huge_steps(rate: float, count: int) -> Callable[..., Weights]:
    """Weights after the first ``count`` steps of SGD at a learning rate that is far too high."""

    def begin(spec: NetworkSpec, dataset: Dataset, settings: TrainingSettings) -> Weights:
        wild = settings.model_copy(update={"optimizer": SGD(learning_rate=rate)})
        trainer = Trainer(spec, dataset, wild, backend=NumpyBackend(), snapshots_per_second=1e9)
        learned: Weights = {}
        for event in trainer.run():
            if isinstance(event, Snapshot) and event.step == count:
                learned = event.parameters
                trainer.stop()
        return learned

    return begin


def _settings(
    epochs: int, optimizer: OptimizerBase | None = None, batch_size: int = 64, schedule: Schedule | None = None,
    augmentation: Augmentation | None = None,
) -> TrainingSettings:  # fmt: skip
    return TrainingSettings(
        epochs=epochs, batch_size=batch_size, optimizer=optimizer or Adam(), schedule=schedule or Constant(),
        augmentation=augmentation or Augmentation(),
    )  # fmt: skip


MNIST, SMALL_MNIST = some("mnist", 12_000), some("mnist", 4_000)
DIGITS, FASHION, PHOTOS = some("digits", 10_000), some("fashion-mnist", 12_000), some(PHOTOGRAPHS, 1_600, 300)
VARIED = Augmentation(flip_horizontal=True, shift=4)

HEALTHY = (
    Case("lenet5 adam, all of MNIST", named("lenet5"), some("mnist", 55_000, 5_000), _settings(5)),
    Case("lenet5 sgd 0.05", named("lenet5"), MNIST, _settings(6, SGD(learning_rate=0.05))),
    Case("lenet5 momentum 0.01", named("lenet5"), MNIST, _settings(6, Momentum(learning_rate=0.01))),
    Case("lenet5 adam, augmented", named("lenet5"), MNIST,
         _settings(6, augmentation=Augmentation(shift=2, rotate=10), schedule=Cosine(warmup=1))),
    Case("lenet5 adam, NumPy", named("lenet5"), SMALL_MNIST, _settings(4), numpy=True),
    Case("lenet5 fashion", named("lenet5"), FASHION, _settings(8)),
    Case("mlp adam", named("mlp"), MNIST, _settings(8)),
    Case("mlp sgd 0.1", named("mlp"), MNIST, _settings(10, SGD(learning_rate=0.1))),
    Case("mlp sgd 0.01", named("mlp"), MNIST, _settings(10, SGD(learning_rate=0.01))),
    Case("mlp momentum 0.05", named("mlp"), MNIST, _settings(8, Momentum(learning_rate=0.05))),
    Case("mlp adamw, batch 256", named("mlp"), MNIST, _settings(10, AdamW(), 256)),
    Case("mlp rmsprop, batch 16", named("mlp"), SMALL_MNIST, _settings(6, RMSProp(), 16)),
    Case("mlp nesterov, NumPy", named("mlp"), MNIST, _settings(6, Nesterov(learning_rate=0.01)), numpy=True),
    Case("three sigmoid layers", dense(*[Sigmoid()] * 3), MNIST, _settings(8)),
    Case("perceptron adam", named("perceptron"), MNIST, _settings(15)),
    Case("perceptron sgd 0.1", named("perceptron"), MNIST, _settings(15, SGD(learning_rate=0.1))),
    Case("vgg-small momentum, cosine", named("vgg-small"), PHOTOS,
         _settings(4, Momentum(learning_rate=0.02, weight_decay=5e-4), schedule=Cosine(warmup=1), augmentation=VARIED)),
    Case("resnet20 momentum, cosine", named("resnet20"), PHOTOS,
         _settings(3, Momentum(learning_rate=0.05, weight_decay=5e-4), schedule=Cosine(warmup=1), augmentation=VARIED)),
    Case("autoencoder fashion", named("autoencoder"), FASHION, _settings(3, batch_size=128)),
    Case("points spirals 0.02", named("points"), some("spirals", 2_000, 500),
         _settings(100, Adam(learning_rate=0.02), 32, Cosine())),
    Case("points spirals, NumPy", named("points"), some("spirals", 2_000, 500), _settings(30), numpy=True),
    Case("points circles momentum", named("points"), some("circles", 2_000, 500),
         _settings(30, Momentum(learning_rate=0.05))),
    *(Case(f"{name} as it comes", named(name), data, TrainingSettings(epochs=epochs)) for name, data, epochs in (
        ("lenet5", DIGITS, 3), ("convnet", SMALL_MNIST, 3), ("mlp", DIGITS, 3), ("perceptron", DIGITS, 3),
        ("lenet5-1998", SMALL_MNIST, 3), ("autoencoder", SMALL_MNIST, 3),
        ("rosenblatt", some("clusters", 2_000, 500), 10), ("xor", some("xor", 2_000, 500), 20),
        ("points", some("xor", 2_000, 500), 10), ("vgg-small", PHOTOS, 3), ("resnet20", PHOTOS, 3),
        ("mobilenet-small", PHOTOS, 3),
    )),
)  # fmt: skip

WILD = ("divergence", "updates_too_large", "exploding_gradients", "edge_of_stability", "dead_rectifiers",
        "constant_answers", "stuck_at_chance")  # fmt: skip
"""A learning rate far too high shows in any of these, whichever comes first; only one of them at a time."""
STILL = ("rate_too_small", "updates_too_small")

ILL = (
    Case("lenet5 sgd 0.1 × 100", named("lenet5"), SMALL_MNIST, _settings(4, SGD(learning_rate=10)), WILD),
    Case("mlp momentum 0.05 × 100", named("mlp"), SMALL_MNIST, _settings(4, Momentum(learning_rate=5)), WILD),
    Case("lenet5 adam 0.001 × 100", named("lenet5"), MNIST, _settings(6, Adam(learning_rate=0.1)), WILD),
    Case("vgg-small momentum 0.02 × 100", named("vgg-small"), some(PHOTOGRAPHS, 2_000, 300),
         _settings(2, Momentum(learning_rate=2)), WILD),
    Case("autoencoder adam 0.001 × 100", named("autoencoder"), SMALL_MNIST, _settings(4, Adam(learning_rate=0.1)),
         WILD),
    Case("lenet5 sgd 0.05 × 0.0001", named("lenet5"), SMALL_MNIST, _settings(6, SGD(learning_rate=5e-6)), STILL),
    Case("mlp adam 0.001 × 0.0001", named("mlp"), SMALL_MNIST, _settings(6, Adam(learning_rate=1e-7)), STILL),
    Case("points sgd 0.1 × 0.0001", named("points"), some("spirals", 2_000, 500),
         _settings(20, SGD(learning_rate=1e-5), 32), STILL),
    Case("perceptron sgd at the edge", named("perceptron"), MNIST, _settings(6, SGD(learning_rate=3)),
         ("edge_of_stability",), ("updates_too_large",)),
    Case("mlp momentum at the edge", named("mlp"), MNIST, _settings(6, Momentum(learning_rate=0.4)),
         ("edge_of_stability", "dead_rectifiers"), ("updates_too_large",)),
    Case("ten sigmoid layers", dense(*[Sigmoid()] * 10), MNIST, _settings(6, SGD(learning_rate=0.1)),
         ("vanishing_gradients",), ("constant_answers",)),
    Case("ten sigmoid layers, Adam", dense(*[Sigmoid()] * 10), MNIST, _settings(6), ("vanishing_gradients",),
         ("constant_answers", "stuck_at_chance")),
    Case("six ReLU layers, weights × 0.2", dense(*[ReLU()] * 6), MNIST, _settings(5, SGD(learning_rate=0.05)),
         ("weights_too_small",),
         ("constant_answers",), begin=scaled(0.2)),
    Case("six ReLU layers, weights × 5", dense(*[ReLU()] * 6), MNIST, _settings(4, SGD(learning_rate=1e-6)),
         ("exploding_gradients",), WILD, begin=scaled(5)),
    Case("dead: bias of −20", named("mlp"), SMALL_MNIST, _settings(8), ("dead_rectifiers",),
         ("constant_answers",), begin=biased("dense1", -20)),
    Case("dead: huge first steps", named("lenet5"), SMALL_MNIST, _settings(8, SGD(learning_rate=0.02)),
         ("dead_rectifiers", "constant_answers"), begin=after_huge_steps(3.0, 2)),
    Case("by heart: 200 pictures", named("mlp"), some("mnist", 200), _settings(150), ("overfitting",)),
    Case("by heart: 300 pictures, LeNet-5", named("lenet5"), some("mnist", 300), _settings(120), ("overfitting",)),
    Case("by heart: photographs", named("vgg-small"), some(PHOTOGRAPHS, 200, 200), _settings(20, Adam(), 32),
         ("overfitting",)),
    Case("uneven: 95 to 5", dense(ReLU(), classes=2), uneven, _settings(6), ("class_imbalance",)),
    Case("one answer: bias of 100", named("mlp"), MNIST, _settings(6, SGD(learning_rate=5e-4)), ("constant_answers",),
         begin=biased("dense2", 100, first=True)),
    Case("one answer: weights × 0", dense(Tanh()), MNIST, _settings(6), ("constant_answers",), begin=scaled(0)),
    Case("one answer: weight decay", named("mlp"), MNIST,
         _settings(6, SGD(learning_rate=0.05, weight_decay=1)), ("constant_answers",), ("stuck_at_chance",)),
    Case("saturated: bias of 30", dense(Sigmoid()), MNIST, _settings(6, SGD(learning_rate=0.05)),
         ("layer_learns_nothing",), ("constant_answers",), begin=biased("dense1", 30)),
    Case("copies in validation", named("mlp"), copied, _settings(4), ("contaminated_validation",)),
)  # fmt: skip
