"""A trainer that does what a test tells it to, one event at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.gui.worker import Preparing, Request
from nnstudio.training.events import Event


class FakeTrainer:
    """Yields what is put into `script`; ``None`` ends the run. What it is told is noted in `told`."""

    def __init__(self) -> None:
        self.script: queue.Queue[Event | Exception | None] = queue.Queue()
        self.told: queue.Queue[str | float | Augmentation | OptimizerBase] = queue.Queue()
        self.requests: list[Request] = []
        self.parting: Event | None = None
        """What it says when it is stopped."""
        self.ready = threading.Event()
        self.ready.set()

    def prepare(self, request: Request, report: Callable[[Preparing], None], cancel: threading.Event) -> FakeTrainer:
        self.requests.append(request)
        report(Preparing("Loading the data", 1, 2))
        self.ready.wait(10)
        return self

    def run(self) -> Iterator[Event]:
        while (event := self.script.get(timeout=10)) is not None:
            if isinstance(event, Exception):
                raise event
            yield event

    def play(self, *events: Event | Exception | None) -> None:
        for event in events:
            self.script.put(event)

    def pause(self) -> None:
        self.told.put("pause")

    def resume(self) -> None:
        self.told.put("resume")

    def step_once(self) -> None:
        self.told.put("step")

    def step_epoch(self) -> None:
        self.told.put("epoch")

    def stop(self) -> None:
        self.told.put("stop")
        self.play(*([self.parting] if self.parting else []), None)

    def set_learning_rate(self, value: float) -> None:
        self.told.put(value)

    def set_augmentation(self, augmentation: Augmentation) -> None:
        self.told.put(augmentation)

    def set_optimizer(self, optimizer: OptimizerBase) -> None:
        self.told.put(optimizer)

    def set_batch_size(self, batch_size: int) -> None:
        self.told.put(batch_size)
