"""The gather that changes pictures, in every form, against plain loops: what it draws, and around every edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyopencl as cl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.numpy.augment import preview
from nnstudio.engine.opencl import augment
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.runs import training_step
from nnstudio.engine.opencl.samples import TRAINING, SampleStore
from nnstudio.engine.opencl.schedule import LABELS, RANGES, STEP
from nnstudio.engine.plan import compile_plan
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.presets import lenet5
from tests.engine.augmented import ALONE, CASES, TOGETHER, augmented
from tests.engine.opencl.rig import FORMS, Rig, in_forms, network

SEED, STEP_NUMBER, FIRST = 4_000_000_123, 70_001, 30


class Gathered:
    """A batch of random samples, of which the last few places are empty."""

    def __init__(
        self, device: cl.Device, form: Form, case: Augmentation, shape: tuple[int, int, int],
        dtype: Any = np.uint8, batch: int = 20, count: int = 13,
    ) -> None:  # fmt: skip
        generator = np.random.default_rng(0)
        images = generator.integers(0, 256, (50, *shape)).astype(dtype)
        labels, order = generator.integers(0, 2, 50).astype(np.int32), generator.permutation(50)
        plan = network(shape, ReLU())
        section = augment.section(Frame(plan, form, batch), np.dtype(dtype).name, case)
        rig = Rig(device, plan, form, batch, [section])
        store = SampleStore(TRAINING, rig.memory, rig.stream)
        store.load(images, labels)
        store.set_order(order)
        launches = [augment.launch(rig.frame)]
        commands = Commands(rig.programs.of(launches), device, rig.memory, SEED, launches)
        commands.set(STEP, np.array([FIRST, count, STEP_NUMBER, 0, 1, 0, 0, 0], np.uint32))
        commands.set(RANGES, augment.ranges(case, shape))
        rig.stream.run(commands.list)
        rows = order[FIRST : FIRST + count]
        self.images, self.labels = images[rows], labels[rows]
        self.found = rig.read("value0", shape)
        self.found_labels = np.empty(rig.frame.blocks * form.block, np.int32)
        rig.stream.read(self.found_labels, rig.memory[LABELS])


@pytest.mark.parametrize(("form", "case"), in_forms(list(CASES)))
def test_pictures_are_changed_as_declared(device: cl.Device, form: Form, case: str) -> None:
    gathered = Gathered(device, form, CASES[case], (2, 9, 12))
    expected = augmented(gathered.images, CASES[case], SEED, STEP_NUMBER)
    assert_allclose(gathered.found[:13], expected, atol=1e-4)
    assert not gathered.found[13:].any(), "what is no picture stays empty"
    assert gathered.found_labels[:13].tolist() == gathered.labels.tolist()
    assert (gathered.found_labels[13:] == -1).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_pictures_that_only_move_are_exact(device: cl.Device, form: Form, dtype: type) -> None:
    case = Augmentation(shift=3, flip_horizontal=True, flip_vertical=True, erase=0.7)
    gathered = Gathered(device, form, case, (3, 5, 6), dtype)
    assert_array_equal(gathered.found[:13], preview(gathered.images, case, SEED, STEP_NUMBER))


@pytest.mark.parametrize(("form", "shape"), in_forms([(2, 1, 1), (1, 1, 9), (3, 8, 1), (1, 2, 2), (5, 3, 17)]))
@pytest.mark.parametrize("case", TOGETHER)
def test_edges_of_shapes(device: cl.Device, form: Form, shape: tuple[int, int, int], case: str) -> None:
    gathered = Gathered(device, form, TOGETHER[case], shape, np.float32, batch=3, count=3)
    expected = augmented(gathered.images, TOGETHER[case], SEED, STEP_NUMBER)
    assert_allclose(gathered.found / 255, expected / 255, atol=1e-4)


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)),
    st.integers(1, 40),
    st.sampled_from(list(ALONE.values()) + list(TOGETHER.values())),
    st.sampled_from(list(FORMS.values())),
    st.sampled_from([np.uint8, np.float32]),
)
@settings(max_examples=10)
def test_any_shape_and_batch(
    device: cl.Device, shape: tuple[int, int, int], batch: int, case: Augmentation, form: Form, dtype: type
) -> None:
    gathered = Gathered(device, form, case, shape, dtype, batch, count=min(batch, 20))
    scale, count = (255 if dtype == np.float32 else 1), len(gathered.images)
    expected = augmented(gathered.images, case, SEED, STEP_NUMBER)
    assert_allclose(gathered.found[:count] / scale, expected / scale, atol=1e-4)
    assert not gathered.found[count:].any()


def test_two_gathers_are_bit_identical(device: cl.Device) -> None:
    first, second = (Gathered(device, FORMS["vector 16"], TOGETHER["warped"], (2, 9, 12)).found for _ in range(2))
    assert_array_equal(first, second)


def test_ranges_are_arguments_and_kinds_are_text() -> None:
    """Other ranges take no compiler; and where nothing happens there is the usual gather."""
    assert augment.form(None) is augment.form(Augmentation()) is None
    assert augment.form(Augmentation(rotate=1)) == augment.form(Augmentation(rotate=9, shift=2, flip_vertical=True))
    assert augment.form(Augmentation(shift=1)) == augment.form(Augmentation(flip_horizontal=True))
    kinds = [ALONE[name] for name in ("shift", "rotate", "elastic", "ripples", "erase", "noise")]
    assert len({str(augment.form(kind)) for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_augmented_step_needs_no_other_buffers(form: Form) -> None:
    """So what a backend says it needs holds with augmentation too."""
    frame = Frame(compile_plan(lenet5()), form, 64)
    schedule = lower(frame)
    plain, changed = (
        {name for launch in training_step(frame, schedule, augmented=on) for name in launch.arguments}
        for on in (False, True)
    )
    assert changed - plain <= {RANGES, "seed"}
    assert len(training_step(frame, schedule)) == len(training_step(frame, schedule, augmented=True))
