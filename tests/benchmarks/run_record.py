"""What came out of a training run, on either side."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan

OURS, PYTORCH = "NN Studio", "PyTorch"
FIGURES = ("training_loss", "training_accuracy", "validation_loss", "validation_accuracy")


@dataclass(frozen=True)
class RunRecord:
    """``curves`` has for each of ``FIGURES`` one value an epoch, ``None`` where there is none."""

    network: str
    side: str
    seed: int
    epochs: int
    pictures: int
    device: str
    seconds: float
    test_loss: float
    test_accuracy: float | None
    curves: dict[str, list[float | None]] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str, int, int, int]:
        """Two runs of the same identity are the same work."""
        return self.network, self.side, self.seed, self.epochs, self.pictures

    def result(self, judged: str) -> float:
        value = self.test_loss if judged == "loss" else self.test_accuracy
        if value is None:
            raise ValueError(f"the run {self.identity} has no {judged}")
        return value


class Curves:
    """Collects a run's figures, epoch after epoch."""

    def __init__(self) -> None:
        self.values: dict[str, list[float | None]] = {name: [] for name in FIGURES}

    def add(self, training: tuple[float, float], validation: tuple[float, float]) -> None:
        """Loss and accuracy of each; the accuracy is NaN where nothing is right or wrong."""
        for name, value in zip(FIGURES, (*training, *validation), strict=True):
            self.values[name].append(known(value))


def known(value: float | None) -> float | None:
    """JSON knows no NaN."""
    return None if value is None or isnan(value) else float(value)
