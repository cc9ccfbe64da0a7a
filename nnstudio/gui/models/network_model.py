"""The network on the desk, with undo."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from nnstudio.network import Check, NetworkSpec, SpecError, check, expand

_MERGEABLE = 1


class NetworkModel(QObject):
    """Holds the current `NetworkSpec` and its `Check`; every edit is a new spec pushed onto the undo stack."""

    specChanged = Signal(object)
    """The new `NetworkSpec`; its `check` is already there."""
    checkChanged = Signal(object)
    """The new `Check`."""

    def __init__(self, spec: NetworkSpec, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self._batch_size = 64
        self._classes: int | None = None
        self._spec = spec
        self._flat, self._origin = _flattened(spec)
        self._check = check(spec, self._batch_size)

    @property
    def spec(self) -> NetworkSpec:
        """The network as it is designed."""
        return self._spec

    @property
    def flat(self) -> NetworkSpec:
        """The network as it is computed, which only changes when that does: no muted layers, repeated blocks written
        out, no places on the canvas."""
        return self._flat

    @property
    def origin(self) -> Mapping[str, str]:
        """The designed layer that each layer of the flat network comes from."""
        return self._origin

    @property
    def check(self) -> Check:
        return self._check

    @property
    def batch_size(self) -> int:
        """The batch size that `check` counts memory for."""
        return self._batch_size

    def edit(self, text: str, new_spec: NetworkSpec, merge_key: str | None = None) -> None:
        """Replace the spec by an undoable step called `text`; neighbouring steps of one `merge_key` become one."""
        if new_spec != self._spec:
            self.undo_stack.push(_Edit(self, text, self._spec, new_spec, merge_key))

    def set_spec(self, spec: NetworkSpec) -> None:
        """Another network, as after New or Open: what was done to the old one cannot be undone any more."""
        self.undo_stack.clear()
        self._apply(spec)

    def set_batch_size(self, batch_size: int) -> None:
        """Count memory for batches of this size."""
        if batch_size != self._batch_size:
            self._batch_size = batch_size
            self._look_again()

    def set_classes(self, classes: int | None) -> None:
        """Expect answers that tell so many classes apart; ``None``: nobody knows how many the data have."""
        if classes != self._classes:
            self._classes = classes
            self._look_again()

    def _look_again(self) -> None:
        self._check = check(self._spec, self._batch_size, self._classes)
        self.checkChanged.emit(self._check)

    def _apply(self, spec: NetworkSpec) -> None:
        self._spec = spec
        flat, self._origin = _flattened(spec)
        if flat != self._flat:
            self._flat = flat
        self._check = check(spec, self._batch_size, self._classes)
        self.specChanged.emit(spec)
        self.checkChanged.emit(self._check)


def _flattened(spec: NetworkSpec) -> tuple[NetworkSpec, Mapping[str, str]]:
    """What is computed; where a block cannot be written out, blocks stand there once (and nothing is computed)."""
    try:
        expansion = expand(spec)
    except SpecError:
        expansion = expand(spec.model_copy(update={"groups": ()}))
    return expansion.spec, expansion.origin


class _Edit(QUndoCommand):
    """From one spec to the next and back."""

    def __init__(
        self, model: NetworkModel, text: str, before: NetworkSpec, after: NetworkSpec, merge_key: str | None
    ) -> None:
        super().__init__(text)
        self.before, self.after, self.merge_key = before, after, merge_key
        self._show = model._apply  # noqa: SLF001 - the command is the model's other half

    def redo(self) -> None:
        self._show(self.after)

    def undo(self) -> None:
        self._show(self.before)

    def id(self) -> int:
        return -1 if self.merge_key is None else _MERGEABLE

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other.merge_key != self.merge_key:
            return False
        self.after = other.after
        self.setObsolete(self.after == self.before)
        return True
