"""A form made from a pydantic declaration: titles, ranges, units and help texts all come from its fields."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from types import UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.widgets.declared import bare_type, is_declaration, title_of
from nnstudio.gui.widgets.fields import (
    ChoiceEditor,
    Editor,
    FlagEditor,
    NumberEditor,
    NumbersEditor,
    PairEditor,
    TextEditor,
)
from nnstudio.gui.widgets.nested_fields import GroupEditor, VariantEditor

LABEL_WIDTH = 104
"""Pixels for the labels, so that forms below each other line up."""


class DeclarationForm(QWidget):
    """Shows and edits one frozen model; each edit gives a new, valid model.

    The editor of field ``x`` has the object name ``field_x``. Values that the declaration refuses together stay in the
    form, with the reason below it, until they are mended.
    """

    changed = Signal(object)
    """The new model, after an edit by the user."""
    invalid = Signal(str)
    """Why the values now in the form are refused."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: BaseModel | None = None
        self._editors: dict[str, Editor] = {}
        self._rows = QWidget()
        self._refusal = QLabel()
        self._refusal.setObjectName("form_refusal")
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._layout.addWidget(self._rows)
        self._layout.addWidget(self._refusal)

    def value(self) -> BaseModel:
        """The last valid model."""
        if self._model is None:
            raise ValueError("the form has no model yet: call set_value first")
        return self._model

    def set_value(self, model: BaseModel) -> None:
        """Show `model`; the form is built anew only when its type is another."""
        if type(model) is not type(self._model):
            self._build(type(model))
        self._model = model
        self._refusal.hide()
        for name, editor in self._editors.items():
            editor.set_value(getattr(model, name))

    def set_editable(self, names: Collection[str] | None) -> None:
        """Let only these fields (nested ones too) be edited; ``None``: all of them."""
        for editor in self._editors.values():
            editor.set_editable(names)

    def editor(self, name: str) -> Editor:
        """The editor of a field of the declaration that is shown."""
        return self._editors[name]

    def _build(self, declaration: type[BaseModel]) -> None:
        rows = QWidget()
        layout = form_grid(rows)
        self._editors = {}
        for name, field in declaration.model_fields.items():
            if (editor := editor_for(name, field)) is not None:
                self._editors[name] = editor
                editor.edited.connect(self._take)
                if isinstance(editor, GroupEditor):
                    layout.addWidget(editor, layout.rowCount(), 0, 1, 2)
                    layout.addWidget(editor.summary, layout.rowCount(), 0, 1, 2)
                else:
                    add_row(layout, title_of(name, field), editor)
                if editor.form is not None:
                    layout.addWidget(editor.form, layout.rowCount(), 0, 1, 2)
        self._layout.replaceWidget(self._rows, rows)
        self._rows.hide()
        self._rows.deleteLater()
        self._rows = rows

    def _take(self) -> None:
        """Make a model of what the editors hold."""
        model = self.value()
        try:
            held = {name: editor.value() for name, editor in self._editors.items()}
            new = type(model).model_validate({**dict(model), **held})
        except ValueError as error:
            reason = self._reason(error)
            self._refusal.setText(f"{reason}.")
            self._refusal.show()
            self.invalid.emit(reason)
            return
        self._refusal.hide()
        if new != model:
            self._model = new
            self.changed.emit(new)

    def _reason(self, error: ValueError) -> str:
        """Why values are refused; of a single field with its title."""
        if not isinstance(error, ValidationError):
            return str(error)
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        names = [part for part in first["loc"] if isinstance(part, str) and part in self._editors]
        return f"{self._editors[names[0]].accessibleName()}: {reason}" if names else reason


def editor_for(name: str, field: FieldInfo) -> Editor | None:
    """The editor that suits the field's type, ``None`` for one that has only one possible value."""
    kind, kinds = field.annotation, get_args(field.annotation)
    origin = get_origin(kind)
    if origin is Literal:
        return ChoiceEditor(name, field, list(kinds)) if len(kinds) > 1 else None
    if origin in (Union, UnionType) and all(map(is_declaration, kinds)):
        return VariantEditor(name, field, list(kinds), DeclarationForm())
    if origin is tuple and [bare_type(k) for k in kinds] == [int, int]:
        return PairEditor(name, field)
    if origin is tuple and [bare_type(k) for k in kinds] == [float, Ellipsis]:
        return NumbersEditor(name, field)
    if is_declaration(kind):
        return GroupEditor(name, field, DeclarationForm())
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ChoiceEditor(name, field, list(kind))
    if kind in (int, float):
        return NumberEditor(name, field, whole=kind is int)
    if kind is bool:
        return FlagEditor(name, field)
    if kind is str:
        return TextEditor(name, field)
    raise TypeError(f"there is no editor for the field {name!r} of type {kind!r}")


def form_grid(parent: QWidget | None = None) -> QGridLayout:
    """An empty form: labels on the left, fields of one width on the right, each label half way down its field."""
    grid = QGridLayout() if parent is None else QGridLayout(parent)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(8)
    grid.setColumnMinimumWidth(0, LABEL_WIDTH)
    grid.setColumnStretch(1, 1)
    return grid


def add_row(grid: QGridLayout, title: str, field: QWidget) -> None:
    """Put a field with its label below the others."""
    label = QLabel(title)
    label.setBuddy(field)
    label.setToolTip(field.toolTip())
    row = grid.rowCount()
    grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    grid.addWidget(field, row, 1)
