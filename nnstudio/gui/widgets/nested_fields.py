"""Editors for fields that are declarations themselves: each shows a form of its own, which it is given."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import theme_source
from nnstudio.gui.widgets.declared import summary_of, title_of
from nnstudio.gui.widgets.fields import Editor, combo_box

if TYPE_CHECKING:
    from nnstudio.gui.widgets.form import DeclarationForm  # a form has such fields, they have a form

_INDENT = 32
"""Pixels that a group's summary stands to the right of the sign that folds it."""


class VariantEditor(Editor):
    """One of several declarations (an optimizer, a schedule): its name, and below it a form of its own settings."""

    def __init__(self, name: str, field: FieldInfo, kinds: list[type[BaseModel]], form: DeclarationForm) -> None:
        super().__init__(name, field)
        self._kinds = kinds
        self._combo = combo_box()
        self._combo.addItems([getattr(kind, "title", kind.__name__) for kind in kinds])
        self._combo.currentIndexChanged.connect(self._change_kind)
        self._add(self._combo)
        self._settings = self.form = form
        self._settings.changed.connect(lambda _: self.edited.emit())

    def value(self) -> Any:
        return self._settings.value()

    def set_value(self, value: Any) -> None:
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(self._kinds.index(type(value)))
        self._settings.set_value(value)

    def _change_kind(self, index: int) -> None:
        """A new kind keeps what it has in common with the old one, except defaults that it sets differently."""
        old, kind = self._settings.value(), self._kinds[index]
        chosen = {
            name: getattr(old, name)
            for name, field in kind.model_fields.items()
            if name in type(old).model_fields and getattr(old, name) != type(old).model_fields[name].default
        }
        chosen.pop("kind", None)
        self._settings.set_value(kind(**chosen))
        self.edited.emit()


class GroupEditor(Editor):
    """A declaration inside another: a heading that says what is set in it, and folds its form away."""

    def __init__(self, name: str, field: FieldInfo, form: DeclarationForm) -> None:
        super().__init__(name, field)
        self._title = title_of(name, field)
        self._head = QToolButton()
        self._head.setCheckable(True)
        self._head.setText(self._title)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.toggled.connect(self._unfold)
        self._add(self._head, "fold")
        self._layout.setStretchFactor(self._head, 0)
        self._layout.addStretch(1)
        self.summary = QLabel()
        """What is set, to be put below the heading."""
        self.summary.setObjectName(f"{self.objectName()}_summary")
        self.summary.setProperty("role", "quiet")
        self.summary.setWordWrap(True)
        self.summary.setContentsMargins(_INDENT, 0, 0, 0)
        self._settings = self.form = form
        self._settings.changed.connect(lambda _: self._take())
        self._settings.hide()
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def put_beside(self, control: QWidget) -> None:
        """Put something that belongs to the group at the end of its heading."""
        self._layout.addWidget(control)

    def value(self) -> Any:
        return self._settings.value()

    def set_value(self, value: Any) -> None:
        self._settings.set_value(value)
        self._tell()

    def set_editable(self, names: Collection[str] | None) -> None:
        """What is in it can be looked at always."""
        self._settings.set_editable(None if names is None or self.name in names else names)

    def _take(self) -> None:
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        self.summary.setText(summary_of(self._settings.value()) or "none")

    def _unfold(self, unfolded: bool) -> None:
        self._settings.setVisible(unfolded)
        self.summary.setVisible(not unfolded)
        self._colour()

    def _colour(self) -> None:
        self._head.setIcon(icon("chevron-down" if self._head.isChecked() else "chevron-right", checked_role="text"))
