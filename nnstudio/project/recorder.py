"""Keeps the newest checkpoint of a run in the session's folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock

from nnstudio.engine.backend import TrainingState
from nnstudio.network import NetworkSpec
from nnstudio.project.autosave import RUN_FILE, Haste, Session
from nnstudio.project.checkpoint import Checkpoint, RunFacts, pack_checkpoint
from nnstudio.training.events import EpochDone, Event, Finished, Paused, Snapshot, Started, Steps
from nnstudio.training.settings import TrainingSettings


class CheckpointRecorder:
    """Hands every snapshot of a run to the session, which saves the first at once, then the newest from time to time:
    soon after each epoch, at once at a pause. The arrays are those of the snapshot; nothing is copied, nothing waits.

    `run` tells it from other runs. `settings` may give, at any time and in any thread, the settings that hold by now.
    """

    def __init__(
        self,
        session: Session,
        run: str,
        spec: NetworkSpec,
        settings: Callable[[], TrainingSettings],
        dataset: str,
        device: str,
    ) -> None:
        self.run = run
        self._session, self._spec, self._settings = session, spec, settings
        self._facts = RunFacts(run=self.run, name=spec.name, dataset=dataset, device=device)
        self._newest: TrainingState | None = None
        self._epoch = 0
        self._forgotten = False
        self._turn = Lock()
        """So that nothing is saved after `forget`."""

    def record(self, event: Event) -> None:
        match event:
            case Started():
                self._facts = self._facts.model_copy(update={"steps_per_epoch": event.steps_per_epoch})
            case Steps():
                self._epoch = event.epoch
            case Snapshot() if event.state is not None:
                haste = Haste.USUAL if self._newest else Haste.NOW
                self._newest = event.state
                self._save(haste)
            case EpochDone():
                self._save(Haste.SOON)
            case Paused():
                self._save(Haste.NOW)
            case Finished():
                self._newest = event.state
                self._facts = self._facts.model_copy(update={"finished": True})
                self._save(Haste.NOW)

    def close(self) -> None:
        """Nothing is left to do: what ended without a last word stays as it was saved last."""
        self._newest = None

    def forget(self) -> None:
        """The run is no longer that of what is on the desk."""
        with self._turn:
            self._forgotten = True
            self._session.drop(RUN_FILE)

    def _save(self, haste: Haste) -> None:
        with self._turn:
            if self._newest is not None and not self._forgotten:
                epoch = self._epoch or -(-self._newest.step // self._facts.steps_per_epoch)
                facts = self._facts.model_copy(update={"epoch": epoch})
                checkpoint = Checkpoint(facts, self._spec, self._settings(), self._newest)
                self._session.put(RUN_FILE, partial(pack_checkpoint, checkpoint), haste)
