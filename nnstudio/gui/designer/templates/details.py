"""All about one network to start from, beside the cards."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.gui.designer.templates.cards import Choice, facts, paint_choice
from nnstudio.gui.theme import GRID, tabular, theme_source
from nnstudio.gui.widgets.labels import text_label

_WIDTH = 40 * GRID


class TemplateDetails(QScrollArea):
    """A larger picture, what it is, its history, its figures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("new_details")
        self.setAccessibleName("About this network")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(_WIDTH)
        self._picture = _Picture()
        self._title, self._size = text_label("new_title", "heading"), text_label("new_size", "quiet")
        self._summary, self._history = text_label("new_summary"), text_label("new_history")
        self._heading = QLabel("History")
        self._heading.setProperty("role", "title")
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(2 * GRID)
        self._facts.setVerticalSpacing(GRID // 2)
        self._facts.setColumnStretch(1, 1)
        body = QWidget()
        page = QVBoxLayout(body)
        page.setContentsMargins(GRID, 0, GRID, 0)
        page.setSpacing(GRID)
        for widget in (self._picture, self._title, self._size, self._summary, self._heading, self._history):
            page.addWidget(widget)
        page.addSpacing(GRID)
        page.addLayout(self._facts)
        page.addStretch(1)
        self._body = body
        self.setWidget(body)

    def show_choice(self, choice: Choice | None) -> None:
        """Tell all about this one; about none nothing."""
        self._body.setVisible(choice is not None)
        if choice is None:
            return
        history = choice.template.history if choice.template else ""
        self._picture.show_choice(choice)
        self._title.setText(choice.title)
        self._size.setText(choice.size)
        self._summary.setText(choice.summary)
        self._history.setText(history)
        self._heading.setVisible(bool(history))
        self._show_facts(facts(choice))

    def _show_facts(self, told: dict[str, str]) -> None:
        while item := self._facts.takeAt(0):
            if widget := item.widget():
                widget.setParent(None)
                widget.deleteLater()
        for row, (name, text) in enumerate(told.items()):
            key, value = text_label(f"new_key_{name}", "quiet"), text_label(f"new_fact_{name}")
            key.setText(name)
            key.setWordWrap(False)
            value.setText(text)
            value.setFont(tabular(self.font()))
            self._facts.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(value, row, 1)


class _Picture(QWidget):
    """The network as a figure."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("new_picture")
        self.setMinimumHeight(18 * GRID)
        self._choice: Choice | None = None
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 18 * GRID)

    def show_choice(self, choice: Choice) -> None:
        self._choice = choice
        self.setAccessibleName(f"Figure of {choice.title}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._choice is not None:
            with QPainter(self) as painter:
                paint_choice(painter, QRectF(self.rect()).adjusted(0, GRID, 0, -GRID), self._choice)
