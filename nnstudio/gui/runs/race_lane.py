"""A lane of a race before it begins: what it changes, as a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.icons import icon
from nnstudio.gui.runs.change_row import ChangeRow, value_words
from nnstudio.gui.runs.dots import DOT, dot
from nnstudio.gui.runs.setting_menu import SettingMenu
from nnstudio.gui.theme import GRID, current_theme, theme_source
from nnstudio.network import NetworkSpec
from nnstudio.training.race import RaceError, race_places, race_variant
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import Place, places, value_at

LEAST_WIDTH = 114
"""Pixels that a card needs."""


class LaneCard(QFrame):
    """Colour and name, a row for each change, and what is wrong with them, said at once.

    The variant is that of `base` with the changes, for the network `spec`.
    """

    edited = Signal()

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.setObjectName(f"race_lane_{number}")
        self.setProperty("role", "panel")
        self.setMinimumWidth(LEAST_WIDTH)
        self.rows: list[ChangeRow] = []
        self._spec: NetworkSpec | None = None
        self._base = TrainingSettings()
        self.problem: NNStudioError | None = None
        self.settings = self._base
        """The variant; where the changes do not go together, what is set now."""
        self._dot, self.title, self.badge, self._form = QLabel(), QLabel(f"Lane {number}"), QLabel(), QWidget()
        self._variant, self._refusal, self.add_button = QLabel(), QLabel(), QPushButton("Change…")
        self.menu = SettingMenu(self)
        self._arrange()
        self.add_button.clicked.connect(lambda: self.menu.open_below(self.add_button, self.offered()))
        self.menu.picked.connect(self._add_picked)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    # ---- what the lane is

    @property
    def changes(self) -> dict[str, Any]:
        """Values by their path; `RaceError` where a field holds none."""
        try:
            return {row.place.path: row.value() for row in self.rows}
        except ValueError as error:
            raise RaceError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error

    def set_changes(self, changes: Mapping[str, Any]) -> None:
        """Show these in place of those there were."""
        while self.rows:
            self._take_out(self.rows[0])
        known = {place.path: place for place in places(self._base)}
        for path, value in changes.items():
            self._put_in(known[path], value)
        self._judge()

    def set_base(self, spec: NetworkSpec, base: TrainingSettings) -> None:
        """What is trained, and what is set now."""
        if spec is not self._spec or base != self._base:
            self._spec, self._base = spec, base
            self._judge()

    def offered(self) -> list[Place]:
        """Settings that the lane has and does not change yet."""
        taken = {row.place.path for row in self.rows}
        return [place for place in race_places(self.settings) if place.path not in taken]

    def set_open(self, opened: bool) -> None:
        """Whether it can be edited."""
        self._form.setEnabled(opened)

    def show_badge(self, text: str) -> None:
        """Such as ``leads``."""
        self.badge.setText(text)

    # ---- editing

    def _add_picked(self, place: Place) -> None:
        """A yes or no turns round; other values begin as they are."""
        value = value_at(self.settings, place.path)
        self._put_in(place, not value if isinstance(value, bool) else value)
        self.rows[-1].focus()
        self._tell()

    def _put_in(self, place: Place, value: Any) -> None:
        row = ChangeRow(self._number, place, value)
        row.edited.connect(self._tell)
        row.removeAsked.connect(lambda: self._remove(row))
        self._column.insertWidget(len(self.rows), row)
        self.rows.append(row)

    def _take_out(self, row: ChangeRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _remove(self, row: ChangeRow) -> None:
        self._take_out(row)
        self.add_button.setFocus()
        self._tell()

    def _tell(self) -> None:
        self._judge()
        self.edited.emit()

    # ---- what becomes of it

    def _judge(self) -> None:
        self.problem, self.settings = None, self._base
        try:
            if self._spec:
                self.settings = race_variant(self._spec, self._base, self.changes)
        except NNStudioError as error:
            self.problem = error
        self._refusal.setText(str(self.problem or ""))
        self._refusal.setVisible(self.problem is not None)
        self._variant.setVisible(self.problem is None)
        summary = _summary(self.settings)
        self._variant.setText(summary if self.rows else f"As set now: {summary}")
        for row in self.rows:
            row.show_present(value_at(self._base, row.place.path))
        self.add_button.setEnabled(bool(self.offered()))

    # ---- building

    def _colour(self) -> None:
        self._dot.setPixmap(dot(current_theme().series[self._number - 1]).pixmap(QSize(DOT, DOT)))
        self.add_button.setIcon(icon("plus"))

    def _arrange(self) -> None:
        self.title.setProperty("role", "title")
        self.badge.setObjectName(f"race_badge_{self._number}")
        self.badge.setProperty("role", "good")
        self._variant.setObjectName(f"race_variant_{self._number}")
        self._variant.setProperty("role", "quiet")
        self._refusal.setObjectName(f"race_refusal_{self._number}")
        self._refusal.setProperty("role", "error")
        for words in (self._variant, self._refusal):
            words.setWordWrap(True)
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.add_button.setObjectName(f"race_add_{self._number}")
        self.add_button.setToolTip("Change another setting in this lane")
        self.add_button.setAccessibleName(f"Change another setting in lane {self._number}")
        self.add_button.setAutoDefault(False)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._dot)
        head.addWidget(self.title)
        head.addWidget(self.badge, 1)
        self._column = QVBoxLayout(self._form)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._column.addWidget(self._refusal)
        self._column.addWidget(self.add_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addWidget(self._variant)
        layout.addWidget(self._form)
        layout.addStretch(1)


def _summary(settings: TrainingSettings) -> str:
    """What matters most of a variant, in a line: ``Adam, rate 0.001``."""
    kind = next(place for place in places(settings) if place.path == "optimizer.kind")
    return f"{value_words(kind, settings.optimizer.kind)}, rate {settings.optimizer.learning_rate:g}"
