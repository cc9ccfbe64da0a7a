"""The small window that asks which layer, or which connection, is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from nnstudio.gui.designer.editing import edits
from nnstudio.gui.theme import GRID
from nnstudio.gui.widgets.search_field import SearchField
from nnstudio.network import NetworkSpec

_SIZE = QSize(376, 320)
_MEANT = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Choice:
    """One thing that may be meant, in words."""

    text: str
    meant: Any


class NodeMenu(QFrame):
    """Type a few letters, press Enter. Escape or a click elsewhere closes the menu."""

    picked = Signal(object)
    """What is meant."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName(name)
        self.setProperty("role", "panel")
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self.search = SearchField()
        self.search.setObjectName(f"{name}_search")
        self.search.setAccessibleName("Search layers of the network")
        self.search.setPlaceholderText("Search layers of the network")
        self.list = QListWidget()
        self.list.setObjectName(f"{name}_list")
        self.list.setAccessibleName("Layers of the network")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.search.textChanged.connect(self._narrow)
        self.search.stepped.connect(self._walk)
        self.search.returnPressed.connect(self._pick)
        self.list.itemClicked.connect(self._pick)
        self.list.itemActivated.connect(self._pick)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        for part in (self._title, self.search, self.list):
            layout.addWidget(part)
        self.resize(_SIZE)

    def ask(self, title: str, choices: Sequence[Choice], point: QPoint) -> None:
        """Open near a point of the screen, all of it on the screen, with these choices."""
        self._title.setText(title)
        self.setAccessibleName(title)
        self.list.setAccessibleName(title)
        self.search.clear()
        self.list.clear()
        for choice in choices:
            item = QListWidgetItem(choice.text, self.list)
            item.setData(_MEANT, choice.meant)
        self.list.setCurrentRow(0)
        screen = self.screen().availableGeometry()
        left = min(max(point.x(), screen.left()), screen.right() - _SIZE.width())
        self.move(left, max(min(point.y(), screen.bottom() - _SIZE.height()), screen.top()))
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _narrow(self, text: str) -> None:
        """Show what has all these words in its name, the first of it current."""
        for item in self._items():
            name = item.text().lower().partition(",")[0]
            item.setHidden(not all(word in name for word in text.lower().split()))
        self.list.setCurrentItem(next(iter(self._shown()), None))  # type: ignore[arg-type]  # None: nothing is current

    def _walk(self, step: int) -> None:
        shown = self._shown()
        if self.list.currentItem() in shown:
            place = shown.index(self.list.currentItem()) + step
            self.list.setCurrentItem(shown[max(0, min(place, len(shown) - 1))])

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _shown(self) -> list[QListWidgetItem]:
        return [item for item in self._items() if not item.isHidden()]

    def _pick(self) -> None:
        item = self.list.currentItem()
        if self.isVisible() and item is not None and not item.isHidden():
            self.close()
            self.picked.emit(item.data(_MEANT))


def targets_for(spec: NetworkSpec, source: str) -> list[Choice]:
    """Every layer that another may feed, with the input it would come to: first those that wait for an input, then
    those that have a free one, then those that would lose what feeds them now."""
    ranked: list[tuple[int, Choice]] = []
    for node in spec.nodes:
        port = edits.natural_port(spec, node.id)
        before = edits.connection_at(spec, node.id, port)
        if edits.connection_problem(spec, source, node.id) or (before and before.source == source):
            continue
        rank = 2 if before else 0 if port < node.layer.takes else 1
        where = f"in place of {before.source}" if before else f"input {port + 1}"
        ranked.append((rank, Choice(f"{node.id}  ·  {node.layer.title}, {where}", node.id)))
    return [choice for _, choice in sorted(ranked, key=lambda pair: pair[0])]


def links_of(spec: NetworkSpec, node_id: str) -> list[Choice]:
    """Every connection of a layer, those into it first."""
    into = sorted((link for link in spec.connections if link.target == node_id), key=lambda link: link.port)
    out = [link for link in spec.connections if link.source == node_id]
    return [Choice(f"{link.source}  →  {link.target}, input {link.port + 1}", link) for link in (*into, *out)]
