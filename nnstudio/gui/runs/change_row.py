"""One change that a lane of a race makes: a setting, its value, and a button that takes the change back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import theme_source
from nnstudio.gui.widgets.declared import unit_of
from nnstudio.gui.widgets.fields import ChoiceEditor, Editor
from nnstudio.gui.widgets.form import editor_for
from nnstudio.training.settings_path import KIND, Place, kinds_of, title_of_kind

_SMALL, _REMOVE = QSize(16, 16), 24
"""Four cards stand beside each other in a small window."""


class ChangeRow(QWidget):
    """The setting's name above the editor that its declaration asks for: cards are narrow."""

    edited = Signal()
    removeAsked = Signal()

    def __init__(self, lane: int, place: Place, value: Any) -> None:
        super().__init__()
        self.place = place
        self.editor = place_editor(f"race_{lane}_{place.path.replace('.', '_')}", place)
        self.editor.setAccessibleName(f"{place.title} of lane {lane}")
        self.editor.set_value(value)
        self._label, self.remove = QLabel(place.short), QToolButton()
        self._label.setBuddy(self.editor)
        self._label.setToolTip(f"{place.title}. {place.field.description or ''}".strip())
        self.remove.setIconSize(_SMALL)
        self.remove.setFixedWidth(_REMOVE)
        self.remove.setObjectName(f"race_remove_{lane}_{place.path.replace('.', '_')}")
        self.remove.setAccessibleName(f"Do not change {place.title} in lane {lane}")
        self.remove.setToolTip(f"Leave “{place.short}” as it is set now")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(4)
        layout.setHorizontalSpacing(0)
        layout.setColumnStretch(0, 1)
        layout.addWidget(self._label, 0, 0, 1, 2)
        layout.addWidget(self.editor, 1, 0)
        layout.addWidget(self.remove, 1, 1)
        self.editor.edited.connect(self.edited)
        self.remove.clicked.connect(self.removeAsked)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def value(self) -> Any:
        """What is in it now; `ValueError` where that is nothing that the setting could be."""
        return self.editor.value()

    def show_present(self, value: Any) -> None:
        """Say what is set now, which is not what the lane has."""
        told = "" if value is None else value_words(self.place, value)
        self.editor.setToolTip(f"{self.place.field.description or ''} Now: {told}.".strip() if told else "")

    def focus(self) -> None:
        """Where the next key goes."""
        self.editor.setFocus(Qt.FocusReason.TabFocusReason)

    def _colour(self) -> None:
        self.remove.setIcon(icon("close", "quiet"))


def place_editor(name: str, place: Place) -> Editor:
    """What edits the value there; of a choice between declarations the choice alone."""
    if place.path.endswith(f".{KIND}"):
        kinds = kinds_of(place.field)
        return ChoiceEditor(name, place.field, list(kinds), [title_of_kind(kind) for kind in kinds.values()])
    editor = editor_for(name, place.field)
    assert editor is not None, "a setting with one possible value is no setting to change"
    return editor


def value_words(place: Place, value: Any) -> str:
    """A value as people read it: ``SGD``, ``0.01``, ``2 px``."""
    if place.path.endswith(f".{KIND}"):
        return title_of_kind(kinds_of(place.field)[value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(f"{each:g}" for each in value) or "none"
    text = f"{value:g}" if isinstance(value, int | float) else str(value)
    return f"{text} {unit_of(place.field)}".rstrip()
