"""Numbers that grow while a network learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnstudio.gui.models.histogram_history import HistogramHistory
from nnstudio.training.events import Judged

_FIRST_CAPACITY = 4096


class Curve:
    """Points (x, y) that are only ever appended, in float64 arrays that double when full.

    `x` and `y` are views of what is there now; a view stays right when more is appended.
    """

    def __init__(self, capacity: int = _FIRST_CAPACITY) -> None:
        self._points: NDArray[np.float64] = np.empty((2, capacity))
        self._count = 0
        self.cuts = 0
        """How often the end was taken away: what was computed from the points may hold no longer."""

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> NDArray[np.float64]:
        return self._points[0, : self._count]

    @property
    def y(self) -> NDArray[np.float64]:
        return self._points[1, : self._count]

    def extend(self, x: ArrayLike, y: ArrayLike) -> None:
        """Append points; `x` goes on where it was."""
        new = np.asarray([x, y], np.float64)
        end = self._count + new.shape[1]
        if end > self._points.shape[1]:
            grown = np.empty((2, max(end, 2 * self._points.shape[1])))
            grown[:, : self._count] = self._points[:, : self._count]
            self._points = grown
        self._points[:, self._count : end] = new
        self._count = end

    def cut(self, last_x: float) -> None:
        """Forget what lies behind `last_x`, as after going back to a snapshot."""
        kept = int(np.searchsorted(self.x, last_x, side="right"))
        self._points = self._points.copy()  # views given out before keep what they show
        self._count = kept
        self.cuts += 1


@dataclass(frozen=True)
class Mark:
    """Somebody changed something from this step on."""

    step: int
    text: str


_MOST_JUDGEMENTS = 64
"""Of one part: of 2,000 pictures they take 4 MB."""


@dataclass(frozen=True)
class Judgement:
    """The answers to one part of a data set, with what is needed to show what was asked."""

    judged: Judged
    dataset: str
    class_names: tuple[str, ...]


class Curves:
    """All that one run has measured: over steps for training, at the end of each epoch for validation.

    What concerns parameters goes by their names (``conv1.weight``), what concerns activations by layers' names.
    """

    def __init__(self) -> None:
        self.training_loss = Curve()
        self.training_accuracy = Curve()
        self.validation_loss = Curve()
        self.validation_accuracy = Curve()
        self.learning_rate = Curve()
        self.speed = Curve()
        """Images a second."""
        self.memory = Curve()
        """Bytes of the device's memory in use."""
        self.seconds = Curve()
        """How long training took up to a step, pauses left out."""
        self.steps_per_epoch = 0
        """0 where that is not known."""
        self.gradient_norms: dict[str, Curve] = {}
        self.update_ratios: dict[str, Curve] = {}
        self.weight_norms: dict[str, Curve] = {}
        self.activation_means: dict[str, Curve] = {}
        self.activation_deviations: dict[str, Curve] = {}
        self.zeros: dict[str, Curve] = {}
        """Share of a layer's outputs that are 0."""
        self.dead: dict[str, Curve] = {}
        """Share of a layer's units that are 0 for every probe picture."""
        self.weight_histograms: dict[str, HistogramHistory] = {}
        self.activation_histograms: dict[str, HistogramHistory] = {}
        self.marks: list[Mark] = []
        self.judgements: dict[str, Judgement] = {}
        """The newest by the part that was judged: ``validation``, ``train``."""
        self._past: dict[str, list[Judgement]] = {}

    def judge(self, judgement: Judgement) -> None:
        """Take in how the network answered; of many, every other of the old ones is forgotten."""
        part = judgement.judged.part
        self.judgements[part] = judgement
        past = self._past.setdefault(part, [])
        past.append(judgement)
        if len(past) > _MOST_JUDGEMENTS:
            del past[1:-1:2]

    def judgements_at(self, step: int | None) -> dict[str, Judgement]:
        """How it answered last at a step, as far as that is remembered; ``None``: now."""
        if step is None:
            return self.judgements
        until = {part: [one for one in past if one.judged.step <= step] for part, past in self._past.items()}
        return {part: past[-1] for part, past in until.items() if past}

    @property
    def layered(self) -> Iterator[dict[str, Curve]]:
        """All families of curves with one for each parameter or layer."""
        yield from (self.gradient_norms, self.update_ratios, self.weight_norms)
        yield from (self.activation_means, self.activation_deviations, self.zeros, self.dead)

    def cut(self, step: float) -> None:
        """Forget everything behind `step`, except how the network answered at the end of the last epoch."""
        single = (self.training_loss, self.training_accuracy, self.validation_loss, self.validation_accuracy)
        for curve in (*single, self.learning_rate, self.speed, self.memory, self.seconds):
            curve.cut(step)
        for family in self.layered:
            for curve in family.values():
                curve.cut(step)
        for history in (*self.weight_histograms.values(), *self.activation_histograms.values()):
            history.cut(step)
        self.marks = [mark for mark in self.marks if mark.step <= step]
        self._past = {part: [one for one in past if one.judged.step <= step] for part, past in self._past.items()}


class Overlay(NamedTuple):
    """Another run, drawn behind the present one."""

    name: str
    colour: str
    curves: Curves
