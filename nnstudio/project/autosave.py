"""What a running program keeps on disk against its own sudden end.

Each program has a folder of its own, with the desk (`desk.nnstudio`) and the newest checkpoint of a run
(`run.checkpoint`). Both are replaced whole (`files.atomic_write`), so that at any moment either the old or the new one
is there. The folder is removed when the program ends as it should.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from pathlib import Path
from threading import Condition, Lock, Thread
from time import monotonic, thread_time

from nnstudio.errors import NNStudioError
from nnstudio.files import WriteError, atomic_write
from nnstudio.paths import user_data_dir
from nnstudio.project.liveness import FolderLock, own_name

DESK_FILE, RUN_FILE = "desk.nnstudio", "run.checkpoint"
PERIOD = 30.0
"""Seconds between two savings of the same, at most, as long as that does not exceed `SHARE`."""
SHARE = 0.01
"""Of the time of one processor core, what saving may take: after a second of it come a hundred without."""
_BEAT = 5.0
"""Seconds between signs of life, from which is seen how much was lost."""

Make = Callable[[], bytes]


class Haste(IntEnum):
    """When something has to be on disk."""

    USUAL = 0
    """A period after the last time."""
    SOON = 1
    """As soon as the share of time allows."""
    NOW = 2


@dataclass
class _Slot:
    """A file: what waits to be written to it, how the last time went."""

    make: Make | None = None
    haste: Haste = Haste.USUAL
    gone: bool = False
    """Whether the file has to be removed."""
    ended: float = -inf
    took: float = 0.0

    def due(self, period: float, share: float) -> float:
        """When to write what waits, on the clock of `monotonic`."""
        if self.gone:
            return -inf
        if self.make is None:
            return inf
        rest = 0.0 if self.haste is Haste.NOW else self.took / share
        return self.ended + (max(period, rest) if self.haste is Haste.USUAL else rest)


def autosave_dir() -> Path:
    """Where the folders of all running programs are, and of those that ended badly."""
    return user_data_dir() / "autosave"


class Session:
    """Saves for this program, on a thread of its own; all methods may be called from any thread and return at once but
    for `wait`, `adopt` and `close`.

    `failed` is called on that thread when saving begins to fail (the disk is full, say), and not again until it has
    worked in between; what could not be saved is tried again after a period.
    """

    def __init__(
        self,
        failed: Callable[[NNStudioError], object],
        *,
        folder: Path | None = None,
        period: float = PERIOD,
        share: float = SHARE,
    ) -> None:
        self._failed, self._period, self._share = failed, period, share
        self.folder = (folder or autosave_dir()) / own_name()
        """Made when there is something to save."""
        self._slots = {RUN_FILE: _Slot(), DESK_FILE: _Slot()}
        """In the order of writing: a desk names a run that is there already."""
        self._changed = Condition()
        self._disk = Lock()
        """Held by whoever works in the folder."""
        self._lock: FolderLock | None = None
        self._wakes, self._busy, self._closing, self._deaf = inf, False, False, False
        self._told = False
        """Whether it was told that saving fails."""
        self._thread = Thread(target=self._work, name="autosave", daemon=True)
        self._thread.start()

    # ---- what is asked of it

    def put(self, name: str, make: Make, haste: Haste = Haste.USUAL) -> None:
        """Save what `make` gives as the file `name`, in place of anything that waits for that; the newest wins.

        `make` is called on the saving thread, and may raise an `NNStudioError`.
        """
        with self._changed:
            if self._deaf or self._closing:
                return
            slot = self._slots[name]
            slot.make, slot.haste = make, max(haste, slot.haste)
            if slot.due(self._period, self._share) < self._wakes:
                self._changed.notify_all()

    def drop(self, name: str) -> None:
        """There is nothing worth saving as `name` any more."""
        with self._changed:
            if not self._deaf:
                self._slots[name] = _Slot(gone=True, ended=self._slots[name].ended, took=self._slots[name].took)
                self._changed.notify_all()

    def wait(self) -> None:
        """Until what should be on disk by now is there, or has failed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy and self._next_due() > monotonic())

    def adopt(self, folder: Path) -> None:
        """Take over the folder of a program that is no more; what this one has saved before is removed.

        Only one of several programs succeeds; `OSError` for the others. Until `listen`, nothing is saved and nothing
        dropped: what stands on the desk is not yet what was taken over.
        """
        with self._disk:
            new = self.folder.with_name(own_name())
            folder.rename(new)  # in one step, and the second who tries finds nothing
            old, self.folder = self.folder, new
            with self._changed:
                self._deaf = True
                self._slots = {name: _Slot() for name in self._slots}
            self._leave(old)
            self._move_in()

    def listen(self) -> None:
        """Save again, after `adopt`."""
        self._deaf = False

    def close(self) -> None:
        """The program ends as it should: nothing is left behind."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._leave(self.folder)

    # ---- the thread

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                while not self._closing and (wait := self._next_due() - monotonic()) > 0:
                    self._wakes = self._next_due()
                    if not self._changed.wait(min(wait, _BEAT)):
                        break
                if self._closing:
                    return
                self._wakes, self._busy = inf, True
            with self._disk:
                self._give_sign_of_life()
                self._write_what_is_due()

    def _next_due(self) -> float:
        return min(slot.due(self._period, self._share) for slot in self._slots.values())

    def _write_what_is_due(self) -> None:
        for name, make in self._take().items():
            began = thread_time()
            try:
                self._move_in()
                atomic_write(self.folder / name, make())
            except NNStudioError as error:
                self._put_back(name, make)
                self._tell(error)
            except MemoryError:
                self._put_back(name, make)
                self._tell(WriteError("There is not enough memory to save what is on the desk.", "Close something."))
            else:
                self._told = False
            with self._changed:
                self._slots[name].ended, self._slots[name].took = monotonic(), thread_time() - began

    def _take(self) -> dict[str, Make]:
        """What has to be written to which file now; files that have to go are removed.

        All at one moment: a run that was put before the desk that names it must not be left for the next turn.
        """
        makes, gone = {}, []
        with self._changed:
            for name, slot in self._slots.items():
                if slot.gone:
                    slot.gone = False
                    gone.append(name)
                if slot.make and slot.due(self._period, self._share) <= monotonic():
                    makes[name] = slot.make
                    slot.make, slot.haste = None, Haste.USUAL
        for name in gone:
            try:
                (self.folder / name).unlink(missing_ok=True)
            except OSError as error:
                self._tell(WriteError(f"“{self.folder / name}” could not be removed: {error.strerror or error}."))
        return makes

    def _put_back(self, name: str, make: Make) -> None:
        """To be tried again, unless something newer or nothing shall be saved by now."""
        with self._changed:
            slot = self._slots[name]
            if slot.make is None and not slot.gone:
                slot.make = make

    def _tell(self, error: NNStudioError) -> None:
        if not self._told:
            self._told = True
            self._failed(error)

    # ---- the folder

    def _move_in(self) -> None:
        if self._lock is not None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for half in self.folder.glob(".*.tmp"):  # what somebody was writing when the end came
                half.unlink()
            self._lock = FolderLock(self.folder)
        except OSError as error:
            what = f"“{self.folder}” could not be made: {error.strerror or error}."
            raise WriteError(what, "Make room or mend its rights.") from error

    def _give_sign_of_life(self) -> None:
        if self._lock is None:
            return
        try:
            self._lock.give_sign_of_life()
        except OSError:  # somebody has tidied up: the next file makes a new folder
            self._lock.release()
            self._lock = None

    def _leave(self, folder: Path) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a program's folder; killed in between, nobody takes the rest for something to be recovered.

    What cannot be removed now, because a virus scanner reads it or there is no right to, is at the next start.
    """
    hidden = folder.with_name(f".{folder.name}")
    with suppress(OSError):
        folder.rename(hidden)
    for rest in (hidden, folder):
        shutil.rmtree(rest, ignore_errors=True)
