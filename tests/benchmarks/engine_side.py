"""The project's engine as a contender."""

from __future__ import annotations

from contextlib import ExitStack, closing

import numpy as np

from nnstudio.engine.backend import Backend, Executable
from nnstudio.engine.devices import DeviceInfo, list_devices, open_backend
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.optimizers import Momentum, OptimizerBase
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import lenet5
from tests.benchmarks.contest import Contender, timed
from tests.benchmarks.networks import noise


def opencl_devices(kind: str | None = None) -> list[DeviceInfo]:
    """The healthy ones, of one kind or of all."""
    devices = [device for device in list_devices() if device.key.startswith("opencl:") and device.healthy]
    return [device for device in devices if kind in (None, device.kind)]


def backends(*, numpy: bool, kind: str | None = None) -> list[Backend]:
    own: list[Backend] = [NumpyBackend()] if numpy else []
    return own + [open_backend(device.key) for device in opencl_devices(kind)]


def prepared(
    stack: ExitStack, backend: Backend, plan: Plan, batch_size: int, optimizer: OptimizerBase | None = None
) -> Executable:
    """An executable with initial weights that ``stack`` will close."""
    executable = stack.enter_context(closing(backend.prepare(plan, batch_size=batch_size, optimizer=optimizer)))
    executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 0))
    return executable


class Training:
    """Steps one after another, epoch after epoch, each in an order of its own."""

    def __init__(self, stack: ExitStack, backend: Backend, spec: NetworkSpec, batch_size: int, count: int) -> None:
        plan = compile_plan(spec)
        self.count, self.steps, self.next = count, count // batch_size, 0
        self.generator = np.random.default_rng(1)
        self.executable = prepared(stack, backend, plan, batch_size, Momentum())
        self.executable.load_samples(*noise(count, plan.input.shape))

    def __call__(self, steps: int) -> None:
        while steps:
            if self.next == 0:
                self.executable.begin_epoch(self.generator.permutation(self.count))
            stretch = min(steps, self.steps - self.next)
            self.executable.train(self.next, stretch)
            self.next, steps = (self.next + stretch) % self.steps, steps - stretch
        self.executable.drain()


def training(stack: ExitStack, backend: Backend, spec: NetworkSpec, batch_size: int, count: int) -> Contender:
    """In images a second."""
    steps = Training(stack, backend, spec, batch_size, count)
    return Contender(f"NN Studio, {backend.name}", timed(steps), batch_size)


def single_image(stack: ExitStack, backend: Backend) -> Contender:
    """LeNet-5's answer for one picture, as for the drawing canvas."""
    executable = prepared(stack, backend, compile_plan(lenet5()), batch_size=1)
    image = noise(1, (1, 28, 28))[0]

    def predict(times: int) -> None:
        for _ in range(times):
            executable.predict(image)

    return Contender(f"NN Studio, {backend.name}", timed(predict))
