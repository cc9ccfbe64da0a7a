"""How well training speeds are estimated: `python -m tests.benchmarks.speed_estimate [--device numpy]`.

The device's figures are measured as the designer does, then each small preset is trained on noise for a while. Told
are both speeds and how far the estimate is off. Other programs disturb both; run it on a machine that is at rest.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from time import perf_counter

from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import open_backend
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.rehearsal import prepared
from nnstudio.engine.speed import Figures, images_per_second, measure_figures, training_seconds
from nnstudio.network.presets import PRESETS

SMALL = (
    "rosenblatt", "points", "perceptron", "mlp", "lenet5", "convnet", "autoencoder", "mobilenet-small", "resnet20",
    "vgg-small",
)  # fmt: skip
SECONDS = 0.4


def real_speed(name: str, backend: Backend, batch_size: int) -> float:
    """Images a second in training a preset."""
    with prepared(compile_plan(PRESETS[name]()), backend, batch_size) as executable:
        return batch_size / training_seconds(executable, SECONDS)


def row(name: str, backend: Backend, figures: Figures, batch_size: int) -> str:
    real = real_speed(name, backend, batch_size)
    estimate = images_per_second(compile_plan(PRESETS[name]()), batch_size, figures)
    return f"| {name} | {batch_size} | {estimate:,.0f} | {real:,.0f} | {estimate / real:.2f} |"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batches", default="64", help="batch sizes, with commas")
    parser.add_argument("--only", default=",".join(SMALL), help="presets, with commas")
    options = parser.parse_args(argv)
    backend = open_backend(options.device)
    began = perf_counter()
    figures = measure_figures(backend)
    print(f"{backend.name}: measured in {perf_counter() - began:.1f} s: {figures}\n")
    print("| network | batch | estimate, images/s | training, images/s | estimate / training |")
    print("|---|---:|---:|---:|---:|")
    for name in options.only.split(","):
        for batch_size in map(int, options.batches.split(",")):
            print(row(name, backend, figures, batch_size), flush=True)


if __name__ == "__main__":
    main()
