"""A run as TensorBoard shows it: `tensorboard --logdir` with the folder that runs are written to."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime
from math import isnan
from pathlib import Path
from time import monotonic, time

import numpy as np

from nnstudio.training import tfevents
from nnstudio.training.events import (
    DeviceChanged,
    EpochDone,
    Event,
    Finished,
    Measured,
    Paused,
    SettingsChanged,
    Started,
    Steps,
)

_PERIOD = 2.0
"""Seconds between two writes."""
_MOST_WAITING = 2_000
"""Events that wait at most."""

Report = Callable[[str, str], object]
"""Takes what happened and what to do about it, in the thread that trains."""


class TensorBoardRecorder:
    """Keeps all numbers and histograms of a run in a file of its own, in a folder of its own below ``root``.

    Whole records are appended, so a crash costs the last two seconds at most, and what is there stays readable. What
    cannot be written is told once through ``report``, left out, and tried again with what comes next.
    """

    def __init__(self, root: Path, name: str, report: Report, *, clock: Callable[[], float] = time) -> None:
        now = datetime.fromtimestamp(clock())
        self.folder = root / f"{_plain(name)} {now:%Y-%m-%d %H.%M.%S}"
        host = socket.gethostname() or "localhost"
        self.path = self.folder / f"events.out.tfevents.{int(clock())}.{host}.{os.getpid()}.{id(self):x}"
        self._report, self._clock = report, clock
        self._waiting = [tfevents.version_event(clock())]
        self._written = 0
        """Bytes of whole records in the file."""
        self._due = monotonic() + _PERIOD
        self._last_time, self._last_step = clock(), 0
        self._told = False

    def record(self, event: Event) -> None:
        """Take what is measured from an event."""
        match event:
            case Steps():
                self._take_steps(event)
            case EpochDone():
                figures = {"loss/validation": event.validation_loss, "accuracy/validation": event.validation_accuracy}
                self._add(event.step, *tfevents.scalars({tag: of for tag, of in figures.items() if not isnan(of)}))
            case Measured():
                self._take_measured(event)
            case Started():
                self._add(self._last_step, tfevents.text("device", event.device))
            case SettingsChanged():
                self._add(event.step, tfevents.text("settings", event.text))
            case DeviceChanged():
                self._add(event.step, tfevents.text("device", event.device))
            case Finished():
                self._take_result(event)
        if isinstance(event, Paused | Finished) or monotonic() >= self._due or len(self._waiting) > _MOST_WAITING:
            self.flush()

    def close(self) -> None:
        """Write what is left."""
        self.flush()

    def flush(self) -> None:
        """Append what waits to the file, whole or not at all."""
        messages, self._waiting = self._waiting, []
        self._due = monotonic() + _PERIOD
        if not messages:
            return
        try:
            self._append(tfevents.framed(messages))
        except OSError as error:
            if not self._written:
                self._waiting = messages[:1]  # without the version nothing behind it could be read
            self._tell(error)

    def _append(self, data: bytes) -> None:
        """Behind the last whole record: what a failed attempt has left is overwritten."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            file.truncate(self._written)
            file.seek(self._written)
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
        self._written += len(data)

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            reason = error.strerror or str(error)
            self._report(
                f"The run could not be written for TensorBoard into “{self.folder}”: {reason}.",
                "Training goes on. Make room, or choose another folder in the settings.",
            )

    # ---- what events say

    def _take_steps(self, event: Steps) -> None:
        """An event for each step, at times spread evenly over the stretch."""
        count = len(event.losses)
        first = event.step - count + 1
        now = self._clock()
        if first <= self._last_step:
            self._waiting.append(tfevents.restart_event(now, first))
        times = np.linspace(self._last_time, now, count + 1)[1:].tolist()
        rates = event.learning_rates if len(event.learning_rates) == count else np.full(count, event.learning_rate)
        figures = {"loss/training": event.losses, "accuracy/training": event.accuracies, "learning_rate": rates}
        told = {tag: values.tolist() for tag, values in figures.items() if not np.isnan(values).all() or "loss" in tag}
        row = tfevents.ScalarRow([*told])
        for step, (moment, *values) in enumerate(zip(times, *told.values(), strict=True), first):
            self._waiting.append(row.event(moment, step, values))
        self._last_time, self._last_step = now, event.step
        self._add(event.step, tfevents.scalar("images_per_second", event.images_per_second))

    def _take_measured(self, event: Measured) -> None:
        figures: dict[str, float] = {"memory_bytes": event.memory} if event.memory else {}
        spread = []
        for name, parameter in event.parameters.items():
            figures[f"gradient_norm/{name}"] = parameter.gradient_norm
            figures[f"update_ratio/{name}"] = parameter.update_ratio
            figures[f"weight_norm/{name}"] = parameter.norm
            spread.append(tfevents.histogram(f"weights/{name}", parameter.histogram))
        for name, layer in event.activations.items():
            figures[f"activation_mean/{name}"] = layer.mean
            figures[f"activation_deviation/{name}"] = layer.deviation
            figures[f"zeros/{name}"], figures[f"dead/{name}"] = layer.zeros, layer.dead
            spread.append(tfevents.histogram(f"activations/{name}", layer.histogram))
        self._add(event.step, *tfevents.scalars(figures), *spread)

    def _take_result(self, event: Finished) -> None:
        figures = {"loss/test": event.test_loss, "accuracy/test": event.test_accuracy}
        known = {tag: value for tag, value in figures.items() if value is not None and not isnan(value)}
        if known:
            self._add(event.step, *tfevents.scalars(known))

    def _add(self, step: int, *values: bytes) -> None:
        self._waiting.append(tfevents.summary_event(self._clock(), step, *values))


def _plain(name: str) -> str:
    """A name that every file system takes."""
    return "".join(letter if letter.isalnum() or letter in " -_." else "_" for letter in name).strip(" .")[:60] or "run"
