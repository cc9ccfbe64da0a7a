"""Finding the fastest tiles by trying them: ``python -m nnstudio.engine.opencl.tuner KEY BATCH SECONDS``.

A child process, as the probe is, with the network as JSON on its standard input. It says how far it is by lines of JSON
on standard output, and remembers each answer at once, so that it may be stopped at any time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter

import numpy as np
import pyopencl as cl
from numpy.typing import NDArray

from nnstudio.engine.opencl.backend import form_for
from nnstudio.engine.opencl.choices import Choices, Question
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.platforms import all_devices
from nnstudio.engine.opencl.programs import Programs
from nnstudio.engine.opencl.schedule import Launch, Schedule
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.opencl.tiles import Tile
from nnstudio.engine.opencl.tuning import known_tiles, remember
from nnstudio.engine.plan import compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec

FEWEST_MULTIPLY_ADDS = 2**21
"""What takes less is over in some 10 µs, most of which is starting it."""
WORTHWHILE = 0.98
"""A tile must need less than this share of the first one's time, else the difference may be chance."""
HOPELESS = 1.2
"""A tile that needs so many times the best one's time takes part in a few turns only."""
SECONDS_A_QUESTION = 0.3
FEWEST_TURNS, MOST_TURNS = 8, 100


@dataclass(frozen=True)
class Answer:
    """The fastest tile for a question, and how long one launch takes with it and with the first candidate."""

    question: Question
    tile: Tile
    seconds: float
    seconds_before: float


def tune(device: cl.Device, frame: Frame, questions: Iterable[Question], seconds: float) -> Iterator[Answer]:
    """Answer questions of a network until the time is over, and remember the answers."""
    end = perf_counter() + seconds
    for question in questions:
        if perf_counter() > end:
            return
        answer = _Trial(device, frame, question).answer()
        remember(device, {question.key: answer.tile})
        yield answer


def open_questions(frame: Frame, known: dict[str, Tile]) -> list[Question]:
    """What a network asks that is not known and worth knowing, each once, the largest work first."""
    choices = Choices()
    work = {launch.kernel: launch.work for launch in _launches(lower(replace(frame, choices=choices)))}
    asked = {question.key: question for question in choices.asked if len(question.candidates) > 1}
    worth_it = (question for question in asked.values() if work.get(question.kernel, 0) >= FEWEST_MULTIPLY_ADDS)
    open_ones = (question for question in worth_it if question.key not in known)
    return sorted(open_ones, key=lambda question: -work[question.kernel])


def _launches(schedule: Schedule) -> list[Launch]:
    return [*schedule.training, *schedule.backward]


class _Trial:
    """The candidates of one question, tried on buffers of noise."""

    def __init__(self, device: cl.Device, frame: Frame, question: Question) -> None:
        self._frame, self._question = frame, question
        self._stream = Stream(cl.Context([device]))
        self._memory = Memory(self._stream)

    def answer(self) -> Answer:
        """A tile with other results than the first one's, be it in one bit, is out, however fast it is."""
        first = self._question.candidates[0]
        commands = {tile: self._commands(tile) for tile in self._question.candidates}
        expected = self._results(commands[first])
        right = {
            tile: each
            for tile, each in commands.items()
            if tile == first or all(map(np.array_equal, self._results(each), expected))
        }
        seconds = self._compared(right)
        self._memory.release()
        best = min(seconds, key=seconds.__getitem__)
        if seconds[best] > WORTHWHILE * seconds[first]:
            best = first
        return Answer(self._question, best, seconds[best], seconds[first])

    def _commands(self, tile: Tile) -> Commands:
        schedule = lower(replace(self._frame, choices=Choices({self._question.key: tile})))
        launch = next(launch for launch in _launches(schedule) if launch.kernel == self._question.kernel)
        self._names = launch.arguments
        if launch.arguments[0] not in self._memory:
            self._fill({name: schedule.buffers[name] for name in launch.arguments})
        program = Programs(self._stream.context, schedule.sections, self._frame.form).of([launch])
        return Commands(program, self._stream.device, self._memory, 0, [launch])

    def _fill(self, sizes: dict[str, int]) -> None:
        generator = np.random.default_rng(0)
        self._memory.make(sizes)
        for name, size in sizes.items():
            self._stream.write(self._memory[name], generator.standard_normal(size // 4, np.float32))

    def _results(self, commands: Commands) -> list[NDArray[np.uint32]]:
        """What is in all buffers after a run, which is also the one that compiles."""
        self._stream.run(commands.list)
        buffers = [self._memory[name] for name in self._names]
        results = [np.empty(buffer.size // 4, np.uint32) for buffer in buffers]
        for values, buffer in zip(results, buffers, strict=True):
            self._stream.read(values, buffer)
        return results

    def _compared(self, commands: dict[Tile, Commands]) -> dict[Tile, float]:
        """Seconds of the best run of each tile. They take turns, so that a busy machine is busy for all of them."""
        best = dict.fromkeys(commands, inf)
        end = perf_counter() + SECONDS_A_QUESTION
        for turn in range(MOST_TURNS):
            for tile in [tile for tile in commands if turn < 3 or best[tile] < HOPELESS * min(best.values())]:
                began = perf_counter()
                self._stream.run(commands[tile].list)
                self._stream.finish()
                best[tile] = min(best[tile], perf_counter() - began)
            if turn >= FEWEST_TURNS and perf_counter() > end:
                break
        return best


def main(key: str, batch_size: str, seconds: str) -> None:
    try:
        device = all_devices()[int(key.removeprefix("opencl:"))]
        plan = compile_plan(NetworkSpec.from_json(sys.stdin.read()))
        frame = Frame(plan, form_for(device), int(batch_size))
        questions = open_questions(frame, known_tiles(device))
        _say(questions=len(questions))
        for answer in tune(device, frame, questions, float(seconds)):
            op = plan.ops[int(answer.question.kernel.removeprefix("op").partition("_")[0])]
            _say(node=op.layer_node, kernel=answer.question.kernel.partition("_")[2], tile=answer.tile,
                 seconds=answer.seconds, seconds_before=answer.seconds_before)  # fmt: skip
    except NNStudioError as error:
        _say(problem=str(error))


def _say(**line: object) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
