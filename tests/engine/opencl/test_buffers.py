"""Buffers that share memory on a device: nothing is overwritten that is still needed, and nothing old is read."""

from __future__ import annotations

import numpy as np
import pyopencl as cl
import pytest

from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.opencl.backend import OpenCLBackend
from nnstudio.engine.opencl.buffers import Buffers, plan_buffers
from nnstudio.engine.opencl.executable import OpenCLExecutable
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.runs import Launches, backward_pass, forward_pass, separate_step, training_step
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS, STEP
from nnstudio.engine.optimizers import SGD
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.sharing import Run
from nnstudio.network.presets import PRESETS, convnet, vgg_small
from tests.engine.networks import SMALL_PRESETS
from tests.engine.opencl.rig import FORMS

BATCH = 40
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
KINDS = ("vector 16", "work-items, vector 2", "local memory")
"""A form of each kind: what shares memory depends on the launches, and those on the kind, not on the vectors."""


def buffers_of(preset: str, form: Form, batch_size: int) -> tuple[Buffers, list[Launches]]:
    """The buffers of a network, and all runs over them."""
    frame = Frame(compile_plan(PRESETS[preset]()), form, batch_size)
    schedule = lower(frame)
    runs = [training_step(frame, schedule), forward_pass(frame, schedule), backward_pass(frame, schedule)]
    return plan_buffers(frame, schedule), runs


@pytest.mark.parametrize("preset", SMALL_PRESETS)
@forms
def test_no_two_buffers_of_a_launch_are_the_same_memory(preset: str, form: Form) -> None:
    """Kernels promise their compiler so (``restrict``)."""
    buffers, runs = buffers_of(preset, form, 64)
    for launch in (launch for run in runs for launch in run):
        names = set(launch.arguments)
        assert len({buffers.shared.get(name, name) for name in names}) == len(names), launch.kernel


@pytest.mark.parametrize("preset", SMALL_PRESETS)
@forms
def test_every_argument_has_memory(preset: str, form: Form) -> None:
    buffers, runs = buffers_of(preset, form, 64)
    given = {*buffers.sizes, *buffers.shared, "step", "seed", "training_images", "training_labels", "training_order"}
    assert {name for run in runs for launch in run for name in launch.arguments} <= given
    assert PARAMETERS not in buffers.shared


def test_sharing_pays_where_a_network_is_deep() -> None:
    frame = Frame(compile_plan(vgg_small()), FORMS["vector 16"], 256)
    schedule = lower(frame)
    assert sum(plan_buffers(frame, schedule).sizes.values()) < 0.65 * sum(schedule.buffers.values())


class Poisoner:
    """Runs launches one by one, and before each fills all memory with NaN that holds nothing anybody still needs."""

    def __init__(self, executable: OpenCLExecutable) -> None:
        self.executable, self.shared = executable, executable._buffers.shared

    def run(self, launches: Launches, step: list[int], before: Run = (), after: Run = ()) -> None:
        """``before`` was written in earlier runs, ``after`` will be read in later ones."""
        executable, arguments = self.executable, [launch.arguments for launch in launches]
        program, info = executable._programs.of(launches), np.zeros(8, np.uint32)
        info[:5] = step
        for number, launch in enumerate(launches):
            written, read = {*sum([*before, *arguments[:number]], ())}, {*sum([*arguments[number:], *after], ())}
            held = {self.shared.get(name, name) for name in written & read}
            executable._memory.poison(set(self.shared.values()) - held)
            commands = Commands(program, executable._stream.device, executable._memory, executable._seed, [launch])
            commands.set(STEP, info)
            executable._stream.run(commands.list)


@pytest.mark.parametrize("form", [FORMS[name] for name in KINDS], ids=KINDS)
def test_what_is_not_needed_any_more_may_be_anything(device: cl.Device, form: Form) -> None:
    plan = compile_plan(convnet())
    executable = OpenCLBackend(device, form=form).prepare(plan, batch_size=BATCH, optimizer=SGD(learning_rate=0))
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (BATCH - 5, *plan.input.shape), np.uint8)
    labels = generator.integers(0, 10, len(images)).astype(np.int32)
    executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 1))
    executable.load_samples(images, labels)
    executable.begin_epoch(np.arange(len(images)))
    frame, schedule, poisoner = executable._frame, executable._schedule, Poisoner(executable)
    step = [0, len(images), 0, 0]
    nodes = [tensor.node for tensor in plan.tensors]

    executable.train(0, 1)
    expected = executable._read_flat(GRADIENTS)
    for launches in (training_step(frame, schedule), separate_step(frame, schedule)):
        poisoner.run(launches, [*step, True])
        for name, values in executable._read_flat(GRADIENTS).items():
            assert np.array_equal(values, expected[name]), name

    kept = [(frame.value(tensor.index),) for tensor in plan.tensors]
    forward, backward = forward_pass(frame, schedule), backward_pass(frame, schedule)
    expected = executable.activations(images, nodes)
    poisoner.run(forward, [*step, False], after=kept)
    for tensor in plan.tensors:
        values = executable._usage._read(frame.value(tensor.index), tensor, len(images))
        assert np.array_equal(values, expected[tensor.node]), tensor.node

    expected = executable.gradients(images, labels)
    poisoner.run(forward, [*step, False], after=[*kept, *(launch.arguments for launch in backward)])
    poisoner.run(
        backward, [*step, False], before=[launch.arguments for launch in forward], after=[(frame.gradient(0),)]
    )
    of_input = executable._usage._read(frame.gradient(0), plan.input, len(images))
    for name, values in {**executable._read_flat(GRADIENTS), "input": of_input}.items():
        assert np.array_equal(values, expected[name]), name
    executable.close()
