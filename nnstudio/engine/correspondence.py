"""Which channel of an edited network stands for which of the network that it was made from.

Every channel of the old network gets a label, a whole number. A channel that stands for the same thing in the edited
network gets the same one, however many copies there are, and one that stands for nothing in the old network gets
``UNKNOWN``. Labels go through a layer by what it does: most leave channels alone, a concatenation joins them end to
end, a sum of two channels has a label that follows from both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from math import prod

import numpy as np
from numpy.typing import NDArray

from nnstudio.network import Family, Layer, Shape
from nnstudio.network.layers.activation import Activation
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.pooling import GlobalPooling, Pooling
from nnstudio.network.layers.upsampling import Upsampling

Indices = NDArray[np.int64]
"""Labels of the channels (units of a vector) of a tensor, or places among them."""
UNKNOWN = -1


class Labels:
    """Gives out labels. What is asked for twice gets the same answer, which is how two networks find each other."""

    def __init__(self) -> None:
        self._next = 0
        self._known: dict[object, Indices] = {}
        self._wholes: dict[object, int] = {}

    def named(self, name: object, count: int) -> Indices:
        """``count`` labels that belong to ``name``."""
        if name not in self._known:
            self._known[name] = np.arange(self._next, self._next + count)
            self._next += count
        return self._known[name]

    def merged(self, inputs: Sequence[Indices], what: object = "merged") -> Indices:
        """For each place the label of what comes together there."""
        rows = np.stack(inputs, axis=1).tolist()
        found = [UNKNOWN if UNKNOWN in row else int(self.named((what, *row), 1)[0]) for row in rows]
        return np.array(found, np.int64)

    def flattened(self, labels: Indices, size: tuple[int, ...]) -> Indices:
        """The values of channels of this height and width one after another."""
        if prod(size) == 1:
            return labels
        return np.concatenate([self._parts(label, size) for label in labels.tolist()])

    def _parts(self, label: int, size: tuple[int, ...]) -> Indices:
        if label == UNKNOWN:
            return np.full(prod(size), UNKNOWN)
        parts = self.named((label, size), prod(size))
        self._wholes[parts.tobytes(), size] = label
        return parts

    def folded(self, values: Indices, size: tuple[int, ...]) -> Indices:
        """Such values as channels again."""
        if prod(size) == 1:
            return values
        return np.array([self._whole(block, size) for block in values.reshape(-1, prod(size))], np.int64)

    def _whole(self, block: Indices, size: tuple[int, ...]) -> int:
        if UNKNOWN in block:
            return UNKNOWN
        key = block.tobytes(), size
        if key not in self._wholes:
            self._wholes[key] = int(self.named(key, 1)[0])
            self._known[self._wholes[key], size] = block
        return self._wholes[key]


@dataclass(frozen=True)
class Given:
    """What a layer is given: labels of its inputs, their shapes, and the shape of its output."""

    labels: Labels
    inputs: Sequence[Indices]
    shapes: Sequence[Shape]
    output: Shape


@singledispatch
def labels_behind(layer: Layer, given: Given) -> Indices:
    """Labels of what ``layer`` makes of what it is given.

    A layer of which no more is known makes the same only of exactly the same, as softmax does: each of its values
    depends on all.
    """
    if layer.family is Family.RESHAPE:
        values = given.labels.flattened(given.inputs[0], given.shapes[0][1:])
        return given.labels.folded(values, given.output[1:])
    if any(UNKNOWN in labels for labels in given.inputs):
        return np.full(given.output[0], UNKNOWN)
    return given.labels.named((type(layer), *(labels.tobytes() for labels in given.inputs)), given.output[0])


@labels_behind.register
def _(_layer: Input, given: Given) -> Indices:
    return given.labels.named(("input", given.output), given.output[0])


@labels_behind.register(Activation)
@labels_behind.register(Pooling)
@labels_behind.register(GlobalPooling)
@labels_behind.register(Upsampling)
@labels_behind.register(Dropout)
@labels_behind.register(GaussianNoise)
@labels_behind.register(BatchNormalization)
def _(_layer: Layer, given: Given) -> Indices:
    """Each channel on its own."""
    return given.inputs[0]


@labels_behind.register
def _(_layer: LayerNormalization, given: Given) -> Indices:
    """Mean and variance stay when each channel has equally many copies."""
    different, copies = np.unique(given.inputs[0], return_counts=True)
    if (copies != copies[0]).any():
        return np.full(given.output[0], UNKNOWN)
    return given.labels.merged([given.inputs[0]], ("normalized", different.tobytes()))


@labels_behind.register
def _(_layer: Concatenate, given: Given) -> Indices:
    return np.concatenate(given.inputs)


@labels_behind.register(Add)
@labels_behind.register(Multiply)
def _(_layer: Layer, given: Given) -> Indices:
    return given.labels.merged(given.inputs)


def heirs(now: Indices, then: Indices) -> Indices | None:
    """For each channel that there is now the place of the one that it stands for, or ``UNKNOWN``.

    ``None`` when one of those that there were has nobody that stands for it. Of several with the same label, each
    gets about equally many heirs.
    """
    if np.array_equal(now, then) and UNKNOWN not in then:
        return np.arange(len(then))
    order = np.argsort(then, kind="stable")
    different, first, many = np.unique(then[order], return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(different, now), len(different) - 1)
    known = (different[place] == now) & (now != UNKNOWN)
    copies = np.bincount(place[known], minlength=len(different))
    if (copies < many).any():
        return None
    places, place = np.full(len(now), UNKNOWN), place[known]
    places[known] = order[first[place] + _rank(place) * many[place] // copies[place]]
    return places


def _rank(values: Indices) -> Indices:
    """How many equal values are before each."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(values[order]) != 0])
    ranks = np.empty(len(values), np.int64)
    ranks[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.r_[starts, len(values)]))
    return ranks


def stretched(count: int, before: int, grain: int = 1) -> Indices:
    """Which of ``before`` units each of ``count`` is a copy of, in blocks of ``grain``: for 6 of 4 it is 0 0 1 2 2 3.

    The same for every layer, so that paths that are widened alike still fit when they are added up; and since copies
    stay beside their original, the groups of a grouped convolution stay together.
    """
    if count % grain or before % grain:
        grain = 1
    blocks = np.arange(count // grain) * (before // grain) // (count // grain)
    return (blocks[:, None] * grain + np.arange(grain)).ravel()
