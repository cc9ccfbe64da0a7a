"""A process of its own that trains, and says how much memory it was told it would take and took.

    python -m tests.training.memory_driver DEVICE BATCH_SIZE EPOCHS

DEVICE is ``numpy`` or ``opencl``. The answer is one JSON object: bytes ``predicted``, ``taken`` at the peak, and how
much of that there was at the end of each epoch. Linux only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import Backend
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.optimizers import Adam
from nnstudio.network.layers import Layer
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from nnstudio.network.spec import NetworkSpec
from nnstudio.training.events import EpochDone, Failed, Started
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer


def main(key: str, batch_size: int, epochs: int) -> None:
    backend, spec = open_device(key), network()
    # Once with a small batch, and again: libraries, compilers and pools of threads are there then.
    for _ in range(2):
        list(Trainer(spec, samples(16), TrainingSettings(epochs=1, batch_size=8), backend=backend).run())
    dataset = samples(4 * batch_size)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from now
    before, predicted, at_epochs = resident("VmRSS"), 0, []
    settings = TrainingSettings(epochs=epochs, batch_size=batch_size, optimizer=Adam(learning_rate=1e-5))
    for event in Trainer(spec, dataset, settings, backend=backend).run():
        match event:
            case Started():
                predicted = event.memory
            case EpochDone():
                at_epochs.append(resident("VmRSS") - before)
            case Failed():
                sys.exit(f"{event.message} {event.hint}")
    print(json.dumps({"predicted": predicted, "taken": resident("VmHWM") - before, "at_epochs": at_epochs}))


def open_device(key: str) -> Backend:
    if key == "numpy":
        return NumpyBackend()
    from nnstudio.engine.opencl.backend import OpenCLBackend
    from nnstudio.engine.opencl.platforms import all_devices

    return OpenCLBackend(all_devices()[0])


def network() -> NetworkSpec:
    """The first half of VGG-small: large values, and few of them to compute."""
    layers: list[Layer] = [Input(channels=3, height=32, width=32)]
    for filters in (16, 32):
        convolution = Convolution(filters=filters, kernel=(3, 3), padding=(1, 1))
        layers += [convolution, ReLU(), convolution, ReLU(), MaxPooling()]
    return chain("VGG-tiny", [*layers, Flatten(), Dense(units=64), ReLU(), Dense(units=10), SoftmaxOutput()])


def samples(count: int) -> Dataset:
    generator = np.random.default_rng(0)

    def part() -> Samples:
        images = generator.integers(0, 256, (count, 3, 32, 32), np.uint8)
        return Samples(images, generator.integers(0, 10, count).astype(np.int32))

    return Dataset("noise", part(), part(), part(), tuple("0123456789"))


def resident(line: str) -> int:
    """Bytes of this process's memory that are really there: now (``VmRSS``), or at most (``VmHWM``)."""
    for entry in Path("/proc/self/status").read_text().splitlines():
        name, _, value = entry.partition(":")
        if name == line:
            return int(value.split()[0]) * 1024
    raise LookupError(line)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
