"""What a backend says it will need is what it then takes, and what does not fit is refused with advice."""

from __future__ import annotations

import tracemalloc

import numpy as np
import psutil
import pytest

from nnstudio.engine.backend import BATCH_SIZES, Backend, DeviceError, MemoryNeed
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam
from nnstudio.engine.plan import compile_plan
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, chain, convnet, lenet5, two_layer_perceptron, vgg16
from tests.engine.networks import SMALL_PRESETS


@pytest.mark.parametrize("batch_size", [1, 7, 64, 300])
@pytest.mark.parametrize("preset", SMALL_PRESETS)
def test_numpy_allocates_what_it_says(preset: str, batch_size: int) -> None:
    """Python's own tracer sees every array. What is no array, some 100 KB, counts for nothing."""
    plan, backend = compile_plan(PRESETS[preset]()), NumpyBackend()
    backend.prepare(plan, batch_size=1).close()
    need = backend.memory_need(plan, batch_size=batch_size)
    if need.total > 2**29:
        pytest.skip("more than half a gigabyte is too much for a test")
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        executable = backend.prepare(plan, batch_size=batch_size)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    executable.close()
    assert need.samples == need.other == 0
    assert need.total <= taken <= 1.02 * need.total + 200_000


def test_an_optimizer_needs_its_state(backend: Backend) -> None:
    plan = compile_plan(lenet5())
    use, sgd, adam = (
        backend.memory_need(plan, batch_size=8, optimizer=optimizer) for optimizer in (None, SGD(), Adam())
    )
    assert use.parameters < sgd.parameters < adam.parameters
    assert adam.parameters - sgd.parameters >= 2 * 4 * plan.parameter_count
    assert use.activations == sgd.activations == adam.activations


def test_a_need_grows_with_the_batch(backend: Backend) -> None:
    plan = compile_plan(convnet())
    small, large = (backend.memory_need(plan, batch_size=size) for size in (64, 1024))
    assert 8 * small.activations < large.activations < 16.5 * small.activations
    assert small.parameters <= large.parameters


def test_all_parts_count_and_unknown_memory_is_enough() -> None:
    need = MemoryNeed(parameters=1, activations=20, samples=300, other=4000, available=4321)
    assert need.total == 4321 and need.fits
    assert not MemoryNeed(1, 20, 300, 4000, 4320).fits
    assert MemoryNeed(1, 20, 300, 4000, 0).fits
    assert not MemoryNeed(1, 20, 300, 4000, 0, "too large in one piece").fits


# ---- what does not fit


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which 64 MB are free."""
    memory = psutil.virtual_memory()._replace(available=64 * 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)


@pytest.mark.usefixtures("little_memory")
def test_what_does_not_fit_is_refused_with_a_batch_that_does(backend: Backend) -> None:
    plan = compile_plan(convnet())
    with pytest.raises(DeviceError, match=r"Batches of 4,096 images need .* room for 64\.0 MiB") as caught:
        backend.prepare(plan, batch_size=4096, optimizer=Adam())
    proposed = int(caught.value.hint.split()[-1].rstrip(".").replace(",", ""))
    assert proposed == backend.largest_batch(plan, optimizer=Adam()) and 8 < proposed < 4096
    backend.prepare(plan, batch_size=proposed, optimizer=Adam()).close()
    larger = BATCH_SIZES[BATCH_SIZES.index(proposed) + 1]
    assert not backend.memory_need(plan, batch_size=larger, optimizer=Adam()).fits


@pytest.mark.usefixtures("little_memory")
def test_a_network_that_never_fits_says_so(backend: Backend) -> None:
    plan = compile_plan(lenet5())
    assert backend.largest_batch(plan, sample_bytes=10**12 * 800) == 0
    with pytest.raises(DeviceError) as caught:
        backend.require_fit(plan, batch_size=64, sample_bytes=10**12 * 800)
    assert caught.value.hint == "Make the network smaller, or choose fewer samples or another device."


@pytest.mark.usefixtures("little_memory")
def test_a_proposal_is_never_larger_than_what_was_asked_for(backend: Backend) -> None:
    plan = compile_plan(convnet())
    largest = backend.largest_batch(plan)
    with pytest.raises(DeviceError, match="need") as caught:
        backend.require_fit(plan, batch_size=2 * largest)
    assert f" {largest:,}." in caught.value.hint


def test_a_network_beyond_all_memory_says_so(backend: Backend) -> None:
    hidden = [Dense(units=16_000)] * 1000
    plan = compile_plan(chain("huge", [Input(), Flatten(), *hidden, Dense(units=10), SoftmaxOutput()]))
    with pytest.raises(DeviceError) as caught:
        backend.prepare(plan, batch_size=64)
    assert caught.value.hint == "Make the network smaller, or choose fewer samples or another device."


@pytest.mark.usefixtures("little_memory")
def test_a_network_to_be_looked_at_is_refused(backend: Backend) -> None:
    """VGG-16 has half a gigabyte of weights alone."""
    with pytest.raises(DeviceError, match=r"Batches of 64 images need .* GiB of memory") as caught:
        backend.prepare(compile_plan(vgg16()), batch_size=64, optimizer=Adam())
    assert caught.value.hint == "Make the network smaller, or choose fewer samples or another device."


def test_everything_fits_where_there_is_enough(backend: Backend) -> None:
    plan = compile_plan(two_layer_perceptron())  # of which the largest batch takes a gigabyte or two
    assert backend.largest_batch(plan) == BATCH_SIZES[-1] == 65_536
    need = backend.require_fit(plan, batch_size=1)
    assert need.fits and 0 < need.total < need.available


def test_batches_to_propose_grow_by_halves() -> None:
    sizes = np.array(BATCH_SIZES)
    assert sizes[:8].tolist() == [1, 2, 3, 4, 6, 8, 12, 16]
    assert np.all(sizes[1:] > sizes[:-1]) and np.all(sizes[1:] <= 2 * sizes[:-1])
