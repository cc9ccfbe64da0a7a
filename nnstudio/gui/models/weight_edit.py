"""Changing one weight by hand, as a step that can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

if TYPE_CHECKING:
    from nnstudio.gui.models.weights_model import Base, WeightsModel


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
