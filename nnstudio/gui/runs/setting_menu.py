"""The small window in which a person looks for a setting."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from nnstudio.gui.theme import GRID
from nnstudio.gui.widgets.search_field import SearchField
from nnstudio.training.settings_path import Place

_SIZE = QSize(296, 336)
_ROW_HEIGHT = 28
_LINES = 3
"""Lines of the explanation below the list."""


class SettingMenu(QFrame):
    """Type a few letters of a setting or of what it does, press Enter: it is picked. Escape or a click elsewhere
    closes the menu."""

    picked = Signal(object)
    """A `Place`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("setting_menu")
        self.setAccessibleName("Settings to change")
        self.setProperty("role", "panel")
        self._offered: Sequence[Place] = ()
        self.search, self.list, self._help = SearchField(), QListWidget(), QLabel()
        self._arrange()
        self.search.textChanged.connect(self._narrow)
        self.search.stepped.connect(self._walk)
        self.search.returnPressed.connect(lambda: self._pick(self.list.currentItem()))
        self.list.itemClicked.connect(self._pick)
        self.list.currentItemChanged.connect(self._explain)
        self.resize(_SIZE)

    def open_below(self, button: QWidget, offered: Sequence[Place]) -> None:
        """Open below the button, all of the menu on the screen."""
        self._offered = offered
        self.search.clear()
        self._narrow("")
        screen, corner = button.screen().availableGeometry(), button.mapToGlobal(QPoint(0, button.height() + 4))
        left = min(max(corner.x(), screen.left()), screen.right() - _SIZE.width())
        top = max(screen.top(), min(corner.y(), screen.bottom() - _SIZE.height()))
        self.move(left, top)
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _narrow(self, text: str) -> None:
        """Settings with every word in their title or path come first (nobody types β₁), then those with it in what
        they do."""
        words = text.casefold().split()
        named, told = [], []
        for place in self._offered:
            title = f"{place.title} {place.path.replace('_', ' ')}".casefold()
            full = f"{title} {(place.field.description or '').casefold()}"
            if all(word in title for word in words):
                named.append(place)
            elif all(word in full for word in words):
                told.append(place)
        self.list.clear()
        for place in named + told:
            item = QListWidgetItem(place.title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, place)
            item.setSizeHint(QSize(0, _ROW_HEIGHT))
        self.list.setCurrentRow(0)
        if not self.list.count():
            self._help.setText(f"No setting has “{text.strip()}” in its name or explanation.")

    def _walk(self, steps: int) -> None:
        self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + steps)))

    def _explain(self, item: QListWidgetItem | None) -> None:
        place = item.data(Qt.ItemDataRole.UserRole) if item else None
        self._help.setText((place.field.description or "") if place else "")

    def _pick(self, item: QListWidgetItem | None) -> None:
        if self.isVisible() and item:
            self.close()
            self.picked.emit(item.data(Qt.ItemDataRole.UserRole))

    def _arrange(self) -> None:
        self.search.setObjectName("setting_search")
        self.search.setPlaceholderText("Search settings")
        self.search.setAccessibleName("Search settings")
        self.search.setClearButtonEnabled(True)
        self.list.setObjectName("setting_list")
        self.list.setAccessibleName("Settings")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._help.setProperty("role", "quiet")
        self._help.setWordWrap(True)
        self._help.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._help.setFixedHeight(_LINES * self.fontMetrics().lineSpacing())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._help)
        self.setFocusProxy(self.search)
