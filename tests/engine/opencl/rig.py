"""One network's kernels on a device, run launch by launch with every buffer in the test's hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import pyopencl as cl
import pytest
from numpy.typing import NDArray

from nnstudio.engine.opencl.choices import Choices
from nnstudio.engine.opencl.forms import Form, cpu_form, gpu_form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.layout import pack, to_images, unpack
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.programs import Programs
from nnstudio.engine.opencl.runs import separate_backward
from nnstudio.engine.opencl.schedule import GRADIENTS, LABELS, PARAMETERS, SETTINGS, STEP, Launch, Section
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.opencl.tiles import Tile
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import Layer
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain

FORMS: dict[str, Form] = {
    "vector 16": cpu_form(16, cores=2),
    "vector 8": cpu_form(8, cores=2),
    "work-items, vector 4": gpu_form(4, compute_units=1),
    "work-items, vector 2": gpu_form(2, compute_units=20),
    "work-items, vector 1": gpu_form(1, compute_units=4),
    "local memory": gpu_form(1, compute_units=4, local=2**14),
    "little local memory": gpu_form(1, compute_units=20, local=2**12, local_group=64),
}
"""CPU and GPU forms with every vector width; many compute units make sums over images be split into many parts."""

Array = NDArray[np.floating]
Case = TypeVar("Case")


class Nth(Choices):
    """Always the candidate of this number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def choose(self, key: str, kernel: str, candidates: Sequence[Tile]) -> Tile:
        super().choose(key, kernel, candidates)
        return candidates[self.number % len(candidates)]


def in_forms(cases: Sequence[Case]) -> list[Any]:
    """Every other case in the CPU form with the widest vectors, those between in the other forms, which take turns.
    (Each pair is compiled, half a second each; whole networks run in both kinds of forms in test_backends_agree.)"""
    first, *others = FORMS
    pairs = [(others[number // 2 % len(others)] if number % 2 else first, case) for number, case in enumerate(cases)]
    return [pytest.param(FORMS[form], case, id=f"{form}-{case}") for form, case in pairs]


def network(shape: tuple[int, int, int], layer: Layer, **settings: str) -> Plan:
    """A plan in which op 0 is ``layer`` behind an input of ``shape``; what follows only makes it whole."""
    channels, height, width = shape
    first: list[Layer] = [Input(channels=channels, height=height, width=width)]
    if layer.model_dump()["kind"] == "dense":
        first.append(Flatten())
    between = [] if layer.model_dump()["kind"] == "dense" else [Flatten()]
    spec = chain("test", [*first, layer, *between, Dense(units=2), SoftmaxOutput()])
    return compile_plan(spec, **settings)  # type: ignore[arg-type]


class Rig:
    """Buffers start as NaN, parameters and labels too, so that whatever is read before it is written shows."""

    def __init__(
        self,
        device: cl.Device,
        plan: Plan,
        form: Form,
        batch: int,
        extra: Sequence[Section] = (),
        choices: Choices | None = None,
    ) -> None:
        self.plan, self.frame = plan, Frame(plan, form, batch, choices or Choices())
        self.stream = Stream(cl.Context([device]))
        self.schedule = lower(self.frame)
        self.memory = Memory(self.stream)
        self.memory.make(self.schedule.buffers)
        self.memory.poison(self.schedule.buffers)
        self.programs = Programs(self.stream.context, [*self.schedule.sections, *extra], form)

    def launches(self, kernel: str) -> list[Launch]:
        """All launches of the whole step with this kernel, or with kernels that start so."""
        schedule = self.schedule
        everything = (*schedule.training, *separate_backward(schedule))
        return [launch for launch in everything if launch.kernel.startswith(kernel)]

    def run(self, *kernels: str, step: Sequence[int] = (), settings: Array | None = None, seed: int = 0) -> None:
        """Run the first launch of each kernel."""
        self.run_launches([self.launches(kernel)[0] for kernel in kernels], step, settings, seed)

    def run_launches(
        self, launches: Sequence[Launch], step: Sequence[int] = (), settings: Array | None = None, seed: int = 0
    ) -> None:
        commands = Commands(self.programs.of(launches), self.stream.device, self.memory, seed, launches)
        info = np.zeros(8, np.uint32)
        info[: len(step)] = step
        commands.set(STEP, info)
        if settings is not None:
            commands.set(SETTINGS, settings)
        self.stream.run(commands.list)

    def write_flat(self, name: str, values: dict[str, Array]) -> None:
        flat = np.full(self.plan.flat_size, np.nan, np.float32)
        pack(self.plan.slots, values, flat)
        self.stream.write(self.memory[name], flat)

    def write_parameters(self, values: dict[str, Array]) -> None:
        self.write_flat(PARAMETERS, values)

    def read_gradients(self) -> dict[str, Array]:
        flat = np.empty(self.plan.flat_size, np.float32)
        self.stream.read(flat, self.memory[GRADIENTS])
        return unpack(self.plan.slots, flat)

    def write(self, buffer: str, values: Array) -> None:
        """Values of the images of a batch; the rest of the last block gets 0, as the gather kernel and invalid labels
        give."""
        block = self.frame.form.block
        padded = np.zeros((self.frame.blocks * block, values[0].size), np.float32)
        padded[: len(values)] = values.reshape(len(values), -1)
        self.stream.write(self.memory[buffer], padded.reshape(self.frame.blocks, block, -1).swapaxes(1, 2))

    def read(self, buffer: str, shape: tuple[int, ...]) -> Array:
        """Values of the images of a batch."""
        values = np.empty((self.frame.blocks, int(np.prod(shape)), self.frame.form.block), np.float32)
        self.stream.read(values, self.memory[buffer])
        return to_images(values, shape, self.frame.batch_size)

    def write_labels(self, labels: NDArray[np.integer]) -> None:
        padded = np.full(self.frame.blocks * self.frame.form.block, -1, np.int32)
        padded[: len(labels)] = labels
        self.stream.write(self.memory[LABELS], padded)


def integers(generator: np.random.Generator, *shape: int, bound: int = 4) -> Array:
    """Small integers: float32 adds and multiplies them exactly, so that results must be exact in any order."""
    return generator.integers(-bound, bound + 1, shape).astype(np.float64)
