"""What earlier sessions left that ended suddenly, and having it back on the desk."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.autosave_model import AutosaveModel
from nnstudio.gui.models.document import Document
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.worker import Request
from nnstudio.project.checkpoint import Checkpoint
from nnstudio.project.recovery import Recovered, Recovery, discard, load_recovery, recoverable


class RecoveryError(NNStudioError):
    """What a session left cannot be had, because it is gone."""


class RecoveryModel(QObject):
    """Offers the newest session first; everything that reads or writes files is done in the background."""

    changed = Signal()
    """The offers, or whether one is being taken."""
    failed = Signal(str, str)
    """What could not be had back and why, and what to do."""
    continued = Signal(object)
    """The `Recovery` that stands on the desk now."""
    runContinued = Signal(str, int)
    """What tells the run from all others that stands on the desk now, and its step; before `continued`."""

    def __init__(
        self, document: Document, training: TrainingModel, autosave: AutosaveModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._training, self._autosave = document, training, autosave
        self._background = Background(self)
        self.offers: tuple[Recovery, ...] = ()
        self._put_off: set[Path] = set()
        self.busy = False

    @property
    def offer(self) -> Recovery | None:
        """The newest that was neither taken nor put off."""
        return next(iter(self.offers), None)

    def look(self) -> None:
        """See what there is; `changed` follows when there is something."""
        self._background.run(recoverable, self._show, self._fail)

    def resume(self, recovery: Recovery) -> None:
        """Put what was left on the desk, in place of what stands there; `continued` or `failed` follows."""
        self._set_busy(True)
        self._background.run(partial(self._take, recovery), partial(self._place, recovery), self._refuse)

    def put_off(self, recovery: Recovery) -> None:
        """Not now: it stays where it is and is offered again at the next start."""
        self._put_off.add(recovery.folder)
        self._show(list(self.offers))

    def discard(self, recovery: Recovery) -> None:
        """Remove it for good."""
        self.put_off(recovery)
        self._background.run(partial(discard, recovery), lambda _: None, self._fail)

    def shut_down(self) -> None:
        """Let what has begun come to its end; for the end of the program."""
        self._background.wait()

    def _take(self, recovery: Recovery) -> Recovered:
        """In the background: read everything before the folder becomes ours, so that nothing unreadable does."""
        recovered = load_recovery(recovery)
        try:
            self._autosave.session.adopt(recovery.folder)
        except OSError as error:
            what = f"What the last session left is gone: {error.strerror or error}."
            raise RecoveryError(what, "Perhaps another window of NN Studio has it already.") from error
        return recovered

    def _place(self, recovery: Recovery, recovered: Recovered) -> None:
        desk, checkpoint = recovered.desk, recovered.checkpoint
        facts = desk.facts
        self._document.restore(desk.project, Path(facts.path) if facts.path else None, desk.learned)
        self._training.choose(
            dataset=facts.dataset or None, device=facts.device or None, from_current=facts.from_current
        )
        if checkpoint:
            self._stand_at(checkpoint)
        self._autosave.go_on_with(checkpoint.facts.run if checkpoint else "")
        self.busy = False
        self.put_off(recovery)  # it is no offer any more
        if checkpoint:
            self.runContinued.emit(checkpoint.facts.run, checkpoint.state.step)
        self.continued.emit(recovery)
        if recovered.problems:
            self.failed.emit(f"Not everything could be had back. {' '.join(recovered.problems)}", "")

    def _stand_at(self, checkpoint: Checkpoint) -> None:
        """A run that was under way goes on as it was; of one that had ended, other choices may be made since."""
        run, training = checkpoint.facts, self._training
        if not run.finished:
            training.set_settings(checkpoint.settings)
            training.choose(dataset=run.dataset, device=run.device)
        training.resume_from(
            Request(checkpoint.spec, checkpoint.settings, run.dataset, run.device, run=run.run),
            checkpoint.state,
            epoch=run.epoch,
            steps_per_epoch=run.steps_per_epoch,
        )

    def _show(self, offers: list[Recovery]) -> None:
        self.offers = tuple(offer for offer in offers if offer.folder not in self._put_off)
        self.changed.emit()

    def _fail(self, error: NNStudioError) -> None:
        self._set_busy(False)
        self.failed.emit(error.message, error.hint)

    def _refuse(self, error: NNStudioError) -> None:
        self._fail(error)
        self.look()  # what is gone is not offered any more

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        self.changed.emit()
