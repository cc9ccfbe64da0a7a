"""What augmentation makes of some pictures of the data, worked out in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from nnstudio.engine.augmentation import Augmentation
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.training_model import TrainingModel

PICTURES, VARIANTS = 6, 7
_KEPT = 600
"""Pictures of a data set that are kept to choose from."""

Pictures = NDArray[np.uint8] | NDArray[np.float32]
Load = Callable[[str, Callable[[int, int], None], threading.Event], Pictures]
"""Pictures (N, channels, height, width) of a data set; reports how much is done, gives up when the event is set."""


@dataclass(frozen=True)
class Wanted:
    """What is to be seen: number ``turn`` of the choices of pictures, changed so."""

    dataset: str
    augmentation: Augmentation
    seed: int
    turn: int


@dataclass(frozen=True)
class Preview:
    """``pictures`` is (rows, 1 + variants, channels, height, width), from 0 to 1: each row begins with the original."""

    wanted: Wanted
    pictures: NDArray[np.float32]


def load_pictures(dataset: str, progress: Callable[[int, int], None], cancel: threading.Event) -> Pictures:
    """Some pictures of a data set, spread over all of it. Imports late: the window comes first."""
    from nnstudio.data.catalog import load_dataset

    images = load_dataset(dataset, progress=progress, cancel=cancel).train.images
    return images[np.linspace(0, len(images) - 1, min(len(images), _KEPT)).astype(int)]


def make_preview(wanted: Wanted, pool: Pictures) -> Preview:
    """The pictures as training would see them in different steps; by the code that NumPy trains with."""
    from nnstudio.engine.numpy.augment import preview

    chosen = np.random.default_rng((wanted.seed, wanted.turn)).permutation(len(pool))[:PICTURES]
    originals = preview(pool[chosen], Augmentation())
    variants = [
        preview(pool[chosen], wanted.augmentation, wanted.seed, step=wanted.turn * VARIANTS + number)
        for number in range(VARIANTS)
    ]
    return Preview(wanted, np.stack([originals, *variants], axis=1).astype(np.float32))


class PreviewModel(QObject):
    """Keeps a `Preview` of what training is set to while somebody looks at it; of questions only the newest counts."""

    changed = Signal()
    """The preview, how far loading is, or what is in the way."""

    _progressed = Signal(int, int)

    def __init__(self, training: TrainingModel, *, load: Load = load_pictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training, self._load = training, load
        self.preview: Preview | None = None
        """``None`` while the data are loaded, or when they cannot be."""
        self.progress = (0, 0)
        """How much of the data is loaded, of how much; 0 where that is not known."""
        self.problem: NNStudioError | None = None
        self._turn = 0
        self._watched = False
        self._asked: Wanted | None = None
        self._pool: tuple[str, Pictures] | None = None
        self._cancel = threading.Event()
        self._background = Background(self)
        self._progressed.connect(self._tell_progress)
        training.settingsChanged.connect(self._ask)
        training.choicesChanged.connect(self._ask)

    def watch(self, watched: bool) -> None:
        """Whether anybody looks; without that nothing is loaded or worked out."""
        self._watched = watched
        if watched:
            self.problem = None  # what failed is tried again
            self._ask()
        else:
            self._cancel.set()

    def shuffle(self) -> None:
        """Show other pictures, changed in other ways."""
        self._turn += 1
        self._ask()

    def shut_down(self) -> None:
        """Let what has begun come to its end, soon; for the end of the program."""
        self._watched = False
        self._cancel.set()
        self._background.wait()

    @property
    def wanted(self) -> Wanted:
        """What should be seen now."""
        settings = self._training.settings
        return Wanted(self._training.dataset, settings.augmentation, settings.seed, self._turn)

    def _ask(self) -> None:
        """Begin to work out what is wanted, unless something else is still being worked out: then later."""
        wanted = self.wanted
        if self._asked is not None:
            if wanted.dataset != self._asked.dataset:
                self._cancel.set()
            return
        shown = self.preview is not None and self.preview.wanted == wanted
        if not self._watched or shown:
            return
        self._asked = wanted
        pool = self._pool[1] if self._pool and self._pool[0] == wanted.dataset else None
        if pool is None:
            self.preview, self.problem, self.progress = None, None, (0, 0)
            self.changed.emit()
        self._cancel = threading.Event()
        self._background.run(partial(self._work, wanted, pool, self._cancel), self._take, self._fail)

    def _work(self, wanted: Wanted, pool: Pictures | None, cancel: threading.Event) -> tuple[Pictures, Preview]:
        """In another thread."""
        if pool is None:
            pool = self._load(wanted.dataset, _seldom(self._progressed.emit), cancel)
        return pool, make_preview(wanted, pool)

    def _take(self, answer: tuple[Pictures, Preview]) -> None:
        pool, preview = answer
        self._asked, self._pool = None, (preview.wanted.dataset, pool)
        if (
            preview.wanted.dataset == self._training.dataset
        ):  # of other settings it is better than nothing, until the next
            self.preview, self.problem = preview, None
            self.changed.emit()
        self._ask()

    def _fail(self, problem: NNStudioError) -> None:
        asked, self._asked = self._asked, None
        if asked is None or asked.dataset != self._training.dataset or self._cancel.is_set():
            self._ask()
            return
        self.problem = problem
        self.changed.emit()

    def _tell_progress(self, done: int, total: int) -> None:
        self.progress = done, total
        self.changed.emit()


def _seldom(tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Tells only when another percent is done: thousands of pictures must not mean thousands of messages."""
    told = -1

    def told_seldom(done: int, total: int) -> None:
        nonlocal told
        percent = 100 * done // total if total else 0
        if percent != told:
            told = percent
            tell(done, total)

    return told_seldom
