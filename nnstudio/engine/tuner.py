"""Making a network faster on a device by trying ways to compute it, in a child process that may be stopped at any
time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from signal import Signals
from threading import Event, Thread
from time import monotonic
from typing import Any

import psutil

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.children import environment
from nnstudio.network import NetworkSpec

TUNER = (sys.executable, "-m", "nnstudio.engine.opencl.tuner")
SECONDS = 60.0
"""For all that is tried. Most of it is compiling."""
PATIENCE = 60.0
"""Seconds beyond these in which the child must have ended: a driver may hang."""
LOOK_SECONDS = 0.05
"""How soon a child that nobody wants any more is gone."""
LOW_PRIORITY = 10
"""Of the 19 steps that a process can step aside."""


@dataclass(frozen=True)
class Tuned:
    """What has been tried: a kernel of a node, with seconds of a launch, or with no name the whole network, with
    seconds of a step; ``best`` is the fastest tile, or form (vector width, local memory)."""

    node: str
    kernel: str
    best: tuple[int, ...]
    seconds: float
    seconds_before: float

    @property
    def name(self) -> str:
        return f"{self.node} {self.kernel.replace('_', ' ')}" if self.kernel else "all layers"

    @property
    def gain(self) -> str:
        """In words."""
        times = self.seconds_before / self.seconds
        return "as before" if times == 1 else f"{times:.2f} times as fast"


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

    @property
    def summary(self) -> str:
        """What came of it, in a sentence or two."""
        tried, left = len(self.tuned), self.questions - len(self.tuned)
        if not self.questions:
            return "Nothing to do: this network is tuned for this device."
        if not tried:
            return "Nothing was tried yet."
        gain = f"together {self.speedup:.2f} times as fast as before" if self.speedup >= 1.005 else "nothing gained"
        more = f" {left} more {'is' if left == 1 else 'are'} left for another time." if left else ""
        return f"{tried} {'choice' if tried == 1 else 'choices'} tried; {gain}.{more}"


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
    aside: bool = False,
    tuner: Sequence[str] = TUNER,
) -> TuningReport:
    """Try the ways to compute ``spec`` on the device ``key`` that have not been tried yet, for at most about
    ``seconds``; who prepares it afterwards uses the fastest. ``progress`` is told after each kernel. When it is
    ``cancelled``, which is asked in a thread of its own, it ends at once, and what has been found is kept.
    ``aside``: other programs come first.

    ``DeviceError`` when the device has nothing to choose from or fails.
    """
    if not key.startswith("opencl:"):
        raise DeviceError(f"The device “{key}” cannot be tuned.", "Choose an OpenCL device.")
    report = TuningReport(0, ())
    with _child([*tuner, key, str(batch_size), str(seconds)], aside, seconds + PATIENCE, cancelled) as child:
        for line in _lines(child, spec.to_json()):
            if "problem" in line:
                raise DeviceError(line["problem"])
            questions = int(line.pop("questions"))
            found = (Tuned(**{**line, "best": tuple(line["best"])}),) if line else ()
            report = TuningReport(questions, (*report.tuned, *found))
            progress(report)
        if child.wait() != 0 and not cancelled():
            raise DeviceError(f"Tuning failed: {_how_it_ended(child.returncode)}.", "What was found before is kept.")
    return report


@contextmanager
def _child(
    command: Sequence[str], aside: bool, seconds: float, cancelled: Callable[[], bool]
) -> Iterator[subprocess.Popen[str]]:
    """A child process that is gone at the end, after ``seconds``, or when it is ``cancelled``."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(), text=True,
        errors="replace",
    ) as child:  # fmt: skip
        if aside:
            _step_aside(child)
        over = Event()
        Thread(target=_watch, args=(child, monotonic() + seconds, cancelled, over), name="tuner", daemon=True).start()
        try:
            yield child
        finally:
            over.set()
            child.kill()


def _watch(child: subprocess.Popen[str], end: float, cancelled: Callable[[], bool], over: Event) -> None:
    while not over.wait(LOOK_SECONDS):
        if cancelled() or monotonic() > end:
            child.kill()
            return


def _step_aside(child: subprocess.Popen[str]) -> None:
    with suppress(psutil.Error):  # a child that has ended already is found out later
        process = psutil.Process(child.pid)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(process.nice(), LOW_PRIORITY))


def _lines(child: subprocess.Popen[str], text: str) -> Iterator[dict[str, Any]]:
    """The lines of JSON that the child says to ``text``."""
    assert child.stdin is not None and child.stdout is not None  # both are pipes
    with suppress(BrokenPipeError):  # a child that ends before it listens is found out later
        child.stdin.write(text)
        child.stdin.close()
    for line in child.stdout:
        if line.startswith("{"):  # drivers print there too
            yield json.loads(line)


def _how_it_ended(status: int) -> str:
    if status < 0:
        return f"it was ended ({Signals(-status).name}), by its driver or because it did not end in time"
    return f"it ended with exit status {status}"
