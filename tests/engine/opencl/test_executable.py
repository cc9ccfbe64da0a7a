"""The whole executable: what the public contract does not say but this backend promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyopencl as cl
import pytest

from nnstudio.engine.backend import BATCH_SIZES, DeviceError, DeviceLostError
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.opencl import backend, launcher, lowering, memory
from nnstudio.engine.opencl.backend import OpenCLBackend
from nnstudio.engine.opencl.executable import OpenCLExecutable
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.optimizers import SGD, Adam, Momentum, OptimizerBase
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain, convnet, lenet5, softmax_regression
from tests.engine.opencl.rig import FORMS

COUNT, BATCH = 200, 32
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def samples(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    images = generator.integers(0, 256, (COUNT, *plan.input.shape), np.uint8)
    return images, generator.integers(0, plan.output.size, COUNT).astype(np.int32)


def prepared(
    device: cl.Device, spec: NetworkSpec, form: Form | None = None, optimizer: OptimizerBase | None = None
) -> OpenCLExecutable:
    """Ready to train, with NaN wherever a step must write before it reads."""
    plan = compile_plan(spec)
    executable = OpenCLBackend(device, form=form).prepare(
        plan, batch_size=BATCH, optimizer=optimizer or Momentum(), seed=3
    )
    executable.poison()
    executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 1))
    executable.load_samples(*samples(plan))
    executable.begin_epoch(np.random.default_rng(2).permutation(COUNT))
    return executable


@forms
def test_training_follows_numpy_in_every_form(device: cl.Device, form: Form) -> None:
    executable = prepared(device, convnet(), form)
    plan = executable.plan
    reference = NumpyBackend(np.float64).prepare(plan, batch_size=BATCH, optimizer=Momentum(), seed=3)
    reference.write_parameters(executable.read_parameters())
    reference.load_samples(*samples(plan))
    reference.begin_epoch(np.random.default_rng(2).permutation(COUNT))
    for each in (executable, reference):
        each.train(0, 7)
    metrics, expected = executable.drain(), reference.drain()
    np.testing.assert_allclose(metrics.losses, expected.losses, rtol=1e-4)
    assert metrics.correct.tolist() == expected.correct.tolist()
    assert metrics.counts.tolist() == expected.counts.tolist() == [32] * 6 + [8]


def test_two_runs_are_bit_identical(device: cl.Device) -> None:
    runs = []
    for _ in range(2):
        executable = prepared(device, convnet(), optimizer=Adam())
        for _ in range(3):
            executable.train(0, 7)
        runs.append((executable.read_parameters(), executable.drain().losses))
    for name, values in runs[0][0].items():
        assert np.array_equal(values, runs[1][0][name]), name
    assert np.array_equal(runs[0][1], runs[1][1])


def test_using_the_network_does_not_touch_training(device: cl.Device) -> None:
    plain, used = prepared(device, convnet(), optimizer=Adam()), prepared(device, convnet(), optimizer=Adam())
    images, labels = samples(plain.plan)
    for start in (0, 3, 5):
        for executable in (plain, used):
            executable.train(start, 2)
        used.evaluate(images[:70], labels[:70])
        used.gradients(images[:9], labels[:9])
        used.predict(images[:1].astype(np.float32) / 255)
    assert np.array_equal(plain.drain().losses, used.drain().losses)
    for name, values in plain.read_parameters().items():
        assert np.array_equal(values, used.read_parameters()[name]), name


def test_float_and_uint8_samples_mean_the_same(device: cl.Device) -> None:
    executable = prepared(device, lenet5())
    images, _ = samples(executable.plan)
    np.testing.assert_allclose(
        executable.predict(images), executable.predict(images.astype(np.float32) / 255), rtol=1e-5, atol=1e-7
    )


def test_metrics_survive_more_steps_than_there_are_rows(device: cl.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = prepared(device, softmax_regression())
    monkeypatch.setattr(lowering, "METRIC_BYTES", 0)
    tight = prepared(device, softmax_regression())
    for executable in (whole, tight):
        for _ in range(6):
            executable.train(0, 7)
    expected, metrics = whole.drain(), tight.drain()
    assert len(metrics.losses) == 42
    assert np.array_equal(metrics.losses, expected.losses)
    assert len(tight.drain().losses) == 0


def test_split_launches_compute_the_same(device: cl.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = prepared(device, lenet5())
    monkeypatch.setattr(launcher, "most_work", lambda _: 100_000)
    cut = prepared(device, lenet5())
    images, labels = samples(whole.plan)
    expected, gradients = (each.gradients(images[:BATCH], labels[:BATCH]) for each in (whole, cut))
    for name, values in expected.items():
        assert np.array_equal(values, gradients[name]), name


def test_two_dropouts_drop_different_values(device: cl.Device) -> None:
    layers = [Input(height=4, width=4), Flatten(), Dropout(), Dropout(rate=0.25), Dense(units=3), SoftmaxOutput()]
    plan = compile_plan(chain("dropouts", layers))
    losses = []
    for each in (OpenCLBackend(device), NumpyBackend()):
        executable = each.prepare(plan, batch_size=BATCH, optimizer=SGD(), seed=9)
        executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 1))
        executable.load_samples(*samples(plan))
        executable.begin_epoch(np.arange(COUNT))
        executable.train(0, 3)
        losses.append(executable.drain().losses)
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_a_network_without_parameters(device: cl.Device) -> None:
    plan = compile_plan(chain("empty", [Input(height=2, width=2), Flatten(), SoftmaxOutput()]))
    executable = OpenCLBackend(device).prepare(plan, batch_size=3, optimizer=Adam())
    executable.load_samples(np.zeros((5, 1, 2, 2), np.uint8), np.arange(5) % 4)
    executable.begin_epoch(np.arange(5))
    executable.train(0, 2)
    np.testing.assert_allclose(executable.drain().losses, np.log(4), rtol=1e-6)
    assert executable.read_parameters() == {}


def test_nan_reaches_the_loss(device: cl.Device) -> None:
    executable = prepared(device, lenet5())
    weight = executable.read_parameters()["conv1.weight"]
    weight[0, 0, 2, 2] = np.nan
    executable.write_parameters({"conv1.weight": weight})
    executable.train(0, 1)
    assert np.isnan(executable.drain().losses).all()


# ---- a device that fails


USES: dict[str, Callable[[OpenCLExecutable], object]] = {
    "train": lambda executable: executable.train(0, 2),
    "drain": lambda executable: executable.drain(),
    "read_parameters": lambda executable: executable.read_parameters(),
    "predict": lambda executable: executable.predict(samples(executable.plan)[0]),
}


def test_a_device_lost_in_training_says_so_and_is_left_alone(device: cl.Device) -> None:
    executable = prepared(device, softmax_regression())
    executable.fail_after(3)
    executable.train(0, 3)
    with pytest.raises(DeviceLostError, match="failed at work"):
        executable.train(3, 1)
    for use in USES.values():
        with pytest.raises(DeviceLostError, match="has failed before"):
            use(executable)
    executable.close()


def test_a_lost_executable_takes_no_other_with_it(device: cl.Device) -> None:
    lost, other = prepared(device, softmax_regression()), prepared(device, softmax_regression())
    lost.fail_after(0)
    with pytest.raises(DeviceLostError):
        lost.train(0, 1)
    other.train(0, 1)
    assert np.isfinite(other.drain().losses).all()


@pytest.mark.parametrize("function", ["enqueue_nd_range_kernel", "enqueue_copy"])
def test_every_error_of_opencl_is_a_lost_device(
    device: cl.Device, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    executable = prepared(device, softmax_regression())

    def fail(*_: object, **__: object) -> None:
        raise cl.RuntimeError("OUT_OF_RESOURCES")

    monkeypatch.setattr(cl, function, fail)
    with pytest.raises(DeviceLostError, match="OUT_OF_RESOURCES"):
        executable.train(0, 1)
        executable.drain()


# ---- memory


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_training_on_the_processor_reads_samples_where_they_are(
    device: cl.Device, monkeypatch: pytest.MonkeyPatch, dtype: type[np.generic]
) -> None:
    if not device.type & cl.device_type.CPU:
        pytest.skip("this device has memory of its own")
    losses = []
    for lends in (True, False):
        monkeypatch.setattr(memory, "reads_our_memory", lambda _, lends=lends: lends)
        executable = prepared(device, lenet5())
        images, labels = samples(executable.plan)
        images = images.astype(dtype)[1:]  # not where a page begins
        images.flags.writeable = False
        executable.load_samples(images, labels[1:])
        del images, labels
        executable.begin_epoch(np.arange(COUNT - 1))
        executable.train(0, 7)
        losses.append(executable.drain().losses)
        executable.close()
    assert np.array_equal(*losses)


def test_a_batch_that_does_not_fit_proposes_a_smaller_one(device: cl.Device) -> None:
    opencl, plan = OpenCLBackend(device), compile_plan(lenet5())
    with pytest.raises(DeviceError, match="smaller batch") as caught:
        opencl.prepare(plan, batch_size=100_000_000)
    proposed = int(caught.value.hint.split()[-1].rstrip(".").replace(",", ""))
    assert proposed > 64
    opencl.require_fit(plan, batch_size=proposed)
    if proposed < BATCH_SIZES[-1]:  # where there is a great deal of memory, all that are ever proposed fit
        with pytest.raises(DeviceError):
            opencl.require_fit(plan, batch_size=4 * proposed)


def test_a_network_that_never_fits_says_so(device: cl.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "MOST_VALUES", 10_000)
    with pytest.raises(DeviceError, match="network smaller"):
        OpenCLBackend(device).prepare(compile_plan(lenet5()), batch_size=64)


def test_out_of_memory_while_buffers_are_made_is_no_lost_device(
    device: cl.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise cl.MemoryError("MEM_OBJECT_ALLOCATION_FAILURE")

    monkeypatch.setattr(cl, "Buffer", fail)
    with pytest.raises(DeviceError, match="no room") as caught:
        OpenCLBackend(device).prepare(compile_plan(lenet5()), batch_size=64)
    assert not isinstance(caught.value, DeviceLostError)


def test_samples_that_do_not_fit_are_refused_and_nothing_is_lost(
    device: cl.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable = prepared(device, softmax_regression())
    before = executable.read_parameters()
    huge = np.broadcast_to(np.uint8(0), (2**33, 1, 28, 28))
    with pytest.raises(DeviceError, match="TiB in one piece"):
        executable.load_samples(huge, np.broadcast_to(np.int32(0), 2**33))
    assert np.array_equal(before["dense1.weight"], executable.read_parameters()["dense1.weight"])
