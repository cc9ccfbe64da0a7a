"""One run's past: which moments are kept, in memory, on disk or both."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from math import isfinite, nan
from operator import attrgetter
from pathlib import Path
from threading import RLock

from nnstudio.engine.backend import TrainingState
from nnstudio.network import NetworkSpec
from nnstudio.training.timeline.kept import Kept, Moment, linked
from nnstudio.training.timeline.state_file import TimelineError, same, unpack
from nnstudio.training.timeline.thinning import spared


class Timeline:
    """The training states of one run, by step. Any thread may read and write.

    A state is all that there is: random numbers follow from seed and step in this engine, so that training goes on
    from it exactly. States are thinned by age (`least_missed`) to fit into `memory_budget` and `disk_budget` bytes,
    each for itself; the first, the newest and that with the best validation loss stay, unless even they do not fit.
    What has been thinned out of memory can still be there on disk.
    """

    def __init__(self, spec: NetworkSpec, folder: Path, memory_budget: int, disk_budget: int) -> None:
        self.spec, self.folder = spec, folder
        self.memory_budget, self.disk_budget = memory_budget, disk_budget
        self.best: int | None = None
        """The step with the least validation loss."""
        self.best_loss = nan
        self.epochs = 0
        """As planned by the run; 0 where not known."""
        self.epoch_ends: dict[int, int] = {}
        """After which step each epoch ended, in order: batches may change their size, and a run may begin anywhere."""
        self.ended = False
        """Whether nothing comes any more, so that all that is left may be written."""
        self._lock = RLock()
        self._kept: list[Kept] = []
        self._doomed: list[str] = []
        """Files that nobody needs any more."""
        self._files = 0
        self._listeners: list[Callable[[], None]] = []

    # ---- reading

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What is kept, by step."""
        with self._lock:
            return tuple(Moment(kept.step, kept.loss, bool(kept.name)) for kept in self._kept)

    @property
    def steps(self) -> tuple[int, ...]:
        with self._lock:
            return tuple(kept.step for kept in self._kept)

    @property
    def memory_bytes(self) -> int:
        with self._lock:
            return sum(kept.memory_bytes for kept in self._kept)

    @property
    def disk_bytes(self) -> int:
        with self._lock:
            return sum(kept.file_bytes for kept in self._kept)

    def at_hand(self, step: int) -> TrainingState | None:
        """The state after `step` steps if it is in memory."""
        kept = self._find(step)
        return kept.state if kept else None

    def state(self, step: int) -> TrainingState:
        """The state after `step` steps, if need be from disk, where it takes a moment; `TimelineError` without it."""
        kept = self._find(step)
        if kept is None:
            raise TimelineError(f"Step {step:,} is not kept.", "Choose a moment that has a mark.")
        if state := kept.state:
            return state
        try:
            state = unpack((self.folder / kept.name).read_bytes())
            if state.step != step:
                raise TimelineError(f"It is step {state.step:,}.", "Choose another moment.")
            return state
        except (OSError, TimelineError) as error:
            self._lose(kept)
            reason = error.message if isinstance(error, TimelineError) else f"{error.strerror or error}."
            raise TimelineError(f"Step {step:,} cannot be read any more. {reason}", "Choose another moment.") from error

    def holds(self, state: TrainingState) -> bool:
        """Whether exactly this state is kept."""
        try:
            return same(self.state(state.step), state)
        except TimelineError:
            return False

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener`, in whichever thread it happens, when something has changed."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Do not call it any more."""
        self._listeners.remove(listener)

    def _find(self, step: int) -> Kept | None:
        with self._lock:
            place = bisect_left(self._kept, step, key=lambda kept: kept.step)
            return self._kept[place] if place < len(self._kept) and self._kept[place].step == step else None

    # ---- writing

    def put(self, state: TrainingState, loss: float = nan) -> None:
        """Keep a state, whose arrays nobody changes afterwards. What was kept from its step on is forgotten: training
        went back."""
        with self._lock:
            known = self._find(state.step)
            self._cut(state.step if known is None else state.step + 1)
            if known is None:
                known = Kept(state.step, loss)
                self._kept.append(known)
            if known.state is None:
                known.hold(state)
            self._thin_memory()
        self.tell()

    def end_epoch(self, epoch: int, step: int, validation_loss: float) -> None:
        """Note that an epoch ended after `step` steps, and how good the state was then."""
        with self._lock:
            self.epoch_ends = {**self.epoch_ends, step: epoch}
            better = self.best is None or validation_loss < self.best_loss
            if isfinite(validation_loss) and better and self._find(step):
                self.best, self.best_loss = step, validation_loss

    def epoch(self, step: int) -> int:
        """In which epoch, from 1, that step was."""
        with self._lock:
            ends = list(self.epoch_ends)
            place = bisect_left(ends, step)
            if place < len(ends):
                return self.epoch_ends[ends[place]]
            return self.epoch_ends[ends[-1]] + 1 if ends else 1

    def tell(self) -> None:
        """Tell the listeners that something has changed."""
        for listener in tuple(self._listeners):
            listener()

    def release(self) -> None:
        """Another run has begun: of what is only in memory, keep the moments that must not be missed."""
        with self._lock:
            for kept in tuple(self._kept):
                if kept.name or kept.step not in self._pinned():
                    self._take_from_memory(kept)
        self.tell()

    def branched(self, folder: Path, step: int) -> Timeline:
        """Another timeline with the same past up to `step`. Files are shared by links, where there are such."""
        branch = Timeline(self.spec, folder, self.memory_budget, self.disk_budget)
        with self._lock:
            for kept in self._kept:
                if kept.step <= step:
                    name = linked(self.folder / kept.name, folder, branch.new_name()) if kept.name else ""
                    size = kept.file_bytes if name else 0
                    if kept.state or name:
                        branch._kept.append(replace(kept, name=name, file_bytes=size))
            branch.epochs = self.epochs
            branch.epoch_ends = {end: epoch for end, epoch in self.epoch_ends.items() if end <= step}
            if self.best is not None and self.best <= step:
                branch.best, branch.best_loss = self.best, self.best_loss
        return branch

    # ---- for whoever writes to disk

    def next_to_write(self) -> tuple[int, TrainingState] | None:
        """What most deserves to be written: what must not be missed, then the newest, at the end all the others."""
        with self._lock:
            unwritten = [kept for kept in self._kept if kept.state and not kept.name and not kept.spared]
            if not unwritten:
                return None
            precious = [kept for kept in unwritten if kept.step in self._pinned()]
            chosen = (precious or unwritten)[-1]
            assert chosen.state is not None, "those without a state were left out"
            return chosen.step, chosen.state

    def note_written(self, step: int, name: str, size: int) -> None:
        """The state after `step` steps is in a file of so many bytes now; older ones may have to make room."""
        with self._lock:
            kept = self._find(step)
            if kept is None:
                self._doomed.append(name)
                return
            kept.name, kept.file_bytes = name, size
            self._thin_disk()
        self.tell()

    def restore(self, moments: list[tuple[Moment, str, int]]) -> None:
        """Know again what is on disk: moments, their files, and how large these are."""
        with self._lock:
            self._kept = [Kept(moment.step, moment.loss, None, name, size) for moment, name, size in moments]
            self._files = len(moments)

    def files(self) -> list[tuple[Moment, str, int]]:
        """What `restore` wants."""
        with self._lock:
            return [(Moment(k.step, k.loss, True), k.name, k.file_bytes) for k in self._kept if k.name]

    def take_doomed(self) -> list[str]:
        """Names of files to be removed; each is told once."""
        with self._lock:
            doomed, self._doomed = self._doomed, []
            return doomed

    def new_name(self) -> str:
        """A name for a file that no other has had in this folder."""
        with self._lock:
            self._files += 1
            while (self.folder / f"{self._files:06}.state").exists():
                self._files += 1
            return f"{self._files:06}.state"

    # ---- making room

    def _pinned(self) -> set[int]:
        steps = {self._kept[0].step, self._kept[-1].step} if self._kept else set()
        return steps if self.best is None else steps | {self.best}

    def _cut(self, step: int) -> None:
        while self._kept and self._kept[-1].step >= step:
            self._lose(self._kept[-1])
        if self.epoch_ends and next(reversed(self.epoch_ends)) >= step:
            self.epoch_ends = {end: epoch for end, epoch in self.epoch_ends.items() if end < step}

    def _lose(self, kept: Kept) -> None:
        with self._lock:
            if kept in self._kept:
                self._kept.remove(kept)
            if kept.name:
                self._doomed.append(kept.name)
            if self.best == kept.step:
                self.best, self.best_loss = None, nan

    def _thin_memory(self) -> None:
        held = [kept for kept in self._kept if kept.state]
        for victim in spared(held, attrgetter("memory_bytes"), self.memory_budget, self._pinned()):
            self._take_from_memory(victim)

    def _take_from_memory(self, kept: Kept) -> None:
        kept.let_go()
        if not kept.name:
            self._lose(kept)

    def _thin_disk(self) -> None:
        written = [kept for kept in self._kept if kept.name]
        for victim in spared(written, attrgetter("file_bytes"), self.disk_budget, self._pinned()):
            self._doomed.append(victim.name)
            victim.name, victim.file_bytes, victim.spared = "", 0, True
            if victim.state is None:
                self._lose(victim)
