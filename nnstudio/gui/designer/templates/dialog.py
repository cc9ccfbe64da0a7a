"""Which network to start with: a gallery."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.designer.templates.cards import CARD, CardList
from nnstudio.gui.designer.templates.details import TemplateDetails
from nnstudio.gui.theme import GRID
from nnstudio.gui.widgets.search_field import SearchField
from nnstudio.network.presets import Category

_COLUMNS, _ROWS = 3, 2.75
_CATEGORIES: tuple[Category | None, ...] = (None, *Category)
"""Of each tab; None is for all."""


class NewNetworkDialog(QDialog):
    """The templates as cards, the trained LeNet-5 and an empty network; beside them all about the current one."""

    chosen = Signal(object)
    """A `NetworkSpec`, or None for the trained network that comes with the program."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("new_dialog")
        self.setWindowTitle("New network")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._list, self._details, self._search = CardList(), TemplateDetails(), SearchField()
        self._tabs = _tabs()
        self._nothing = QLabel("No network has all of these words.")
        self._create, buttons = self._buttons()
        self._arrange(buttons)
        self._list.currentItemChanged.connect(self._show)
        self._list.itemActivated.connect(self._accept)
        self._search.textChanged.connect(self._narrow)
        self._search.stepped.connect(self._list.walk)
        self._tabs.currentChanged.connect(self._narrow)
        self._show()
        self._list.setFocus()

    # ---- building

    def _buttons(self) -> tuple[QPushButton, QDialogButtonBox]:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        create = buttons.button(QDialogButtonBox.StandardButton.Ok)
        create.setText("Create")
        create.setObjectName("new_create")
        create.setAccessibleName("Create this network")
        create.setProperty("primary", True)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setObjectName("new_cancel")
        cancel.setAccessibleName("Cancel")
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        return create, buttons

    def _arrange(self, buttons: QDialogButtonBox) -> None:
        heading = QLabel("What do you want to start with?")
        heading.setProperty("role", "heading")
        self._search.setObjectName("new_search")
        self._search.setPlaceholderText("Search networks")
        self._search.setAccessibleName("Search networks")
        self._search.setClearButtonEnabled(True)
        self._search.setFixedWidth(30 * GRID)
        self._nothing.setObjectName("new_nothing")
        self._nothing.setProperty("role", "quiet")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._list)
        self._pages.addWidget(self._nothing)
        bar = self._list.verticalScrollBar().sizeHint().width()
        self._pages.setMinimumSize(_COLUMNS * CARD.width() + bar + GRID, round(_ROWS * CARD.height()))
        top, middle = QHBoxLayout(), QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self._search)
        middle.setSpacing(2 * GRID)
        middle.addWidget(self._pages, 1)
        middle.addWidget(self._details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(top)
        layout.addWidget(self._tabs)
        layout.addLayout(middle, 1)
        layout.addWidget(buttons)

    # ---- choosing

    def _narrow(self) -> None:
        self._list.narrow(self._search.text(), _CATEGORIES[self._tabs.currentIndex()])
        self._show()

    def _show(self) -> None:
        choice = self._list.choice()
        self._pages.setCurrentWidget(self._nothing if choice is None else self._list)
        self._details.show_choice(choice)
        self._create.setEnabled(choice is not None)

    def _accept(self) -> None:
        """Once only: the Return that activates a card also presses the dialog's button."""
        choice = self._list.choice()
        if choice is not None and self.result() == QDialog.DialogCode.Rejected:
            self.accept()
            self.chosen.emit(choice.spec)


def _tabs() -> QTabBar:
    """All networks, and those of each category."""
    tabs = QTabBar()
    tabs.setObjectName("new_categories")
    tabs.setAccessibleName("What the network is shown")
    tabs.setDrawBase(False)
    tabs.setExpanding(False)
    for category in _CATEGORIES:
        tabs.addTab(category.value if category else "All")
    return tabs
