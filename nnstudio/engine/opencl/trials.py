"""Trials: what is the fastest of the candidates of a question, measured on the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, prod
from time import perf_counter

import numpy as np
import pyopencl as cl
from numpy.typing import NDArray

from nnstudio.engine.backend import Array, DeviceError
from nnstudio.engine.opencl.backend import OpenCLBackend
from nnstudio.engine.opencl.choices import Choices, Question
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands, most_items
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.programs import Programs
from nnstudio.engine.opencl.runs import separate_backward
from nnstudio.engine.opencl.schedule import Launch, Schedule
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.opencl.tiles import Tile
from nnstudio.engine.plan import Plan
from nnstudio.engine.rehearsal import prepared
from nnstudio.engine.timing import best_time
from nnstudio.engine.xray import largest_difference

WORTHWHILE = 0.95
"""A tile must need less than this share of the first one's time, else the difference may be chance."""
WORTHWHILE_FORM = 0.9
"""So must a form. It changes the order of sums, which should not be done for little."""
HOPELESS = 1.2
"""A tile that needs so many times the best one's time takes part in a few turns only."""
SECONDS_A_TILE_QUESTION = 0.3
FEWEST_TURNS, MOST_TURNS = 8, 100
SECONDS_A_FORM = 1.0
TOLERANCE = 1e-3
"""Of results of different forms, relative to the largest value."""


@dataclass(frozen=True)
class Answer:
    """The fastest candidate for a question; how long the work takes with it, and with the first candidate."""

    question: Question
    best: Tile
    seconds: float
    seconds_before: float


def launches_of(schedule: Schedule) -> list[Launch]:
    """All that a schedule has."""
    return [*schedule.training, *separate_backward(schedule)]


def try_tiles(device: cl.Device, frame: Frame, question: Question) -> Answer:
    """The fastest tile for a kernel. One with other results than the first one's, be it in one bit, is out."""
    trial = TileTrial(device, frame, question)
    try:
        return trial.answer()
    finally:
        trial.release()


def try_forms(device: cl.Device, forms: Sequence[Form], plan: Plan, batch_size: int, question: Question) -> Answer:
    """The fastest form for a network: whole steps of training on noise."""
    seconds: dict[Tile, float] = {}
    expected: Mapping[str, Array] | None = None
    for form, candidate in zip(forms, question.candidates, strict=True):
        try:
            seconds[candidate], results = _step(OpenCLBackend(device, form=form), plan, batch_size)
        except DeviceError:
            if expected is None:
                raise
            continue  # only the usual form must work
        expected = expected or results
        if largest_difference(results, expected)[0] > TOLERANCE:
            del seconds[candidate]
    return _answer(question, seconds, WORTHWHILE_FORM)


def _step(backend: OpenCLBackend, plan: Plan, batch_size: int) -> tuple[float, Mapping[str, Array]]:
    """Seconds of a step, and the parameters after the first one."""
    with prepared(plan, backend, batch_size) as executable:
        executable.train(0, 1)
        results = executable.read_parameters()

        def steps(count: int) -> None:
            executable.train(0, count)
            executable.drain()

        return best_time(steps, SECONDS_A_FORM, most=2), results


def _answer(question: Question, seconds: Mapping[Tile, float], worthwhile: float) -> Answer:
    first = question.candidates[0]
    best = min(seconds, key=seconds.__getitem__)
    if seconds[best] > worthwhile * seconds[first]:
        best = first
    return Answer(question, best, seconds[best], seconds[first])


class TileTrial:
    """The candidates of one question, tried on buffers of noise."""

    def __init__(self, device: cl.Device, frame: Frame, question: Question) -> None:
        self._frame, self._question = frame, question
        self._stream = Stream(cl.Context([device]))
        self._memory = Memory(self._stream)

    def answer(self) -> Answer:
        commands = {tile: each for tile in self._question.candidates if (each := self._commands(tile)) is not None}
        expected = self._results(next(iter(commands.values())))
        right = {
            tile: each for tile, each in commands.items() if all(map(np.array_equal, self._results(each), expected))
        }
        answer = _answer(self._question, self._compared(right), WORTHWHILE)
        if answer.best == self._question.candidates[0]:
            return answer
        # The best of many is easily the luckiest: it must win a second time, against the first alone.
        pair = {tile: right[tile] for tile in (self._question.candidates[0], answer.best)}
        return _answer(self._question, self._compared(pair), WORTHWHILE)

    def release(self) -> None:
        self._memory.release()

    def _commands(self, tile: Tile) -> Commands | None:
        """None when the device cannot start this kernel."""
        schedule = lower(replace(self._frame, choices=Choices({self._question.key: tile})))
        launch = next(launch for launch in launches_of(schedule) if launch.kernel == self._question.kernel)
        self._names = launch.arguments
        if launch.arguments[0] not in self._memory:
            self._memory.make({name: schedule.buffers[name] for name in launch.arguments})
        program = Programs(self._stream.context, schedule.sections, self._frame.form).of([launch])
        most = most_items(cl.Kernel(program, launch.kernel), self._stream.device)
        if launch.exact and prod(launch.local) > most:
            return None
        return Commands(program, self._stream.device, self._memory, 0, [launch])

    def _results(self, commands: Commands) -> list[NDArray[np.uint32]]:
        """What is in all buffers after a run on noise, which is also the run that compiles."""
        generator = np.random.default_rng(0)
        buffers = [self._memory[name] for name in self._names]
        for buffer in buffers:  # each time, since some kernels add to what they find
            self._stream.write(buffer, generator.standard_normal(buffer.size // 4, np.float32))
        self._stream.run(commands.list)
        results = [np.empty(buffer.size // 4, np.uint32) for buffer in buffers]
        for values, buffer in zip(results, buffers, strict=True):
            self._stream.read(values, buffer)
        return results

    def _compared(self, commands: dict[Tile, Commands]) -> dict[Tile, float]:
        """Seconds of the best run of each tile. They take turns, so that a busy machine is busy for all of them."""
        best = dict.fromkeys(commands, inf)
        end = perf_counter() + SECONDS_A_TILE_QUESTION
        for turn in range(MOST_TURNS):
            for tile in [tile for tile in commands if turn < 3 or best[tile] < HOPELESS * min(best.values())]:
                began = perf_counter()
                self._stream.run(commands[tile].list)
                self._stream.finish()
                best[tile] = min(best[tile], perf_counter() - began)
            if turn >= FEWEST_TURNS and perf_counter() > end:
                break
        return best
