"""Making a network faster on a device by trying ways to compute it, in a child process that may be stopped at any
time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from threading import Timer
from typing import Any

from nnstudio.engine.backend import DeviceError
from nnstudio.network import NetworkSpec

TUNER = (sys.executable, "-m", "nnstudio.engine.opencl.tuner")
SECONDS = 60.0
"""For all that is tried. Most of it is compiling."""
PATIENCE = 60.0
"""Seconds beyond these in which the child must have ended: a driver may hang."""


@dataclass(frozen=True)
class Tuned:
    """What has been tried: a kernel of a node, with seconds of a launch, or with no name the whole network, with
    seconds of a step; ``best`` is the fastest tile, or form (vector width, local memory)."""

    node: str
    kernel: str
    best: tuple[int, ...]
    seconds: float
    seconds_before: float


@dataclass(frozen=True)
class TuningReport:
    """What has been tried, of how many ``questions`` that were open."""

    questions: int
    tuned: tuple[Tuned, ...]

    @property
    def speedup(self) -> float:
        """How much faster all that was tried has become: the kernels together, and the whole by its form."""
        kernels = [each for each in self.tuned if each.kernel]
        whole = [each for each in self.tuned if not each.kernel]
        return _gain(kernels) * _gain(whole)


def _gain(tuned: Sequence[Tuned]) -> float:
    now = sum(each.seconds for each in tuned)
    return sum(each.seconds_before for each in tuned) / now if now else 1.0


def tune(
    spec: NetworkSpec,
    key: str,
    batch_size: int,
    *,
    seconds: float = SECONDS,
    progress: Callable[[TuningReport], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    tuner: Sequence[str] = TUNER,
) -> TuningReport:
    """Try the ways to compute ``spec`` on the device ``key`` that have not been tried yet, for at most about
    ``seconds``; who prepares it afterwards uses the fastest. What has been found is kept when it is ``cancelled``,
    which is asked after each kernel, as ``progress`` is told.

    ``DeviceError`` when the device has nothing to choose from or fails.
    """
    if not key.startswith("opencl:"):
        raise DeviceError(f"The device “{key}” cannot be tuned.", "Choose an OpenCL device.")
    report = TuningReport(0, ())
    with _child([*tuner, key, str(batch_size), str(seconds)], spec.to_json(), seconds + PATIENCE) as lines:
        for line in lines:
            if "problem" in line:
                raise DeviceError(line["problem"])
            questions = int(line.pop("questions"))
            found = (Tuned(**{**line, "best": tuple(line["best"])}),) if line else ()
            report = TuningReport(questions, (*report.tuned, *found))
            progress(report)
            if cancelled():
                break
    return report


@contextmanager
def _child(command: Sequence[str], text: str, seconds: float) -> Iterator[Iterator[dict[str, Any]]]:
    """The lines of JSON that a child process says; it is gone at the end, or after ``seconds``."""
    folder = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True,
        errors="replace",
    ) as child:  # fmt: skip
        watchdog = Timer(seconds, child.kill)
        watchdog.start()
        try:
            yield _lines(child, text)
        finally:
            watchdog.cancel()
            child.kill()


def _lines(child: subprocess.Popen[str], text: str) -> Iterator[dict[str, Any]]:
    """``DeviceError`` when the child ends by itself in another way than it should."""
    assert child.stdin is not None and child.stdout is not None  # both are pipes
    with suppress(BrokenPipeError):  # a child that ends before it listens is found out below
        child.stdin.write(text)
        child.stdin.close()
    for line in child.stdout:
        if line.startswith("{"):  # drivers print there too
            yield json.loads(line)
    if child.wait() != 0:
        raise DeviceError(f"Tuning failed: {_how_it_ended(child.returncode)}.", "What was found before is kept.")


def _how_it_ended(status: int) -> str:
    if status < 0:
        return f"it was ended ({Signals(-status).name}), by its driver or because it did not end in time"
    return f"it ended with exit status {status}"
