"""What the Training menu, the timeline and the race do beyond steering the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from nnstudio.gui.worker import Request

if TYPE_CHECKING:
    from nnstudio.engine.backend import TrainingState
    from nnstudio.gui.main_window import MainWindow
    from nnstudio.gui.models.curves import Curves
    from nnstudio.gui.runs.race_model import Lane
    from nnstudio.project import Project


class TrainingCommands(QObject):
    """Sweeps, and going on from another moment than the newest."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._training, self._timeline = window, window.training, window.timeline

    def open_sweep(self) -> None:
        """Many runs with other settings, one after another."""
        from nnstudio.gui.runs.sweep_dialog import SweepDialog  # few ask for it

        window = self._window
        dialog = window.findChild(SweepDialog)
        if dialog is None:
            dialog = SweepDialog(window.sweep, window.training, window)
            dialog.runSelected.connect(lambda uuid: window.runs.choose([uuid]))
        dialog.show()
        dialog.raise_()

    def toggle_tensorboard(self) -> None:
        """Whether runs are written for TensorBoard too."""
        tensorboard = self._window.tensorboard
        tensorboard.toggle()
        self._window.preferences.writes_tensorboard = tensorboard.wanted

    def open_run(self, project: Project, curves: Curves) -> None:
        """Put a run of the past on the desk, with what it measured."""
        self._window.document.place(project)
        self._training.choose(dataset=project.metadata.dataset or None)
        self._window.past_curves.show(curves)

    def go_on_from(self, step: int, state: TrainingState) -> None:
        """Train on from a moment of the past."""
        timeline, run = self._timeline.timeline, self._training.run
        self._return_to(state, timeline.epoch(step) if timeline else 0, run, self._training.status.steps_per_epoch)
        self._window.past_curves.go_on(run, step)
        self._timeline.set_cursor(None)
        self._training.play()

    def offer_past(self) -> None:
        """A race begins at the moment that the window shows."""
        state = self._timeline.state
        self._window.race.set_past((self._training.settings, state) if state else None)

    def keep_lane(self, lane: Lane) -> None:
        """What won a race is what goes on."""
        assert lane.state is not None, "only a lane that has come to something can be kept"
        self._training.abandon()
        self._training.set_settings(lane.settings)
        self._return_to(lane.state, lane.epoch, lane.run, lane.steps_per_epoch)
        self._window.past_curves.go_on(lane.run, lane.state.step)

    def _return_to(self, state: TrainingState, epoch: int, run: str, steps_per_epoch: int) -> None:
        training = self._training
        training.abandon()
        request = Request(self._window.network.flat, training.settings, training.dataset, training.device, run=run)
        training.resume_from(request, state, epoch=epoch, steps_per_epoch=steps_per_epoch)
