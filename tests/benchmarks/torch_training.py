"""The trainer's work in PyTorch: the same initial weights, order of pictures, optimizer, learning rates and loss.

Only augmentation draws numbers of its own: every other picture is flipped, each is moved by whole pixels.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy, LossBase
from nnstudio.engine.optimizers import Adam, Momentum, OptimizerBase
from nnstudio.engine.plan import compile_plan
from nnstudio.training.loop import shuffled
from nnstudio.training.settings import TrainingSettings
from tests.benchmarks.assignments import Assignment
from tests.benchmarks.run_record import PYTORCH, Curves, RunRecord, known
from tests.benchmarks.torch_networks import load, nn, torch

JUDGED_AT_ONCE = 500
F = nn.functional


class Pictures:
    """A part of a data set as tensors; bytes become values from 0 to 1 when a batch is made, as on our side."""

    def __init__(self, samples: Samples) -> None:
        self.images, self.labels = torch.from_numpy(samples.images.copy()), torch.from_numpy(samples.labels.copy())
        self.labels = self.labels.long()
        self.scale = 255.0 if self.images.dtype == torch.uint8 else 1.0

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.images[chosen].float() / self.scale, self.labels[chosen]


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


def run(assignment: Assignment, dataset: Dataset, seed: int, threads: int) -> RunRecord:
    """Train once."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    settings, spec = assignment.settings, assignment.spec()
    plan, network = compile_plan(spec, loss=settings.loss), assignment.torch_network()
    load(network, plan, initial_parameters(plan, settings.initializer, seed))
    optimizer, train = torch_optimizer(settings.optimizer, network), Pictures(dataset.train)
    per_epoch = settings.steps_per_epoch(len(train))
    total = settings.epochs * per_epoch
    rates = settings.optimizer.learning_rate * settings.schedule.factors(np.arange(total), per_epoch, total)
    curves, began = Curves(), perf_counter()
    for epoch in range(settings.epochs):
        order = torch.from_numpy(shuffled(len(train), seed, epoch).astype(np.int64))
        own = rates[epoch * per_epoch : (epoch + 1) * per_epoch]
        curves.add(
            train_epoch(network, optimizer, train, order, own, settings),
            evaluate(network, settings.loss, Pictures(dataset.validation)),
        )
    assert dataset.test is not None
    loss, accuracy = evaluate(network, settings.loss, Pictures(dataset.test))
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
    order: torch.Tensor,
    rates: np.ndarray,
    settings: TrainingSettings,
) -> tuple[float, float]:
    """Mean loss and share of right answers over the epoch, as they were when the network learned from them."""
    network.train()
    losses = rights = 0.0
    for batch, rate in enumerate(rates):
        chosen = order[batch * settings.batch_size : (batch + 1) * settings.batch_size]
        images, labels = train.batch(chosen)
        images = augmented(images, settings.augmentation)
        loss, right = judge(settings.loss, network(images), images, labels)
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses, rights = losses + float(loss.detach()) * len(chosen), rights + right
    return losses / len(order), rights / len(order)


@torch.no_grad()
def evaluate(network: nn.Module, loss: LossBase, pictures: Pictures) -> tuple[float, float]:
    """Mean loss and share of right answers, with running statistics."""
    network.eval()
    losses = rights = 0.0
    for chosen in torch.arange(len(pictures)).split(JUDGED_AT_ONCE):
        images, labels = pictures.batch(chosen)
        mean, right = judge(loss, network(images), images, labels)
        losses, rights = losses + float(mean) * len(chosen), rights + right
    return losses / len(pictures), rights / len(pictures)


def augmented(images: torch.Tensor, augmentation: Augmentation) -> torch.Tensor:
    """Every other picture mirrored, each moved by up to ``shift`` pixels; what comes in from outside is 0."""
    if augmentation.model_copy(update={"shift": 0, "flip_horizontal": False}).active:
        raise NotImplementedError("only flips to the side and shifts are compared with PyTorch")
    if augmentation.flip_horizontal:
        flips = torch.rand(len(images)) < 0.5
        images = torch.where(flips[:, None, None, None], images.flip(3), images)
    return shifted(images, augmentation.shift) if augmentation.shift else images


def shifted(images: torch.Tensor, most: int) -> torch.Tensor:
    count, channels, height, width = images.shape
    padded = F.pad(images, (most,) * 4)
    tops, lefts = torch.randint(0, 2 * most + 1, (2, count))
    rows = (tops[:, None] + torch.arange(height))[:, None, :, None]
    columns = (lefts[:, None] + torch.arange(width))[:, None, None, :]
    return padded[torch.arange(count)[:, None, None, None], torch.arange(channels)[None, :, None, None], rows, columns]
