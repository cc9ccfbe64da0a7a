"""The rows of the speed table: what is measured against what, and what is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack

from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import DeviceInfo, list_devices
from nnstudio.engine.optimizers import Momentum
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.work import work_of
from tests.benchmarks import bandwidth, engine_side, first_step, growth, matmul, torch_peer
from tests.benchmarks.contest import Contender, Result, contest
from tests.benchmarks.networks import IMAGES, NAMES, NETWORKS
from tests.benchmarks.row import Goal, NotHereError, Row, Settings

MOST_LONG_ROUNDS = 5
"""Where a turn takes many seconds."""


def rows() -> list[Row]:
    devices = [device for device in list_devices() if device.healthy]
    return [
        _training("lenet", 16, Goal("OpenCL", at_least=5)),
        _training("lenet", 64, Goal("OpenCL, PoCL", at_least=6), Goal("OpenCL, Intel", at_least=7),
                  Goal("NumPy (CPU)", at_least=1), numpy=True),
        _training("lenet", 256, Goal("OpenCL", at_least=5)),
        _training("vgg", 64, Goal("OpenCL", at_least=1.8)),
        _training("resnet", 64, Goal("OpenCL", at_least=1.5), peers=(torch_peer.EAGER,)),
        Row("matmul", "1024³ product, float32", "GFLOP/s", (Goal("OpenCL", at_least=1.8),), _matmul),
        Row("image", "LeNet-5, one image", "ms", (Goal("NumPy (CPU)", figure=0.1),), _image, inverse=True),
        Row("first-step", "LeNet-5, saved project to first step", "ms",
            (Goal("in the program", figure=150),), lambda settings: first_step.measure(settings.rounds)),
        *map(_linear, devices),
        *map(_memory, devices),
        *(_bandwidth(device) for device in devices if device.key.startswith("opencl:")),
        _gpu_training("lenet", 64, Goal("OpenCL", at_least=1)),
        _gpu_training("lenet", 512, Goal("OpenCL", at_least=1)),
        _gpu_training("vgg", 256, Goal("OpenCL", at_least=0.7)),
    ]  # fmt: skip


def _training(
    name: str, batch_size: int, *goals: Goal, numpy: bool = False, peers: Sequence[str] = torch_peer.USUAL
) -> Row:
    def measure(settings: Settings) -> list[Result]:
        with ExitStack() as stack:
            contenders = torch_peer.on_processor(name, batch_size, settings.threads, peers)
            contenders += _engines(stack, name, batch_size, engine_side.backends(numpy=numpy, kind="cpu"))
            return contest(contenders, settings.rounds, settings.seconds)

    return Row(f"{name}-{batch_size}", _title(name, batch_size), "images/s", goals, measure)


def _engines(stack: ExitStack, name: str, batch_size: int, backends: Iterable[Backend]) -> Iterator[Contender]:
    for backend in backends:
        yield engine_side.training(stack, backend, NETWORKS[name](), batch_size, IMAGES[name])


def _gpu_training(name: str, batch_size: int, *goals: Goal) -> Row:
    """Against PyTorch eager on the same GPU."""

    def measure(settings: Settings) -> list[Result]:
        if not torch_peer.torch.cuda.is_available():
            raise NotHereError("PyTorch finds no GPU")
        if not engine_side.opencl_devices("gpu"):
            raise NotHereError("OpenCL finds no GPU")
        with ExitStack() as stack:
            contenders = [torch_peer.training(name, batch_size, settings.threads, "cuda")]
            contenders += _engines(stack, name, batch_size, engine_side.backends(numpy=False, kind="gpu"))
            return contest(contenders, settings.rounds, settings.seconds)

    return Row(f"gpu-{name}-{batch_size}", f"{_title(name, batch_size)}, GPU", "images/s", goals, measure)


def _linear(device: DeviceInfo) -> Row:
    def measure(settings: Settings) -> list[Result]:
        return growth.time_per_image(device, min(settings.rounds, MOST_LONG_ROUNDS))

    goal = Goal("", at_most=1.1)
    return Row(f"linear-{device.key}", "LeNet-5, batch 64, training, time for an image", "µs", (goal,), measure)


def _memory(device: DeviceInfo) -> Row:
    def measure(_settings: Settings) -> list[Result]:
        return growth.memory_by_epochs(device)

    goal = Goal("", at_most=1.05)
    return Row(f"memory-{device.key}", "LeNet-5, batch 64, training, memory of the process", "MiB", (goal,), measure)


def _bandwidth(device: DeviceInfo) -> Row:
    def measure(settings: Settings) -> list[Result]:
        return bandwidth.shares(device.key, min(settings.rounds, MOST_LONG_ROUNDS), settings.seconds)

    goal = Goal("", at_least_figure=50)
    return Row(f"bandwidth-{device.key}", f"{bandwidth.WORK}, {device.label}", bandwidth.UNIT, (goal,), measure)


def _title(name: str, batch_size: int) -> str:
    flops = sum(work.flops for work in work_of(compile_plan(NETWORKS[name]()), batch_size, Momentum())) / batch_size
    return f"{NAMES[name]}, batch {batch_size}, training, {flops / 1e6:,.1f} MFLOP an image"


def _matmul(settings: Settings) -> list[Result]:
    with ExitStack() as stack:
        contenders = matmul.by_numpy(stack, settings.threads)
        contenders += [matmul.by_engine(stack, device) for device in engine_side.opencl_devices("cpu")]
        return contest(contenders, settings.rounds, settings.seconds)


def _image(settings: Settings) -> list[Result]:
    with ExitStack() as stack:
        contenders: list[Contender] = [torch_peer.single_image(settings.threads)]
        contenders += [engine_side.single_image(stack, backend) for backend in engine_side.backends(numpy=True)]
        rates = contest(contenders, settings.rounds, settings.seconds)
    return [Result(rate.name, tuple(1e3 / value for value in rate.values), rate.peer) for rate in rates]
