"""One row at the bottom of the window that takes everything in it back in time."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.gui.timeline.player import Player
from nnstudio.gui.timeline.time_bar import TimeBar
from nnstudio.gui.timeline.timeline_model import TimelineModel
from nnstudio.gui.widgets.fields import combo_box
from nnstudio.units import bytes_text

HEIGHT = 40
_SPEEDS = {"5 s": 5.0, "10 s": 10.0, "20 s": 20.0, "60 s": 60.0}
_EMPTY = "The past of a run is kept here while it trains"
_OTHER = "The network has no past yet: the last run was of another"
_WIDEST = "step 888,888 · epoch 888 of 888"


class Scrubber(QWidget):
    """Buttons, the bar with all moments that are kept, where the cursor is, and what can be done from there."""

    branchAsked = Signal(int, object)
    """To go on training from a step, and the `TrainingState` then."""

    def __init__(self, timeline: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scrubber")
        self.setFixedHeight(HEIGHT)
        self._timeline = timeline
        self.player = Player(timeline, self)
        self.bar = TimeBar(timeline)
        self._buttons = {
            "first": self._button("first", "skip-backward", "To the first moment", self._to_first),
            "back": self._button("back", "step-backward", "One moment back", lambda: self._move(-1)),
            "play": self._button("play", "play", "Play from here to the present", self.player.toggle),
            "forward": self._button("forward", "step-forward", "One moment forward", lambda: self._move(1)),
            "live": self._button("live", "skip-forward", "Back to the present", self._to_present),
        }
        self._export = self._button("export", "movie-open-outline", "Export as an animation", self.export)
        self._speed = combo_box()
        self._speed.setObjectName("timeline_speed")
        self._speed.setAccessibleName("How long playing the whole run takes")
        self._speed.setToolTip("How long playing the whole run takes")
        self._speed.addItems(list(_SPEEDS))
        self._speed.setMinimumContentsLength(4)
        self._speed.setCurrentText("10 s")
        self._speed.currentTextChanged.connect(lambda text: self.player.set_seconds(_SPEEDS[text]))
        self._told = QLabel()
        self._told.setObjectName("timeline_told")
        self._told.setProperty("role", "quiet")
        self._told.setFont(tabular(self._told.font()))
        self._told.setMinimumWidth(self._told.fontMetrics().horizontalAdvance(_WIDEST))
        self._branch = QPushButton("Go on from here")
        self._branch.setObjectName("timeline_branch")
        self._branch.setAccessibleName("Go on training from the moment that is shown")
        self._branch.setToolTip("Train on from this moment, in a run of its own; this one stays as it is")
        self._branch.clicked.connect(lambda _=False: self._ask_branch())
        self._branch.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._arrange()
        timeline.changed.connect(self._show)
        timeline.cursorChanged.connect(lambda _: self._show())
        timeline.shownChanged.connect(lambda _: self._show())
        self.player.playingChanged.connect(lambda _: self._colour())
        theme_source.themeChanged.connect(self._colour)
        self._colour()
        self._show()

    def export(self) -> None:
        """Ask how the run shall become an animation."""
        if self._timeline.timeline and self._timeline.steps:
            from nnstudio.gui.timeline.animation_dialog import AnimationDialog  # it brings what writes pictures

            AnimationDialog(self._timeline.timeline, self).open()

    # ---- what the buttons do

    def _to_first(self) -> None:
        self.player.stop()
        if self._timeline.steps:
            self._timeline.set_cursor(self._timeline.steps[0])

    def _to_present(self) -> None:
        self.player.stop()
        self._timeline.set_cursor(None)

    def _move(self, count: int) -> None:
        self.player.stop()
        self._timeline.move(count)

    def _ask_branch(self) -> None:
        state = self._timeline.state
        if state is not None:
            self.player.stop()
            self.branchAsked.emit(state.step, state)

    # ---- what it shows

    def _show(self) -> None:
        timeline, there = self._timeline, bool(self._timeline.steps)
        past = timeline.cursor is not None
        for name, button in self._buttons.items():
            button.setEnabled(there and (past or name in ("first", "back", "play")))
        self._export.setEnabled(len(timeline.steps) > 1)
        self._speed.setEnabled(there)
        self._branch.setEnabled(past and timeline.state is not None and timeline.state.step == timeline.cursor)
        text = self._text()
        self._told.setText(text)
        self.bar.setAccessibleDescription(text)
        self.setToolTip(self._room())

    def _text(self) -> str:
        model = self._timeline
        if not model.steps or model.timeline is None:
            return _OTHER if model.timeline and model.timeline.steps else _EMPTY
        if model.cursor is None:
            return f"now · step {model.steps[-1]:,}"
        epoch, epochs = model.timeline.epoch(model.cursor), model.timeline.epochs
        of = f" of {epochs}" if epochs >= epoch else ""
        return f"step {model.cursor:,} · epoch {epoch}{of}"

    def _room(self) -> str:
        """How much memory and disk the past takes, and what the marks mean."""
        timeline = self._timeline.timeline
        if timeline is None:
            return ""
        memory = f"{bytes_text(timeline.memory_bytes)} of {bytes_text(timeline.memory_budget)} memory"
        disk = f"{bytes_text(timeline.disk_bytes)} of {bytes_text(timeline.disk_budget)} on disk"
        best = f"\nBest on validation: step {timeline.best:,} (diamond)" if timeline.best is not None else ""
        return f"{len(timeline.steps):,} moments: {memory}, {disk}{best}"

    # ---- how it is made

    def _button(self, name: str, glyph: str, text: str, action: object) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"timeline_{name}")
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.setProperty("glyph", glyph)
        button.clicked.connect(action)
        return button

    def _arrange(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(0)
        for button in self._buttons.values():
            layout.addWidget(button)
        layout.addSpacing(8)
        layout.addWidget(self.bar, 1)
        layout.addSpacing(8)
        layout.addWidget(self._told)
        for part in (self._speed, self._branch, self._export):
            layout.addSpacing(8)
            layout.addWidget(part)

    def _colour(self) -> None:
        playing = self.player.playing
        self._buttons["play"].setProperty("glyph", "pause" if playing else "play")
        text = "Stop playing" if playing else "Play from here to the present"
        self._buttons["play"].setAccessibleName(text)
        self._buttons["play"].setToolTip(text)
        for button in (*self._buttons.values(), self._export):
            button.setIcon(icon(button.property("glyph"), "quiet"))
