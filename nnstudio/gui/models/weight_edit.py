"""Changing one weight by hand, as a step that can be undone."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QUndoCommand

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.weights_base import Base, Parameters

if TYPE_CHECKING:
    from nnstudio.gui.models.weights_model import WeightsModel


class WeightsError(NNStudioError):
    """A weight cannot be changed as asked."""


def require_possible(parameters: Parameters, name: str, index: tuple[int, ...], value: float) -> None:
    """`WeightsError` unless there is such a weight, which can have this value."""
    values = parameters.get(name)
    if values is None:
        raise WeightsError(f"There are no weights “{name}”.")
    if len(index) != values.ndim or not all(0 <= at < size for at, size in zip(index, values.shape, strict=True)):
        raise WeightsError(f"“{name}” has no value at {list(index)}.")
    most = float(np.finfo(values.dtype).max)
    if not (isfinite(value) and abs(value) <= most):
        raise WeightsError(f"{value} cannot be a weight.", f"Give a number from −{most:.2g} to {most:.2g}.")


class WeightEdit(QUndoCommand):
    """From one value to another and back. Training is no step of this kind: what it has learned since stays learned,
    and then there is nothing to go back to."""

    def __init__(self, weights: WeightsModel, name: str, index: tuple[int, ...], value: float) -> None:
        super().__init__(f"Change {name}[{', '.join(map(str, index))}] to {value:g}")
        self._weights, self._name, self._index, self._value = weights, name, index, value
        self._bases: tuple[Base, Base] | None = None

    def redo(self) -> None:
        self._bases = self._weights.write(self._name, self._index, self._value)

    def undo(self) -> None:
        if self._bases:
            self._weights.go_back(*self._bases)
