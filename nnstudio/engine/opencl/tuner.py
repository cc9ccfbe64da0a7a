"""Finding the fastest ways by trying them: ``python -m nnstudio.engine.opencl.tuner KEY BATCH SECONDS``.

A child process, as the probe is, with the network as JSON on its standard input. It says how far it is by lines of JSON
on standard output, and remembers each answer at once, so that it may be stopped at any time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter

import pyopencl as cl

from nnstudio.engine.opencl.backend import choose_form, forms_for
from nnstudio.engine.opencl.choices import Choices, Question
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.platforms import all_devices
from nnstudio.engine.opencl.trials import Answer, launches_of, try_forms, try_tiles
from nnstudio.engine.opencl.tuning import known_tiles, remember
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec

FEWEST_MULTIPLY_ADDS = 2**21
"""What takes less is over in some 10 µs, most of which is starting it."""


def tile_questions(device: cl.Device, frame: Frame) -> list[Question]:
    """What a network asks that is not known and worth knowing, the largest work first."""
    choices = Choices(known_tiles(device))
    work = {launch.kernel: launch.work for launch in launches_of(lower(replace(frame, choices=choices)))}
    worth_it = (question for question in choices.open if work.get(question.kernel, 0) >= FEWEST_MULTIPLY_ADDS)
    return sorted(worth_it, key=lambda question: -work[question.kernel])


def tune(device: cl.Device, plan: Plan, batch_size: int, seconds: float) -> Iterator[tuple[int, Answer | None]]:
    """Answer a network's questions until the time is over, and remember the answers; each comes with how many
    questions there are in all. That is also said before the first one."""
    end, forms, done = perf_counter() + seconds, forms_for(device), 0

    def frame_now() -> tuple[Frame, list[Question]]:
        choices = Choices(known_tiles(device))
        form = choose_form(choices, forms, plan, batch_size)
        return Frame(plan, form, batch_size), choices.open

    def answered(answer: Answer) -> Answer:
        remember(device, {answer.question.key: answer.best})
        return answer

    frame, about_form = frame_now()
    questions = tile_questions(device, frame)
    yield len(about_form) + len(questions), None
    for question in about_form:
        answer = answered(try_forms(device, forms, plan, batch_size, question))
        frame, _ = frame_now()
        questions, done = tile_questions(device, frame), 1
        yield done + len(questions), answer
    for question in questions:
        if perf_counter() > end:
            return
        yield done + len(questions), answered(try_tiles(device, frame, question))


def main(key: str, batch_size: str, seconds: str) -> None:
    try:
        device = all_devices()[int(key.removeprefix("opencl:"))]
        plan = compile_plan(NetworkSpec.from_json(sys.stdin.read()))
        for questions, answer in tune(device, plan, int(batch_size), float(seconds)):
            _say({"questions": questions} | (_said(plan, answer) if answer else {}))
    except NNStudioError as error:
        _say({"problem": str(error)})


def _said(plan: Plan, answer: Answer) -> dict[str, object]:
    """An answer about the form has no kernel and no node."""
    op, _, kernel = answer.question.kernel.partition("_")
    return {
        "node": plan.ops[int(op.removeprefix("op"))].layer_node if op else "",
        "kernel": kernel,
        "best": answer.best,
        "seconds": answer.seconds,
        "seconds_before": answer.seconds_before,
    }


def _say(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
