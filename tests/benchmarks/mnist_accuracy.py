"""LeNet-5 on MNIST, batch 64, 3 epochs, all other settings as they come: test accuracy on every healthy device.

    python -m tests.benchmarks.mnist_accuracy FOLDER [--seeds 3]

FOLDER holds MNIST's IDX files. 98.5 % are wanted on each device with each seed.
"""

from __future__ import annotations

import argparse
from time import perf_counter

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import list_devices, open_backend
from nnstudio.network.presets import lenet5
from nnstudio.training.events import Finished
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    dataset = load_dataset(options.folder)
    for device in list_devices():
        if not device.healthy:
            print(f"{device.key}: cannot be used: {device.reason}")
            continue
        for seed in range(options.seeds):
            print(result(dataset, open_backend(device.key), seed), flush=True)


def result(dataset: Dataset, backend: Backend, seed: int) -> str:
    began = perf_counter()
    settings = TrainingSettings(epochs=3, batch_size=64, seed=seed)
    *_, finished = Trainer(lenet5(), dataset, settings, backend=backend).run()
    assert isinstance(finished, Finished), finished
    seconds = perf_counter() - began
    return (
        f"{backend.name}, seed {seed}: {finished.test_accuracy:.2%} of the test pictures right, "
        f"{finished.images_per_second:,.0f} images/s, {seconds:.1f} s with all evaluations"
    )


if __name__ == "__main__":
    main()
