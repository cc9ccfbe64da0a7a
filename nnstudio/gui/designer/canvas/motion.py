"""Blocks on their way to where they belong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEasingCurve, QObject, QPointF, QVariantAnimation
from PySide6.QtWidgets import QApplication, QStyle

MILLISECONDS = 150
_FAR_ENOUGH = 1.0
"""Pixels that are worth a motion."""


class Motion(QObject):
    """Moves points to new places, at once or within the time in which an eye can follow.

    ``move`` is called with the places of every moment. Motion is for those who want it: it is off until switched on,
    and where the desktop has switched it off for all programs.
    """

    def __init__(self, move: Callable[[Mapping[str, QPointF]], None], parent: QObject) -> None:
        super().__init__(parent)
        self._move = move
        self.wanted = False
        self.goal: Mapping[str, QPointF] = {}
        """Where everything is, or will be in a moment."""
        self._start: Mapping[str, QPointF] = {}
        self._clock = QVariantAnimation(self, duration=MILLISECONDS, startValue=0.0, endValue=1.0)
        self._clock.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._clock.valueChanged.connect(self._show)
        self._clock.finished.connect(self.finish)

    def switch(self, on: bool) -> None:
        """Show motion from now on, or not any more."""
        self.wanted = on

    @property
    def moving(self) -> bool:
        return self._clock.state() is QVariantAnimation.State.Running

    def go(self, start: Mapping[str, QPointF], goal: Mapping[str, QPointF]) -> None:
        """Begin the way from ``start`` to ``goal``; what was nowhere before is there at once."""
        self._clock.stop()
        self._start = {name: point for name, point in start.items() if name in goal and name in self.goal}
        self.goal = goal
        far = any((goal[name] - point).manhattanLength() > _FAR_ENOUGH for name, point in self._start.items())
        if self.wanted and far and _motion_is_shown():
            self._clock.start()
            self._show(0.0)
        else:
            self._move(goal)

    def finish(self) -> None:
        """Be there."""
        self._clock.stop()
        self._move(self.goal)

    def _show(self, share: float) -> None:
        starts = {name: self._start.get(name, end) for name, end in self.goal.items()}
        self._move({name: starts[name] + (end - starts[name]) * share for name, end in self.goal.items()})


def _motion_is_shown() -> bool:
    """What the desktop says about widgets in motion."""
    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
