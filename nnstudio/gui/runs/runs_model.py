"""The history of runs as the window sees it: its lines, what is chosen of them, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import time
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.curves import Curves, Overlay
from nnstudio.gui.runs.kept_curves import plotted
from nnstudio.gui.runs.kept_project import kept_project
from nnstudio.gui.runs.recording import Recording
from nnstudio.gui.runs.store_thread import StoreThread
from nnstudio.gui.worker import Request
from nnstudio.training.recorder import Recorder
from nnstudio.training.runs import Run, RunStatus, RunStore, runs_path
from nnstudio.training.runs.differences import Difference, differences

Result = TypeVar("Result")
COLOURS = ("#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#d55e00", "#0072b2", "#f0e442")
"""Of runs that are laid over each other, after Okabe and Ito; those of the live curves come late."""


@dataclass(frozen=True)
class Comparison:
    """In what the chosen runs differ."""

    runs: tuple[Run, ...] = ()
    rows: tuple[Difference, ...] = ()


class RunsModel(QObject):
    """Reads and changes the history in the background. `runs` is what stands in it, the newest first.

    Changes are shown at once; where they cannot be kept, it is said and the history is read again.
    """

    loaded = Signal()
    """All lines are others."""
    began = Signal(object)
    """A `Run` that stands on top now."""
    changed = Signal(object)
    """Uuids of runs whose lines have changed."""
    chosenChanged = Signal()
    """Which runs are chosen, and with it their `colours`."""
    overlaysChanged = Signal(object)
    """A list of `Overlay`, one for each of the chosen runs that has ended: what training does now is drawn anyway."""
    compared = Signal(object)
    """A `Comparison` of the chosen runs."""
    openAsked = Signal(object, str, object)
    """A `Project` with the network, the settings and the weights of a run, the run's name, and its `Curves` with all
    that was measured."""
    message = Signal(str, str, str)
    """Severity (``good``, ``warning``, ``error``), what happened, what to do."""

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        path = path or runs_path()
        self.runs: list[Run] = []
        self.chosen: tuple[str, ...] = ()
        self.colours: dict[str, str] = {}
        """Of the chosen runs; each keeps its colour as long as it is chosen."""
        self.ready = False
        """Whether the history was read."""
        self.recording = Recording(path, self)
        self.recording.recorded.connect(self._follow)
        self.recording.failed.connect(lambda what, hint: self.message.emit("warning", what, hint))
        self._thread = StoreThread(path, self)
        self._thread.repaired.connect(self._tell_repair)

    def run(self, uuid: str) -> Run | None:
        """The line of a run."""
        return next((run for run in self.runs if run.uuid == uuid), None)

    def continuations(self, uuid: str) -> list[Run]:
        """The runs that go on from a run, the newest first."""
        return [run for run in self.runs if run.parent == uuid]

    # ---- life

    def load(self) -> None:
        """Read the history; `loaded` follows."""
        self._ask(RunStore.runs, self._show)

    def make_recorder(self, request: Request) -> Recorder:
        """What keeps a run; for `TrainingModel.recorders`, in the training thread."""
        return self.recording.make_recorder(request)

    def shut_down(self) -> None:
        """Let what was asked for be written; for the end of the program, after training has ended."""
        self._thread.shut_down()

    # ---- what people note about runs

    def rename(self, uuid: str, name: str) -> None:
        """An empty name is none."""
        if name.strip():
            self._change(uuid, name=name.strip())
            self._replace([run.uuid for run in self.continuations(uuid)], parent_name=name.strip())

    def set_notes(self, uuid: str, notes: str) -> None:
        self._change(uuid, notes=notes.strip())

    def set_starred(self, uuids: Sequence[str], starred: bool) -> None:
        for uuid in uuids:
            self._change(uuid, starred=starred)

    def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        kept = tuple(sorted({tag.strip() for tag in tags if tag.strip()}))
        self._replace([uuid], tags=kept)
        self._ask(lambda store: store.set_tags(uuid, kept))

    # ---- deleting

    def delete(self, uuids: Sequence[str]) -> list[str]:
        """Put runs into the trash, except those that are being trained; which ones were put there."""
        ended = [uuid for uuid in uuids if (run := self.run(uuid)) and run.status is not RunStatus.RUNNING]
        if ended:
            self._replace(ended, deleted=time())
            self._ask(lambda store: store.delete(ended))
        if len(ended) < len(uuids):
            self.message.emit("warning", "A run that is being trained cannot be deleted.", "Stop training first.")
        return ended

    def restore(self, uuids: Sequence[str]) -> None:
        """Take runs out of the trash."""
        self._replace(uuids, deleted=None)
        self._ask(lambda store: store.restore(uuids))

    def empty_trash(self) -> None:
        """Delete for good what is in the trash."""
        self._ask(RunStore.empty_trash, lambda _: self.load())

    # ---- looking at some of them

    def choose(self, uuids: Sequence[str]) -> None:
        """Look at these runs: their curves and differences follow in the background."""
        if tuple(uuids) == self.chosen:
            return
        self.chosen = tuple(uuids)
        self.colours = self._coloured()
        self.chosenChanged.emit()
        shown = tuple(self.colours)
        self._ask(lambda store: _looked_up(store, shown), lambda found: self._tell_chosen(shown, *found))

    def ask_open(self, uuid: str) -> None:
        """Read all that is kept of a run; `openAsked` follows."""
        name = run.name if (run := self.run(uuid)) else ""
        self._ask(
            lambda store: (kept_project(store, uuid), _measured(store, uuid)),
            lambda found: self.openAsked.emit(found[0], name, found[1]),
        )

    def ask_curves(self, uuid: str, step: int, take: Callable[[Curves], object]) -> None:
        """Read what a run has measured up to a step; of one that is not kept there is nothing to take."""

        def found(store: RunStore) -> Curves | None:
            return _measured(store, uuid, step) if store.knows(uuid) else None

        self._ask(found, lambda curves: take(curves) if curves else None)

    def _coloured(self) -> dict[str, str]:
        chosen = self.chosen[: len(COLOURS)]
        kept = {uuid: self.colours[uuid] for uuid in chosen if uuid in self.colours}
        free = iter([colour for colour in COLOURS if colour not in kept.values()])
        return {uuid: kept.get(uuid) or next(free) for uuid in chosen}

    def _tell_chosen(self, shown: tuple[str, ...], curves: dict[str, Curves], rows: tuple[Difference, ...]) -> None:
        if shown != tuple(self.colours):
            return  # others have been chosen since
        runs = [run for uuid in shown if (run := self.run(uuid))]
        self.overlaysChanged.emit(
            [Overlay(run.name, self.colours[run.uuid], curves[run.uuid]) for run in runs if run.ended]
        )
        self.compared.emit(Comparison(tuple(runs), rows))

    # ---- how it is done

    def _ask(self, work: Callable[[RunStore], Result], done: Callable[[Result], object] = lambda _: None) -> None:
        self._thread.run(work, done, self._fail)

    def _change(self, uuid: str, **columns: Any) -> None:
        self._replace([uuid], **columns)
        self._ask(lambda store: store.change(uuid, **columns))

    def _replace(self, uuids: Sequence[str], **columns: Any) -> None:
        self.runs = [replace(run, **columns) if run.uuid in uuids else run for run in self.runs]
        self.changed.emit(tuple(uuids))

    def _show(self, runs: list[Run]) -> None:
        self.runs, self.ready = runs, True
        self.loaded.emit()

    def _follow(self, run: Run) -> None:
        """What training says of its run; what people have noted about it meanwhile stays."""
        known = self.run(run.uuid)
        if known is None:
            self.runs = [run, *self.runs]
            self.began.emit(run)
            return
        noted = {name: getattr(known, name) for name in ("name", "notes", "tags", "starred", "deleted", "parent_name")}
        self.runs = [replace(run, **noted) if each is known else each for each in self.runs]
        self.changed.emit((run.uuid,))

    def _fail(self, error: NNStudioError) -> None:
        self.message.emit("error", error.message, error.hint)
        if self.ready:  # what was changed here is not what is kept
            self.ready = False
            self.load()

    def _tell_repair(self, what: str) -> None:
        self.message.emit("warning", what, "Earlier runs are in that file; no project is concerned.")


def _measured(store: RunStore, uuid: str, last: int | None = None) -> Curves:
    """Everything, up to the step `last`."""
    run = store.run(uuid)
    return plotted(store.curves(uuid, last=last, inside=True), run.dataset, run.class_names)


def _looked_up(store: RunStore, uuids: Sequence[str]) -> tuple[dict[str, Curves], tuple[Difference, ...]]:
    curves = {uuid: plotted(store.curves(uuid)) for uuid in uuids}
    return curves, tuple(differences([store.documents(uuid) for uuid in uuids]))
