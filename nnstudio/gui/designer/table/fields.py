"""The fields in which cells of the table are edited: they judge and complete what is typed while it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, get_args, get_origin

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from nnstudio.gui.designer.signs.families import family_title
from nnstudio.network import LAYERS, Layer, NetworkSpec
from nnstudio.network.settings_text import setting_names

KIND = Qt.ItemDataRole.UserRole
_SETTING = re.compile(r"(?<!\w)(\w+)\s*=\s*\w*$")
_WORD = re.compile(r"(?<!\w)\w*$")
_LONGEST = 4000
"""Characters of a cell: the names of 255 inputs."""
Suggest = Callable[[str], Sequence[str]]
"""From what stands before the cursor to the words that its last, begun word may become."""


class CellField(QLineEdit):
    """A line that knows why its text cannot be, and completes a begun word where only it can be meant.

    What it has added is selected, so that typing on replaces it.
    """

    judged = Signal(str)
    """Why the text cannot be; empty when it can."""

    def __init__(self, judge: Callable[[str], str], suggest: Suggest, parent: QWidget) -> None:
        super().__init__(parent)
        self._judge, self._suggest = judge, suggest
        self.setMaxLength(_LONGEST)
        self.loaded: str | None = None
        """The text that the cell had when it was opened."""
        self._grows = False
        self.textEdited.connect(self._complete)
        self.textChanged.connect(self._tell)

    def load(self, text: str) -> None:
        """Start from the cell's text."""
        self.loaded = text
        self.setText(text)

    def refusal(self) -> str:
        """Why the text cannot be; what has not been touched can always be."""
        return "" if self.text() == self.loaded else self._judge(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._grows = bool(event.text().strip()) and event.key() not in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
        super().keyPressEvent(event)

    def _tell(self) -> None:
        """Say why the text cannot be, in the field's frame and to who listens."""
        reason = self.refusal()
        self.setProperty("role", "error" if reason else "")
        self.style().polish(self)
        self.judged.emit(reason)

    def _complete(self, text: str) -> None:
        at = self.cursorPosition()
        if not self._grows or at < len(text):
            return
        begun = _WORD.search(text)
        word = begun.group() if begun else ""
        meant = [each for each in self._suggest(text) if each.lower().startswith(word.lower())] if word else []
        if len(meant) == 1 and len(meant[0]) > len(word):
            self.setText(text + meant[0][len(word) :])
            self.setSelection(len(self.text()), at - len(self.text()))


def suggest_settings(layer: Layer) -> Suggest:
    """Names of settings that are not there yet, and behind a name what it may be."""
    declaration = type(layer)

    def suggest(text: str) -> Sequence[str]:
        if found := _SETTING.search(text):
            return _choices(declaration, found.group(1).lower())
        used = {name.lower() for name in re.findall(r"(\w+)\s*=", text)}
        return [f"{name}=" for name in setting_names(declaration) if name not in used]

    return suggest


def _choices(declaration: type[Layer], name: str) -> Sequence[str]:
    field = declaration.model_fields.get(name)
    if field is None:
        return ()
    if field.annotation is bool:
        return ("yes", "no")
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def suggest_inputs(spec: NetworkSpec, name: str) -> Suggest:
    """The layers that the network has."""
    return lambda _: [node.id for node in spec.nodes if node.id != name]


def suggest_blocks(spec: NetworkSpec) -> Suggest:
    """The blocks that the network has."""
    return lambda _: [group.id for group in spec.groups]


def suggest_nothing(_: str) -> Sequence[str]:
    """For names of one's own."""
    return ()


class KindField(QComboBox):
    """All layers below their families' names. The arrow keys go through them, and letters to those that begin so."""

    picked = Signal()
    """One was chosen in the opened list, so that the field has done its work."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._opened = False
        self.loaded: str | None = None
        """The title that the cell had when it was opened."""
        self.activated.connect(self._tell)
        items = QStandardItemModel(self)
        family = None
        for kind, layer in LAYERS.items():
            if layer.family is not family:
                family = layer.family
                heading = QStandardItem(family_title(family))
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                items.appendRow(heading)
            item = QStandardItem(layer.title)
            item.setData(kind, KIND)
            item.setToolTip(layer.summary)
            items.appendRow(item)
        self.setModel(items)
        self.setMaxVisibleItems(16)

    def load(self, title: str) -> None:
        """Show the cell's layer."""
        self.loaded = title
        self.setCurrentIndex(self.findText(title, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive))

    def kind(self) -> str:
        """The chosen layer."""
        return str(self.currentData(KIND))

    def showPopup(self) -> None:
        self._opened = True
        super().showPopup()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._opened = False
        super().keyPressEvent(event)

    def _tell(self) -> None:
        if self._opened:
            self.picked.emit()
