"""The engine X-ray: how long each layer takes in each phase of a step, and what keeps it from being faster.

Every layer is judged by the work that it has to do at least, which follows from the plan alone and so is the same for
all devices (``work.py``), against the most that the device can do, which a probe has measured (``roofline.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnstudio.engine.backend import Array, Backend, Phase, Timing
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.engine.rehearsal import OPTIMIZER, Cancelled, Meter, Progress, noise, prepared, require_wanted
from nnstudio.engine.roofline import Limit, Measurement, Peaks, judge
from nnstudio.engine.work import Work, work_of
from nnstudio.errors import CancelledError
from nnstudio.network import NetworkSpec

__all__ = ["CancelledError", "Comparison", "Limit", "Peaks", "Phase", "Row", "XRay", "compare", "examine"]

COMPARED_STEPS = 2


@dataclass(frozen=True)
class Row:
    """One phase of one layer in a step: its time, its share of the sum of all rows, and what limits it.

    ``node`` is the layer's, ``""`` for the update of all parameters at once, whose ``kind`` is the optimizer's.
    ``flops`` and ``bytes`` are what must be done at least.
    """

    node: str
    kind: str
    phase: Phase
    seconds: float
    flops: int
    bytes: int
    launches: int
    share: float
    limit: Limit
    explanation: str

    @property
    def gflops(self) -> float:
        """Thousand million floating point operations a second."""
        return self.flops / self.seconds / 1e9 if self.seconds else 0.0

    @property
    def gbs(self) -> float:
        """Thousand million bytes a second."""
        return self.bytes / self.seconds / 1e9 if self.seconds else 0.0


@dataclass(frozen=True)
class XRay:
    """A network's step on a device, looked through.

    ``step_seconds`` is measured in ordinary training. The sum of the rows is measured op by op and may exceed it, since
    in ordinary training a backend may do several short ops in one launch, and start a launch while others run; it may
    fall short of it by what lies between the ops.
    """

    key: str
    device: str
    network: str
    batch_size: int
    step_seconds: float
    rows: tuple[Row, ...]
    peaks: Peaks

    @property
    def images_per_second(self) -> float:
        return self.batch_size / self.step_seconds


@dataclass(frozen=True)
class Comparison:
    """Two devices at the same work. ``largest_difference`` between their results after the same steps is relative to
    the largest value of what ``where`` names: the loss, a parameter, or a gradient."""

    first: XRay
    second: XRay
    largest_difference: float
    where: str


def _never() -> bool:
    return False


def _untold(_share: float) -> None:
    """Nobody wants to know."""


def examine(
    spec: NetworkSpec,
    backend: Backend,
    *,
    batch_size: int = 64,
    peaks: Peaks,
    seconds: float = 1.0,
    progress: Progress | None = None,
    cancelled: Cancelled = _never,
) -> XRay:
    """Train ``spec`` on noise for about ``seconds``, half of them in the ordinary way and half op by op.

    Belongs on a thread of its own, since it blocks. ``progress`` is told the share that is done, from 0 to 1. Raises
    ``CancelledError`` soon after ``cancelled`` says so, ``PlanError`` for a network with problems, and ``DeviceError``.
    """
    plan = compile_plan(spec)
    report = progress or _untold
    with prepared(plan, backend, batch_size) as executable:
        meter = Meter(executable, seconds / 2, cancelled)
        step_seconds = meter.step_seconds(lambda share: report(share / 2))
        timings = meter.timings(lambda share: report(0.5 + share / 2))
    rows = _rows(work_of(plan, batch_size, OPTIMIZER), timings, peaks)
    return XRay(backend.key, backend.name, spec.name, batch_size, step_seconds, rows, peaks)


def compare(
    spec: NetworkSpec,
    first: Backend,
    second: Backend,
    *,
    batch_size: int = 64,
    peaks: tuple[Peaks, Peaks],
    seconds: float = 1.0,
    progress: Progress | None = None,
    cancelled: Cancelled = _never,
) -> Comparison:
    """``examine`` on two devices, for ``seconds`` each, after comparing what they compute."""
    plan, report = compile_plan(spec), progress or _untold
    results = [_results(plan, backend, batch_size, cancelled) for backend in (first, second)]

    def one(backend: Backend, its_peaks: Peaks, start: float) -> XRay:
        return examine(
            spec, backend, batch_size=batch_size, peaks=its_peaks, seconds=seconds,
            progress=lambda share: report(start + share / 2), cancelled=cancelled,
        )  # fmt: skip

    xrays = one(first, peaks[0], 0.0), one(second, peaks[1], 0.5)
    return Comparison(*xrays, *largest_difference(*results))


def largest_difference(first: Mapping[str, Array], second: Mapping[str, Array]) -> tuple[float, str]:
    """The largest of the differences between arrays of one name, each relative to the largest value of both, and the
    name. What is no number differs infinitely."""
    differences = {name: _difference(values, second[name]) for name, values in first.items()}
    where = max(differences, key=lambda name: differences[name])
    return differences[where], where


def _difference(first: Array, second: Array) -> float:
    largest = float(np.max(np.abs([first, second])))
    if not np.isfinite(largest):
        return float("inf")
    return float(np.max(np.abs(first - second))) / largest if largest else 0.0


def _results(plan: Plan, backend: Backend, batch_size: int, cancelled: Cancelled) -> dict[str, Array]:
    """All that training computes in some steps, by a name for people."""
    require_wanted(cancelled)
    with prepared(plan, backend, batch_size) as executable:
        executable.train(0, COMPARED_STEPS)
        losses, parameters = executable.drain().losses, executable.read_parameters()
        gradients = executable.gradients(*noise(plan, batch_size))
    return {
        "the loss": losses,
        **parameters,
        **{f"the gradient of {name}": values for name, values in gradients.items()},
    }


def _rows(work: Sequence[Work], timings: Sequence[Timing], peaks: Peaks) -> tuple[Row, ...]:
    """A row for each piece of work, whether or not the device took time of its own for it."""
    timing_of = {(timing.node, timing.phase): timing for timing in timings}
    found = [timing_of.get((piece.op_node, piece.phase)) or Timing("", piece.phase, 0.0, 0) for piece in work]
    total = sum(timing.seconds for timing in found)
    return tuple(_row(piece, timing, total, peaks) for piece, timing in zip(work, found, strict=True))


def _row(work: Work, timing: Timing, total: float, peaks: Peaks) -> Row:
    limit, explanation = judge(Measurement(work.flops, work.bytes, timing.seconds, timing.launches), peaks)
    return Row(
        work.node, work.kind, work.phase, timing.seconds, work.flops, work.bytes, timing.launches,
        timing.seconds / total if total else 0.0, limit, explanation,
    )  # fmt: skip
