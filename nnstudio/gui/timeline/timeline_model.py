"""Where in its past the window looks at a run."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.engine.backend import TrainingState
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.worker import Request
from nnstudio.training.timeline import Budget, Moment, Timeline, TimelineRecorder, Timelines

_PERIOD_MS = 100
"""New moments are shown at most so often."""


class TimelineModel(QObject):
    """The timeline of the run that goes on, or was the last, and a cursor: ``None`` is the present.

    While the cursor is in the past, views show the weights of then (`WeightsModel.show_past`). Those that are not in
    memory are read in another thread; meanwhile wishes replace each other, so that however fast the cursor moves only
    the newest is read. Training goes on, and goes on being kept, wherever the cursor is.
    """

    changed = Signal()
    """There are other moments, or it is another timeline."""
    cursorChanged = Signal(object)
    """The step where the cursor is now, or ``None``; its weights may follow a little later."""
    shownChanged = Signal(object)
    """The step whose weights the window shows now, or ``None`` for the present."""
    message = Signal(str, str, str)
    """Severity, what happened, what to do."""

    _grown = Signal()
    _begun = Signal(object)
    _problem = Signal(str, str)

    def __init__(
        self,
        network: NetworkModel,
        weights: WeightsModel,
        *,
        timelines: Timelines | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._weights = network, weights
        self.timelines = timelines or Timelines()
        self.timelines.tell = self._problem.emit
        self.timeline: Timeline | None = None
        self.moments: tuple[Moment, ...] = ()
        """Those of a run of the network that is on the desk."""
        self.cursor: int | None = None
        self.state: TrainingState | None = None
        """What is shown of the past."""
        self._loading = False
        self._background = Background(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._refresh)
        self._grown.connect(self._refresh_soon)
        self._when_grown = self._grown.emit  # one object, so that it can be found again
        self._begun.connect(self.show_timeline)
        self._problem.connect(lambda what, hint: self.message.emit("warning", what, hint))
        network.checkChanged.connect(lambda _: self._refresh())
        weights.changed.connect(self._follow_weights)

    # ---- whose past it is

    def recorder(self, request: Request) -> TimelineRecorder | None:
        """What keeps a run that begins; for `TrainingModel.recorders`, in the working thread."""
        if request.guest:
            return None
        timeline = self.timelines.begin(request.spec, request.state)
        self._begun.emit(timeline)
        return TimelineRecorder(timeline)

    def open_last(self) -> None:
        """Show the past of the last run, as when the program starts; in the background."""
        self._background.run(self.timelines.open_newest, self._show_if_none, self._tell)

    def show_timeline(self, timeline: Timeline) -> None:
        """Look at this timeline from now on, in the present."""
        if timeline is self.timeline:
            return
        if self.timeline:
            self.timeline.unlisten(self._when_grown)
        self.set_cursor(None)
        self.timeline = timeline
        timeline.listen(self._when_grown)
        self._refresh()

    def set_budget(self, budget: Budget) -> None:
        """How much memory and disk the past may take, in bytes."""
        self.timelines.set_budget(budget)

    def shut_down(self) -> None:
        """Write what must not be missed, and end the thread; for the end of the program, after training has ended."""
        if self.timeline:
            self.timeline.unlisten(self._when_grown)
            self.timeline = None
        self._background.wait()
        self.timelines.close()

    # ---- the cursor

    @property
    def steps(self) -> tuple[int, ...]:
        """Where the cursor can be."""
        return tuple(moment.step for moment in self.moments)

    def set_cursor(self, step: int | None) -> None:
        """Look at the kept moment nearest to `step`, or with ``None`` at the present."""
        steps = self.steps
        nearest = None if step is None or not steps else _nearest(steps, step)
        if nearest == self.cursor:
            return
        self.cursor = nearest
        self.cursorChanged.emit(nearest)
        if nearest is None:
            self._show_present()
        else:
            self._look()

    def move(self, count: int) -> None:
        """Move the cursor by so many moments; behind the newest is the present."""
        steps = self.steps
        if not steps:
            return
        place = len(steps) if self.cursor is None else bisect_left(steps, self.cursor)
        place = max(0, place + count)
        self.set_cursor(steps[place] if place < len(steps) else None)

    def _look(self) -> None:
        timeline, step = self.timeline, self.cursor
        if timeline is None or step is None or self._loading:
            return
        if state := timeline.at_hand(step):
            self._show(state)
            return
        self._loading = True
        failed = partial(self._not_loaded, timeline, step)
        self._background.run(partial(timeline.state, step), partial(self._loaded, timeline), failed)

    def _loaded(self, timeline: Timeline, state: TrainingState) -> None:
        """What was read is shown although the cursor may have moved on: a fast hand wants to see something too."""
        self._loading = False
        if timeline is self.timeline and self.cursor is not None:
            self._show(state)
        if self.cursor != state.step:
            self._look()

    def _not_loaded(self, timeline: Timeline, step: int, error: NNStudioError) -> None:
        self._loading = False
        self._refresh()
        if timeline is self.timeline and self.cursor == step:
            self._tell(error)
            self.set_cursor(None)
        else:
            self._look()

    def _show(self, state: TrainingState) -> None:
        self.state = state
        self._weights.show_past(state.result, state.step)
        self.shownChanged.emit(state.step)

    def _show_present(self) -> None:
        if self.state is not None:
            self.state = None
            self._weights.show_past(None)
            self.shownChanged.emit(None)

    def _follow_weights(self) -> None:
        """Another network or other weights on the desk end the view of the past."""
        if self.state is not None and not self._weights.shown.past:
            self.set_cursor(None)

    # ---- what there is

    def _refresh_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _refresh(self) -> None:
        fits = self.timeline is not None and self.timeline.spec == self._network.flat
        moments = self.timeline.moments if fits and self.timeline else ()
        if not moments:
            self.set_cursor(None)
        self.moments = moments
        self.changed.emit()

    def _show_if_none(self, timeline: Timeline | None) -> None:
        if timeline and self.timeline is None:
            self.show_timeline(timeline)

    def _tell(self, error: NNStudioError) -> None:
        self.message.emit("warning", error.message, error.hint)


def _nearest(steps: tuple[int, ...], step: int) -> int:
    place = min(bisect_left(steps, step), len(steps) - 1)
    return min(steps[max(0, place - 1)], steps[place], key=lambda other: abs(other - step))
