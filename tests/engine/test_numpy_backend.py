"""What is the NumPy backend's own: lanes, threads, memory, number types."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnstudio.engine.backend import Executable
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.numpy import executable as module
from nnstudio.engine.numpy.crew import Crew
from nnstudio.engine.numpy.executable import lane_rows
from nnstudio.engine.optimizers import Adam
from nnstudio.engine.plan import compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.network.presets import convnet, lenet5


def training(dtype: type = np.float32, make=lenet5, batch_size: int = 64) -> Executable:
    generator = np.random.default_rng(0)
    plan = compile_plan(make())
    executable = NumpyBackend(dtype).prepare(plan, batch_size=batch_size, optimizer=Adam(), seed=1)
    executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 0))
    executable.load_samples(generator.integers(0, 256, (200, 1, 28, 28), np.uint8), generator.integers(0, 10, 200))
    executable.begin_epoch(np.arange(200))
    return executable


@pytest.mark.parametrize("batch_size", [1, 2, 47, 48, 49, 127, 128, 129, 255, 257, 1000])
def test_lanes_cover_the_batch_once_and_evenly(batch_size: int) -> None:
    lanes = lane_rows(batch_size)
    assert [row for lane in lanes for row in lane] == list(range(batch_size))
    assert max(map(len, lanes)) <= module.WIDEST
    assert max(map(len, lanes)) - min(map(len, lanes)) <= 1


@pytest.mark.parametrize("make", [lenet5, convnet])
def test_lanes_change_nothing_but_rounding(monkeypatch: pytest.MonkeyPatch, make) -> None:
    losses = []
    for width in (7, 32, 100):
        monkeypatch.setattr(module, "WIDEST", width)
        executable = training(np.float64, make)
        executable.train(0, 3)
        losses.append(executable.drain().losses)
        executable.close()
    assert_allclose(losses[0], losses[1], rtol=1e-10)
    assert_allclose(losses[2], losses[1], rtol=1e-10)


def test_the_number_of_cores_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    states = []
    for cores in (1, 2, 5):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        executable = training(make=convnet, batch_size=150)
        executable.train(0, 2)
        states.append(executable.read_parameters())
        executable.close()
    for name, value in states[0].items():
        assert_array_equal(value, states[1][name])
        assert_array_equal(value, states[2][name])


def test_steps_allocate_no_arrays() -> None:
    """Only NumPy's own small buffers for changing types: one activation of the first layer is already 600 KB a lane."""
    executable = training()
    executable.train(0, 4)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        executable.train(0, 4)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    executable.close()
    assert peak < 400_000


def test_threads_end_with_their_executable() -> None:
    others = set(threading.enumerate())  # of an executable of an earlier test, say, which may end meanwhile
    closed, forgotten = training(), training()
    working = [thread for thread in threading.enumerate() if thread.name == "numpy-lane" and thread not in others]
    closed.close()
    closed.close()
    del forgotten
    for thread in working:
        thread.join(timeout=10)
    assert not [thread for thread in working if thread.is_alive()]


def test_what_a_thread_raises_is_raised_and_the_crew_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    crew, done = Crew(3), []
    with pytest.raises(ZeroDivisionError):
        crew.run([lambda: done.append(0), lambda: 1 // 0, lambda: done.append(2), lambda: done.append(3)])
    assert sorted(done) == [0, 2, 3]
    crew.run([lambda: done.append(4), lambda: done.append(5)])
    assert sorted(done) == [0, 2, 3, 4, 5]
    crew.close()


def test_memory_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "Lane", refuse)
    with pytest.raises(NNStudioError, match="4,096 images") as caught:
        NumpyBackend().prepare(compile_plan(lenet5()), batch_size=4096)
    assert "1,024" in caught.value.hint


def test_number_types() -> None:
    for dtype in (np.float32, np.float64):
        executable = training(dtype)
        executable.train(0, 1)
        assert all(value.dtype == dtype for value in executable.read_parameters().values())
        assert executable.predict(np.zeros((1, 1, 28, 28), np.uint8)).dtype == dtype
        executable.close()
    with pytest.raises(ValueError, match="float16"):
        NumpyBackend(np.float16)


def test_it_learns() -> None:
    """LeNet-5 learns 200 random pictures by heart."""
    executable = training()
    for _ in range(40):
        executable.train(0, 4)
    losses = executable.drain().losses
    executable.close()
    assert losses[0] > 2
    assert losses[-4:].mean() < 0.2
