"""The past as an animation."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from nnstudio.gui.timeline.timeline_model import TimelineModel

_FRAME_MS = 40


class Player(QObject):
    """Moves the cursor from where it is, or from the beginning, to the present; the whole way takes `seconds`."""

    playingChanged = Signal(bool)

    def __init__(self, timeline: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self.seconds = 10.0
        self._start = 0.0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._go_on)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def set_seconds(self, seconds: float) -> None:
        """How long the whole way takes; while it plays, from where it is."""
        self.seconds = seconds
        if self.playing:
            self._begin_here()

    def toggle(self) -> None:
        if self.playing:
            self.stop()
        else:
            self.play()

    def play(self) -> None:
        if not self._timeline.steps:
            return
        if self._timeline.cursor in (None, self._timeline.steps[-1]):
            self._timeline.set_cursor(self._timeline.steps[0])
        self._begin_here()
        self._timer.start()
        self.playingChanged.emit(True)

    def stop(self) -> None:
        if self.playing:
            self._timer.stop()
            self.playingChanged.emit(False)

    def _begin_here(self) -> None:
        cursor = self._timeline.cursor
        self._start = float(self._timeline.steps[0] if cursor is None else cursor)
        self._clock.start()

    def _go_on(self) -> None:
        steps = self._timeline.steps
        if not steps or self._timeline.cursor is None:  # somebody went back to the present
            self.stop()
            return
        way = self._clock.elapsed() / 1000 / self.seconds * (steps[-1] - steps[0])
        if self._start + way >= steps[-1]:
            self.stop()
            self._timeline.set_cursor(None)
        else:
            self._timeline.set_cursor(round(self._start + way))
