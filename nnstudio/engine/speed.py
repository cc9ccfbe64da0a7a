"""How fast a network will train on a device, estimated before it does: from the work of a step and a few figures of
the device, which are measured once and kept.

A step's time is taken as a sum of what its kinds of work take each: multiply-adds of convolutions with short and with
long sums, those of dense layers, bytes that are moved where no long sums hide it, launches, and something for every
step. How long a device takes for a unit of each is found by training small reference networks, in each of which another
kind prevails, and fitting the sum to their times: least squares of relative errors, no unit below nothing. Caches,
shapes that suit a kernel badly and other programs make the difference to real training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from nnstudio.engine.backend import Backend, Executable, Phase
from nnstudio.engine.opencl.fingerprint import program_fingerprint
from nnstudio.engine.plan import Op, Plan, compile_plan
from nnstudio.engine.rehearsal import OPTIMIZER, Cancelled, batches_of, prepared, require_wanted
from nnstudio.engine.timing import best_time
from nnstudio.engine.work import Work, work_of
from nnstudio.files import WriteError, atomic_write
from nnstudio.network import Family, Layer, NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from nnstudio.paths import cache_dir

SECONDS = 0.15
"""That each reference network is trained, beside being prepared."""
THIN, LONG = 16, 100
"""Convolutions in which a value of the input has a part in fewer than ``THIN`` products, as depthwise ones are, go
slowly. In sums of ``LONG`` products or more multiplying takes the time, and moving the values hardly any."""
_SWEEPS = 2000

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Load:
    """The work of a training step by its kinds: FLOPs of thin convolutions, of those with short and with long sums and
    of dense layers; bytes moved by the optimizer, and by layers without long sums; launches; the step itself."""

    thin_flops: float = 0.0
    short_flops: float = 0.0
    long_flops: float = 0.0
    dense_flops: float = 0.0
    update_bytes: float = 0.0
    bytes: float = 0.0
    launches: float = 0.0
    steps: float = 1.0

    def values(self) -> Values:
        return np.array(astuple(self))


@dataclass(frozen=True)
class Figures:
    """Seconds that a device takes for one unit of each kind of work."""

    thin_flop: float
    short_flop: float
    long_flop: float
    dense_flop: float
    update_byte: float
    byte: float
    launch: float
    step: float

    def step_seconds(self, load: Load) -> float:
        return float(np.array(astuple(self)) @ load.values())


def load_of(plan: Plan, batch_size: int) -> Load:
    """The work of a step of training ``plan``."""
    ops = {op.node: op for op in plan.ops}
    load = Load()
    for work in work_of(plan, batch_size, OPTIMIZER):
        load = _with(load, work, ops.get(work.op_node), plan)
    return load


def _with(load: Load, work: Work, op: Op | None, plan: Plan) -> Load:
    """A load and one phase of a layer more."""
    if not work.flops and not work.bytes:
        return load
    load = replace(load, launches=load.launches + 1)
    summed, reused = _products(op, plan) if op and op.parameters else (0.0, 0.0)
    if op and summed and op.layer.family is Family.DENSE:
        return replace(load, dense_flops=load.dense_flops + work.flops)
    if summed >= LONG:
        return replace(load, long_flops=load.long_flops + work.flops)
    if work.phase is Phase.UPDATE:
        return replace(load, update_bytes=load.update_bytes + work.bytes)
    load = replace(load, bytes=load.bytes + work.bytes)
    if not summed:
        return load
    if reused < THIN:
        return replace(load, thin_flops=load.thin_flops + work.flops)
    return replace(load, short_flops=load.short_flops + work.flops)


def _products(op: Op, plan: Plan) -> tuple[float, float]:
    """In how many products a value of an op's output, and one of its first input, has a part."""
    shapes = [plan.tensors[index].shape for index in op.inputs]
    products = op.layer.multiply_adds(shapes)
    return products / prod(plan.tensors[op.output].shape), products / prod(shapes[0])


def images_per_second(plan: Plan, batch_size: int, figures: Figures) -> float:
    """An estimate for training ``plan``."""
    return batch_size / figures.step_seconds(load_of(plan, batch_size))


# ---- measuring a device


def references() -> tuple[tuple[NetworkSpec, int], ...]:
    """Networks and batch sizes with which another kind of work prevails each time."""
    grey, colour = Input(channels=1, height=28, width=28), Input(channels=3, height=32, width=32)

    def convolution(filters: int, size: int = 3) -> Convolution:
        return Convolution(filters=filters, kernel=(size, size), padding=(size // 2, size // 2))

    def network(name: str, *layers: Layer, batch_size: int = 64) -> tuple[NetworkSpec, int]:
        return chain(name, [*layers, SoftmaxOutput()]), batch_size

    small = Input(channels=1, height=2, width=2)
    tiny = [layer for _ in range(4) for layer in (Dense(units=4), ReLU())]
    wide = [layer for _ in range(2) for layer in (Dense(units=512), ReLU())]
    light = [layer for _ in range(3) for layer in (BatchNormalization(), ReLU())]
    thin = DepthwiseConvolution(kernel=(3, 3))
    return (
        network("a step", small, Flatten(), Dense(units=10)),
        network("launches", small, Flatten(), *tiny, Dense(units=10)),
        network("dense", grey, Flatten(), *wide, Dense(units=10)),
        network("update", grey, Flatten(), *wide, Dense(units=10), batch_size=4),
        network("short sums", colour, convolution(16), ReLU(), MaxPooling(), convolution(16, 1), ReLU(), Flatten(),
                Dense(units=10)),
        network("long sums", colour, convolution(32), ReLU(), convolution(32), ReLU(), MaxPooling(), convolution(64),
                ReLU(), Flatten(), Dense(units=10)),
        network("moving", colour, convolution(16, 1), *light, MaxPooling(), BatchNormalization(), Flatten(),
                Dense(units=10)),
        network("thin sums", colour, convolution(16, 1), thin, thin, MaxPooling(), thin, Flatten(), Dense(units=10)),
        network("mixed", grey, convolution(8, 5), ReLU(), MaxPooling(), convolution(16, 5), ReLU(), MaxPooling(),
                Flatten(), Dense(units=64), ReLU(), Dense(units=10)),
    )  # fmt: skip


def measure_figures(backend: Backend, *, cancelled: Cancelled = lambda: False) -> Figures:
    """Train the reference networks on noise; belongs on a thread of its own. Takes a second, and what the device needs
    to compile them the first time.

    Raises ``CancelledError`` soon after ``cancelled`` says so, and ``DeviceError``.
    """
    loads, times = [], []
    for spec, batch_size in references():
        require_wanted(cancelled)
        plan = compile_plan(spec)
        with prepared(plan, backend, batch_size) as executable:
            require_wanted(cancelled)
            times.append(training_seconds(executable, SECONDS))
        loads.append(load_of(plan, batch_size))
    return fit(loads, times)


def training_seconds(executable: Executable, seconds: float) -> float:
    """How long a step takes at best, tried for so many seconds; the first one, in which drivers compile, apart."""

    def repeat(steps: int) -> None:
        executable.train(0, steps)
        executable.drain()

    repeat(1)
    return best_time(repeat, seconds, most=batches_of(executable.plan, executable.batch_size))


def fit(loads: Sequence[Load], times: Sequence[float]) -> Figures:
    """The figures with which ``loads`` take about these ``times``, each of which counts the same.

    Non-negative least squares by coordinate descent (Franc, Hlaváč and Navara, 2005): each unknown in turn takes the
    value, at least 0, that suits the others best.
    """
    work = np.array([load.values() for load in loads])
    scale = np.maximum(work.max(axis=0), 1e-30)
    rows = work / scale / np.asarray(times)[:, None]
    gram, wanted = rows.T @ rows, rows.T @ np.ones(len(times))
    units = np.zeros(len(scale))
    for _ in range(_SWEEPS):
        for index in range(len(units)):
            left = wanted[index] - gram[index] @ units + gram[index, index] * units[index]
            units[index] = max(0.0, left / gram[index, index]) if gram[index, index] else 0.0
    return Figures(*(units / scale).tolist())


# ---- keeping what was measured


@dataclass(frozen=True)
class _Memory:
    """The cache file: figures by the device's name, and the program that they were measured with."""

    program: str = ""
    devices: Mapping[str, Figures] | None = None

    @staticmethod
    def load() -> _Memory:
        """What was kept by this very program; nothing when there is no file or it is damaged."""
        try:
            memory = TypeAdapter(_Memory).validate_json((cache_dir() / "speed.json").read_bytes())
        except (OSError, ValidationError):
            return _Memory()
        return memory if memory.program == program_fingerprint() else _Memory()


def remembered_figures(device: str) -> Figures | None:
    """What was measured of the device of this name; ``None`` if nothing was, or with another program."""
    return (_Memory.load().devices or {}).get(device)


def remember_figures(device: str, figures: Figures) -> None:
    """Keep them for the next start. Without a cache everything works, only slower."""
    known = {**(_Memory.load().devices or {}), device: figures}
    document = {"program": program_fingerprint(), "devices": {name: asdict(value) for name, value in known.items()}}
    with suppress(WriteError):
        atomic_write(cache_dir() / "speed.json", json.dumps(document, indent=2) + "\n")
