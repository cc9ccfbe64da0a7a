"""Tuning finds tiles, remembers them, and changes no bit of what is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyopencl as cl
import pytest

from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.opencl import trials
from nnstudio.engine.opencl.backend import OpenCLBackend, choose_form, forms_for
from nnstudio.engine.opencl.choices import Choices
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.tiles import Tile
from nnstudio.engine.opencl.trials import TileTrial, try_forms, try_tiles
from nnstudio.engine.opencl.tuner import tile_questions, tune
from nnstudio.engine.opencl.tuning import known_tiles, remember
from nnstudio.engine.optimizers import Momentum
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network.layers.activation import Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.merge import Add
from nnstudio.network.presets import lenet5, softmax_regression
from tests.engine.networks import graph
from tests.engine.opencl.rig import FORMS


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_CACHE_DIR", str(tmp_path))


def trained(device: cl.Device, plan: Plan, batch: int) -> dict[str, np.ndarray]:
    executable = OpenCLBackend(device).prepare(plan, batch_size=batch, optimizer=Momentum())
    executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 0))
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (3 * batch, *plan.input.shape), np.uint8)
    executable.load_samples(images, generator.integers(0, 10, len(images)))
    executable.begin_epoch(np.arange(len(images)))
    executable.train(0, 3)
    values = executable.read_parameters()
    executable.close()
    return values


def test_any_choice_of_tiles_trains_the_same_to_the_bit(device: cl.Device) -> None:
    plan, batch = compile_plan(lenet5()), 40
    expected = trained(device, plan, batch)
    choices = Choices()
    lower(Frame(plan, OpenCLBackend(device).form, batch, choices))
    remember(device, {question.key: question.candidates[-1] for question in choices.asked})
    values = trained(device, plan, batch)
    for name, value in expected.items():
        assert np.array_equal(values[name], value), name


def test_tiles_are_tried_and_remembered(device: cl.Device) -> None:
    frame = Frame(compile_plan(lenet5()), OpenCLBackend(device).form, 64)
    questions = tile_questions(device, frame)
    assert {question.kernel for question in questions} >= {"op2_forward", "op2_weight_gradient", "op2_input_gradient"}
    answer = try_tiles(device, frame, questions[0])
    assert answer.best in questions[0].candidates
    assert 0 < answer.seconds <= answer.seconds_before
    remember(device, {questions[0].key: answer.best})
    assert tile_questions(device, frame) == questions[1:]


def test_a_tile_with_another_result_is_out(device: cl.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = Frame(compile_plan(lenet5()), OpenCLBackend(device).form, 64)
    question = tile_questions(device, frame)[0]
    asked: list[Commands] = []
    compared: list[Tile] = []

    def results(self: TileTrial, commands: Commands) -> list[np.ndarray]:
        """Those of the second candidate are wrong in one bit."""
        asked.append(commands)
        return [np.array([commands is asked[-1] and len(asked) == 3])]

    def seconds(self: TileTrial, commands: dict[Tile, Commands]) -> dict[Tile, float]:
        compared.extend(commands)
        return dict.fromkeys(commands, 1.0)

    monkeypatch.setattr(TileTrial, "_results", results)
    monkeypatch.setattr(TileTrial, "_compared", seconds)
    try_tiles(device, frame, question)
    assert compared == [tile for tile in question.candidates if tile != question.candidates[1]]


def test_forms_are_tried_by_training(device: cl.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "SECONDS_A_FORM", 0.01)
    plan, choices, forms = compile_plan(softmax_regression()), Choices(), forms_for(device)
    assert choose_form(choices, forms, plan, 16) == forms[0]
    if len(forms) == 1:
        pytest.skip("this device has one form")
    (question,) = choices.open
    assert try_forms(device, forms, plan, 16, question).best in question.candidates
    assert choose_form(Choices({question.key: question.candidates[1]}), forms, plan, 16) == forms[1]


def test_a_kernel_that_adds_to_a_gradient_is_tried_with_all_its_tiles(
    device: cl.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tiles before it have added would else make each tile but the first look wrong."""
    convolution = Convolution(filters=8, kernel=3, padding=1)
    plan = compile_plan(graph((3, 12, 12), [convolution, Tanh()], [[convolution], [convolution]], [Add()]))
    frame = Frame(plan, OpenCLBackend(device).form, 16)
    lower(frame)
    adding = next(number for number, op in enumerate(plan.ops) if number > 0 and not frame.is_first(op))
    question = next(each for each in frame.choices.asked if each.kernel == f"op{adding}_input_gradient")
    assert len(question.candidates) > 1
    compared: list[Tile] = []
    compare = TileTrial._compared
    monkeypatch.setattr(TileTrial, "_compared", lambda self, right: compared.extend(right) or compare(self, right))
    try_tiles(device, frame, question)
    assert set(compared) == set(question.candidates)


def test_a_tuned_network_has_no_open_questions(device: cl.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "SECONDS_A_FORM", 0.01)
    plan = compile_plan(softmax_regression())
    said = list(tune(device, plan, 16, seconds=60))
    assert said[0] == (len(said) - 1, None)
    assert list(tune(device, plan, 16, seconds=60)) == [(0, None)]


@pytest.mark.parametrize("form", [FORMS["vector 16"], FORMS["work-items, vector 1"]], ids=["cpu", "gpu"])
def test_what_is_known_is_used(form: Form) -> None:
    frame = Frame(compile_plan(lenet5()), form, 64)
    lower(frame)
    question = next(question for question in frame.choices.asked if question.kernel == "op2_forward")
    other = question.candidates[1]
    known = replace(frame, choices=Choices({question.key: other}))
    constants = next(section.constants for section in lower(known).sections if section.prefix == "op2")
    assert (constants["TILE_F"], constants["TILE_X"]) == other
    nonsense = replace(frame, choices=Choices({question.key: (99, 99)}))
    assert lower(nonsense) == lower(frame)


def test_a_damaged_file_is_as_none(device: cl.Device, tmp_path: Path) -> None:
    remember(device, {"a": (1, 2)})
    (path,) = (tmp_path / "tuning").iterdir()
    path.write_text(path.read_text()[:-5])
    assert known_tiles(device) == {}
    remember(device, {"b": (3, 4)})
    assert known_tiles(device) == {"b": (3, 4)}
