"""Schedules are plain data: tiles, cut launches and program texts, without a device."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine.opencl.chains import MOST_ARGUMENTS, merged
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.runs import separate_backward
from nnstudio.engine.opencl.schedule import Launch, split
from nnstudio.engine.opencl.sources import source
from nnstudio.engine.opencl.tiles import CANDIDATES, outer_tiles, product_tiles, weight_tiles, window_tiles
from nnstudio.engine.plan import compile_plan
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, chain
from tests.engine.networks import SMALL_PRESETS
from tests.engine.opencl.rig import FORMS

sizes = st.integers(1, 5000)


@given(rows=sizes, columns=sizes, registers=st.integers(1, 32))
def test_tiles_fit_into_the_registers_and_the_result(rows: int, columns: int, registers: int) -> None:
    tiles = product_tiles(rows, columns, registers)
    assert len(tiles) == len(set(tiles)) <= CANDIDATES
    for height, width in tiles:
        assert 1 <= height <= rows
        assert 1 <= width <= columns
        assert height * width <= registers


@given(rows=sizes, columns=sizes, registers=st.integers(1, 32), vector=st.sampled_from([1, 2, 4, 8, 16]))
def test_outer_tiles_fit_into_the_registers_and_the_result(
    rows: int, columns: int, registers: int, vector: int
) -> None:
    wide = min(vector, 2 ** (columns.bit_length() - 1))
    tiles = outer_tiles(rows, columns, registers, wide=wide)
    assert len(tiles) == len(set(tiles)) <= CANDIDATES
    for height, width in tiles:
        assert 1 <= height <= rows
        assert wide <= width * wide <= columns
        assert height * width <= registers


@given(
    rows=sizes, columns=sizes, registers=st.integers(1, 32), kernel=st.integers(1, 64), multiple=st.integers(1, 64),
    edges=st.booleans(),
)  # fmt: skip
def test_window_tiles_are_multiples_and_not_much_larger_than_the_registers(
    rows: int, columns: int, registers: int, kernel: int, multiple: int, edges: bool
) -> None:
    tiles = window_tiles(rows, columns, registers, kernel=kernel, multiple=multiple, edges=edges)
    assert len(tiles) == len(set(tiles)) <= CANDIDATES
    for height, width in tiles:
        assert 1 <= height <= rows
        assert width % multiple == 0
        assert width < columns + multiple
        assert height * width <= max(multiple, registers * 7 // 5)


@given(
    filters=sizes, channels=sizes, kernel=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    stride=st.tuples(st.integers(1, 40), st.integers(1, 40)), registers=st.integers(1, 32), plane=st.integers(4, 10**8),
)  # fmt: skip
def test_weight_tiles_fit_into_the_registers_and_the_kernel(
    filters: int, channels: int, kernel: tuple[int, int], stride: tuple[int, int], registers: int, plane: int
) -> None:
    tiles = weight_tiles(filters, channels, kernel, stride, registers, plane=plane)
    assert len(tiles) == len(set(tiles)) <= CANDIDATES
    for depth, wide, height, width in tiles:
        assert 1 <= depth <= filters
        assert 1 <= wide <= channels
        assert 1 <= height <= kernel[0]
        assert 1 <= width <= kernel[1]
        assert depth * wide * height * width <= registers


def test_first_tiles_are_those_measured_as_the_fastest() -> None:
    """With 20 accumulators, on LeNet-5 and VGG-small, and a kernel of one cell."""
    assert window_tiles(16, 10, 20, kernel=5, edges=False)[0] == (4, 5)
    assert window_tiles(6, 14, 20, kernel=5)[0] == (2, 14)
    assert window_tiles(128, 8, 20, kernel=3)[0] == (8, 2)
    assert weight_tiles(16, 6, (5, 5), (1, 1), 20, plane=64 * 100)[0] == (4, 1, 1, 5)
    assert weight_tiles(64, 64, (3, 3), (1, 1), 20, plane=64 * 256)[0] == (2, 1, 3, 3)
    assert weight_tiles(64, 64, (1, 1), (1, 1), 20, plane=64 * 256)[0] in ((4, 5, 1, 1), (5, 4, 1, 1))
    assert weight_tiles(64, 32, (2, 2), (2, 2), 20, plane=64 * 256)[0] == (5, 1, 2, 2)


@given(
    groups=st.tuples(*[st.integers(1, 50)] * 3), local=st.tuples(*[st.integers(1, 8)] * 3), work=st.integers(0, 10**6)
)
def test_cuts_cover_a_launch_exactly_once(groups: tuple[int, int, int], local: tuple[int, int, int], work: int) -> None:
    size = (groups[0] * local[0], groups[1] * local[1], groups[2] * local[2])
    cuts = split(Launch("k", size, local, (), work), most=1000)
    axis = max(range(3), key=lambda i: groups[i])
    places: list[int] = []
    for part, offset in cuts:
        assert all(part[i] % local[i] == 0 for i in range(3))
        assert all((part[i], offset[i]) == (size[i], 0) for i in range(3) if i != axis)
        places += range(offset[axis], offset[axis] + part[axis])
    assert places == list(range(size[axis]))
    assert len(cuts) == 1 or work > 1000
    if groups[axis] >= work / 1000:
        assert len(cuts) >= work / 2000


def kernels_called(name: str, text: str) -> int:
    """One that is made of tasks has its whole name there, another is in a section that says how the name begins."""
    prefix, _, own = name.rpartition("_")
    section = text.partition(f"#define NAME(kernel) {prefix}_##kernel\n")[2].partition("#undef NAME")[0]
    return text.count(f"kernel void {name}(") + section.count(f"kernel void NAME({own})(")


@pytest.mark.parametrize("preset", SMALL_PRESETS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_launch_has_its_kernel_and_its_buffers(preset: str, form: Form) -> None:
    frame = Frame(compile_plan(PRESETS[preset]()), form, 50)
    schedule = lower(frame)
    launches = [*schedule.training, *schedule.forward, *separate_backward(schedule)]
    launches += merged(schedule.training, frame, "step")
    text = source(schedule.sections, form, launches)
    for launch in launches:
        assert kernels_called(launch.kernel, text) == 1
        for argument in launch.arguments:
            assert argument in schedule.buffers or argument in ("step", "seed")


def test_cuts_have_no_more_groups_than_nvidia_counts() -> None:
    for size, local in [((64, 70_000, 2), (64, 1, 1)), ((1, 2**23, 1), (1, 64, 1)), ((1, 1, 2**17), (1, 1, 1))]:
        cuts = split(Launch("k", size, local, ()), most=1)
        assert len(cuts) > 1
        assert all(part[axis] // local[axis] < 2**16 for part, _ in cuts for axis in (1, 2))
    assert len(split(Launch("k", (2**25, 1, 1), (64, 1, 1), ()), most=1)) == 1


def test_merging_keeps_all_work_and_the_order_in_which_it_needs_each_other() -> None:
    frame = Frame(compile_plan(PRESETS["lenet5"]()), FORMS["vector 16"], 64)
    launches = list(lower(frame).training)
    few = merged(launches, frame, "step")
    done = [link for launch in few for link in launch.links or (launch,)]
    assert len(few) < 4 < len(launches)
    assert sorted(link.kernel for link in done) == sorted(launch.kernel for launch in launches)
    for number in (0, 2):
        made, added = [link.kernel for link in done if f"op{number}_parts" in link.arguments]
        assert (made, added) == (f"op{number}_weight_gradient", f"op{number}_sum_parts")
    # Only what the optimizer alone waits for may move.
    for those in (done, launches):
        those[:] = [link for link in those if not link.for_update]
    assert done == launches


def test_links_of_a_chain_touch_only_their_own_images() -> None:
    frame = Frame(compile_plan(PRESETS["lenet5"]()), FORMS["vector 16"], 64)
    for launch in merged(lower(frame).training, frame, "step"):
        if launch.by_image:
            assert all(link.by_image and link.size[2] == frame.blocks for link in launch.links)
            assert launch.size == (1, 1, frame.blocks)


def test_a_deep_network_is_cut_into_chains_of_which_each_has_few_arguments() -> None:
    layers = [Input(height=2, width=2), Flatten(), *[Dense(units=4)] * 150, SoftmaxOutput()]
    frame = Frame(compile_plan(chain("deep", layers)), FORMS["vector 16"], 64)
    launches = lower(frame).training
    few = merged(launches, frame, "step")
    assert 3 < len(few) < len(launches) / 10
    assert len({launch.kernel for launch in few}) == len(few)
    assert all(len(launch.arguments) <= MOST_ARGUMENTS for launch in few)
    done = [link.kernel for launch in few for link in launch.links or (launch,)]
    assert sorted(done) == sorted(launch.kernel for launch in launches)


@pytest.mark.parametrize(
    ("form", "batch", "chained"),
    [
        ("vector 16", 64, True),
        ("vector 16", 1, True),
        ("vector 16", 30_000, False),
        ("work-items, vector 1", 64, False),
    ],
)
def test_small_steps_are_chained_on_a_cpu(form: str, batch: int, chained: bool) -> None:
    """A long launch could not be cut for a watchdog, and the cores of a GPU are not as many as blocks of images."""
    assert Frame(compile_plan(PRESETS["lenet5"]()), FORMS[form], batch).chained is chained


def test_weights_too_many_to_stay_in_the_cache_from_block_to_block_are_not_chained() -> None:
    for units, chained in ((256, True), (1024, False)):
        layers = [Input(height=1, width=1024), Flatten(), Dense(units=units), SoftmaxOutput()]
        assert Frame(compile_plan(chain("wide", layers)), FORMS["vector 16"], 64).chained is chained


def test_training_makes_no_gradient_that_no_parameter_needs() -> None:
    schedule = lower(Frame(compile_plan(PRESETS["lenet5"]()), FORMS["vector 16"], 64))
    made = [launch.kernel for launch in schedule.training]
    assert "op0_weight_gradient" in made
    assert "op0_input_gradient" not in made
    assert "op0_input_gradient" in [launch.kernel for launch in separate_backward(schedule)]
