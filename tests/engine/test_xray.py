"""The engine X-ray on every backend: rows, shares, and that looking changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from nnstudio.engine.backend import Backend, DeviceLostError, Phase
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.optimizers import Adam
from nnstudio.engine.plan import PlanError, compile_plan
from nnstudio.engine.xray import CancelledError, Peaks, compare, examine, largest_difference
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.pooling import MaxPooling
from tests.engine.networks import network, problem

PEAKS = Peaks(100.0, 10.0, 1e-6)
SMALL = network((2, 8, 8), [Convolution(filters=3, kernel=(3, 3)), MaxPooling(), Dropout(rate=0.3)])


def places(spec: NetworkSpec, backend: Backend) -> list[tuple[object, ...]]:
    """What is to be done where, as an X-ray has it."""
    xray = examine(spec, backend, batch_size=16, peaks=PEAKS, seconds=0.02)
    return [(row.node, row.kind, row.phase, row.flops, row.bytes) for row in xray.rows]


def test_every_backend_gives_the_same_rows(backend: Backend) -> None:
    assert places(SMALL, backend) == places(SMALL, NumpyBackend())


def test_an_xray_adds_up(backend: Backend) -> None:
    xray = examine(SMALL, backend, batch_size=16, peaks=PEAKS, seconds=0.02)
    assert (xray.key, xray.device, xray.network, xray.batch_size) == (backend.key, backend.name, "test", 16)
    assert xray.step_seconds > 0
    assert xray.images_per_second == pytest.approx(16 / xray.step_seconds)
    assert sum(row.share for row in xray.rows) == pytest.approx(1)
    assert list(dict.fromkeys(row.phase for row in xray.rows)) == list(Phase)
    for row in xray.rows:
        assert (row.seconds > 0) == (row.launches > 0) or not row.bytes
        assert row.seconds * row.gflops * 1e9 == pytest.approx(row.flops if row.seconds else 0)
        assert row.seconds * row.gbs * 1e9 == pytest.approx(row.bytes if row.seconds else 0)
        assert row.explanation
    assert json.loads(json.dumps(asdict(xray)))["rows"][1]["node"] == "conv1"


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_profiling_is_training(backend: Backend, loss: str) -> None:
    """Two runs, one of which is profiled here and there, are the same to the bit, the last batch not being full."""
    case = problem(SMALL, 41, loss=loss, keep=False)  # type: ignore[arg-type]
    runs = [backend.prepare(case.plan, batch_size=16, optimizer=Adam(), seed=3) for _ in range(2)]
    for number, run in enumerate(runs):
        run.write_parameters(case.parameters)
        run.load_samples(case.images.astype(np.float32), case.labels)
        for step in (run.train, run.profile if number else run.train, run.train):
            run.begin_epoch(np.random.default_rng(1).permutation(41))
            step(0, 3)
    expected, profiled = (run.read_state() for run in runs)
    assert expected.step == profiled.step == 9
    for one, other in zip((expected.parameters, *expected.slots), (profiled.parameters, *profiled.slots), strict=True):
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name], err_msg=name)
    metrics, others = (run.drain() for run in runs)
    np.testing.assert_array_equal(metrics.losses, others.losses)
    np.testing.assert_array_equal(metrics.correct, others.correct)
    for run in runs:
        run.close()


def test_a_profile_names_nodes_of_the_plan(backend: Backend) -> None:
    case = problem(SMALL, 20, keep=False)
    executable = backend.prepare(case.plan, batch_size=8, optimizer=Adam())
    executable.load_samples(case.images.astype(np.float32), case.labels)
    executable.begin_epoch(np.arange(20))
    timings = executable.profile(1, 2)
    assert len({(timing.node, timing.phase) for timing in timings}) == len(timings)
    assert {timing.node for timing in timings} <= {*case.plan.tensor_of, ""}
    assert [timing.node for timing in timings if timing.phase is Phase.UPDATE] == [""]
    assert all(timing.seconds >= 0 and timing.launches >= 1 for timing in timings)
    with pytest.raises(ValueError, match="must lie within the epoch's 3 batches"):
        executable.profile(2, 2)
    executable.close()


# ---- progress, cancelling, complaints


def test_progress_goes_from_nothing_to_all() -> None:
    shares: list[float] = []
    compare(SMALL, *[NumpyBackend()] * 2, peaks=(PEAKS, PEAKS), seconds=0.02, progress=shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5 < shares[-1] == 1


def test_whoever_cancels_gets_an_error() -> None:
    shares: list[float] = []
    with pytest.raises(CancelledError):
        examine(SMALL, NumpyBackend(), peaks=PEAKS, progress=shares.append, cancelled=lambda: len(shares) > 1)
    assert len(shares) == 2


def test_a_network_with_a_problem_is_refused() -> None:
    with pytest.raises(PlanError):
        examine(NetworkSpec(), NumpyBackend(), peaks=PEAKS)


def test_a_device_that_fails_while_it_is_profiled_is_lost(other_backend: Backend) -> None:
    case = problem(SMALL, 20, keep=False)
    executable = other_backend.prepare(case.plan, batch_size=8, optimizer=Adam())
    executable.load_samples(case.images.astype(np.float32), case.labels)
    executable.begin_epoch(np.arange(20))
    executable.fail_after(1)  # type: ignore[attr-defined]
    for _ in range(2):
        with pytest.raises(DeviceLostError):
            executable.profile(0, 2)
    executable.close()


# ---- comparing


def test_devices_agree(other_backend: Backend) -> None:
    comparison = compare(SMALL, NumpyBackend(), other_backend, batch_size=16, peaks=(PEAKS, PEAKS), seconds=0.02)
    assert (comparison.first.key, comparison.second.key) == ("numpy", other_backend.key)
    assert 0 < comparison.largest_difference < 1e-4
    names = {slot.name for slot in compile_plan(SMALL).slots}
    assert comparison.where.removeprefix("the gradient of ") in {*names, "the loss", "input"}


def test_the_largest_difference_is_relative_and_named() -> None:
    first = {"a": np.array([1.0, 2.0]), "b": np.array([100.0, -200.0]), "c": np.zeros(2)}
    second = {"a": np.array([1.0, 2.1]), "b": np.array([101.0, -200.0]), "c": np.zeros(2)}
    difference, where = largest_difference(first, second)
    assert where == "a"
    assert difference == pytest.approx(0.1 / 2.1)
    assert largest_difference(first, {**first, "c": np.array([0.0, np.nan])}) == (float("inf"), "c")
    assert largest_difference(first, first)[0] == 0
