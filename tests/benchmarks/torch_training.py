"""The trainer's work in PyTorch: the same initial weights, batches, optimizer, learning rates and loss.

A batch has the same changed pictures too, by ``preview``, which is NumPy and tested by itself. So both sides differ in
nothing but the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

import numpy as np
from numpy.typing import DTypeLike

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy, LossBase
from nnstudio.engine.numpy.augment import preview
from nnstudio.engine.optimizers import Adam, Momentum, OptimizerBase
from nnstudio.engine.plan import compile_plan
from nnstudio.training.loop import shuffled
from tests.benchmarks.assignments import Assignment
from tests.benchmarks.run_record import PYTORCH, Curves, RunRecord, known
from tests.benchmarks.torch_networks import load, nn, torch

JUDGED_AT_ONCE = 500
UNCHANGED = Augmentation()
F = nn.functional


class Pictures:
    """A part of a data set; bytes become values from 0 to 1 when a batch is made, as on our side."""

    def __init__(
        self, samples: Samples, dtype: DTypeLike, augmentation: Augmentation = UNCHANGED, seed: int = 0
    ) -> None:
        self.images, self.labels = samples.images, samples.labels.astype(np.int64)
        self.dtype, self.augmentation, self.seed = dtype, augmentation, seed

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, chosen: np.ndarray, step: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """What training step number ``step`` makes of the ``chosen`` pictures, and their labels."""
        images = preview(self.images[chosen], self.augmentation, self.seed, step, dtype=self.dtype)
        return torch.from_numpy(images), torch.from_numpy(self.labels[chosen])


def in_parts(order: np.ndarray, size: int) -> list[np.ndarray]:
    """Of ``size``, the last perhaps smaller."""
    return np.split(order, range(size, len(order), size))


def judge(
    loss: LossBase, scores: torch.Tensor, images: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """The loss, and how many answers are right (NaN where the answer is a picture)."""
    match loss:
        case CrossEntropy(label_smoothing=smoothing):
            right = float((scores.argmax(1) == labels).sum())
            return F.cross_entropy(scores, labels, label_smoothing=smoothing), right
        case BinaryCrossEntropy():
            return F.binary_cross_entropy_with_logits(scores, images), float("nan")
    raise NotImplementedError(f"the loss {loss.title} is not compared with PyTorch")


def run(assignment: Assignment, dataset: Dataset, seed: int, threads: int, dtype: DTypeLike = np.float32) -> RunRecord:
    """Train once, in single precision or in double."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    settings, spec = assignment.settings, assignment.spec()
    plan, network = compile_plan(spec, loss=settings.loss), assignment.torch_network()
    if dtype == np.float64:
        network = network.double()
    load(network, plan, initial_parameters(plan, settings.initializer, seed))
    optimizer = torch_optimizer(settings.optimizer, network)
    train = Pictures(dataset.train, dtype, settings.augmentation, seed)
    per_epoch = settings.steps_per_epoch(len(train))
    total = settings.epochs * per_epoch
    rates = settings.optimizer.learning_rate * settings.schedule.factors(np.arange(total), per_epoch, total)
    curves, began = Curves(), perf_counter()
    for epoch in range(settings.epochs):
        batches = in_parts(shuffled(len(train), seed, epoch), settings.batch_size)
        steps = range(epoch * per_epoch, (epoch + 1) * per_epoch)
        curves.add(
            train_epoch(network, optimizer, train, zip(steps, batches, rates[steps], strict=True), settings.loss),
            evaluate(network, settings.loss, Pictures(dataset.validation, dtype)),
        )
    assert dataset.test is not None
    loss, accuracy = evaluate(network, settings.loss, Pictures(dataset.test, dtype))
    return RunRecord(
        assignment.key, PYTORCH, seed, settings.epochs, len(train), f"PyTorch {torch.__version__}",
        perf_counter() - began, loss, known(accuracy), curves.values,
    )  # fmt: skip


def torch_optimizer(settings: OptimizerBase, network: nn.Module) -> torch.optim.Optimizer:
    common = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    match settings:
        case Momentum():
            return torch.optim.SGD(network.parameters(), momentum=settings.momentum, **common)
        case Adam(kind="adam"):
            betas = settings.beta1, settings.beta2
            return torch.optim.Adam(network.parameters(), betas=betas, eps=settings.epsilon, **common)
    raise NotImplementedError(f"the optimizer {settings.title} is not compared with PyTorch")


def train_epoch(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Pictures,
    steps: Iterable[tuple[int, np.ndarray, float]],
    loss: LossBase,
) -> tuple[float, float]:
    """Mean loss and share of right answers over the epoch, as they were when the network learned from them. ``steps``
    are their number, the pictures of the batch and the learning rate."""
    network.train()
    losses = rights = 0.0
    for step, chosen, rate in steps:
        images, labels = train.batch(chosen, step)
        mean, right = judge(loss, network(images), images, labels)
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.zero_grad()
        mean.backward()
        optimizer.step()
        losses, rights = losses + float(mean.detach()) * len(chosen), rights + right
    return losses / len(train), rights / len(train)


@torch.no_grad()
def evaluate(network: nn.Module, loss: LossBase, pictures: Pictures) -> tuple[float, float]:
    """Mean loss and share of right answers, with running statistics."""
    network.eval()
    losses = rights = 0.0
    for chosen in in_parts(np.arange(len(pictures)), JUDGED_AT_ONCE):
        images, labels = pictures.batch(chosen)
        mean, right = judge(loss, network(images), images, labels)
        losses, rights = losses + float(mean) * len(chosen), rights + right
    return losses / len(pictures), rights / len(pictures)
