"""Training LeNet-5 side by side with PyTorch: ``python -m tests.benchmarks.lenet``.

All contenders do the same work: gather a batch by random index, forward, cross entropy, backward, update with momentum.
They take turns within one run, so that a busy machine is busy for all of them; medians count.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import list_devices, open_backend
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.optimizers import Momentum
from nnstudio.engine.plan import compile_plan
from nnstudio.network.presets import lenet5

IMAGES = 60_000


@dataclass
class Contender:
    """``train`` does a number of steps to the end, ``predict`` gives one image's answer."""

    name: str
    train: Callable[[int], None]
    predict: Callable[[], object]
    training_rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def samples() -> tuple[np.ndarray, np.ndarray]:
    """As many pictures as MNIST has, of noise: the work does not depend on what is in them."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (IMAGES, 1, 28, 28), np.uint8), generator.integers(0, 10, IMAGES).astype(np.int32)


def engine_contender(backend: Backend, batch_size: int) -> Contender:
    """The project's engine on ``backend``."""
    images, labels = samples()
    plan = compile_plan(lenet5())
    weights = initial_parameters(plan, Initializer.HE_NORMAL, 0)
    training = backend.prepare(plan, batch_size=batch_size, optimizer=Momentum())
    training.write_parameters(weights)
    training.load_samples(images, labels)
    training.begin_epoch(np.random.default_rng(1).permutation(IMAGES))
    using = backend.prepare(plan, batch_size=1)
    using.write_parameters(weights)

    def train(steps: int) -> None:
        training.train(0, steps)
        training.drain()

    return Contender(f"NN Studio, {backend.name}", train, lambda: using.predict(images[:1]))


def torch_contender(batch_size: int, threads: int) -> Contender:
    """The same network, data and optimizer in PyTorch, eager, on the processor."""
    try:
        import torch
        from torch import nn
    except ImportError:
        sys.exit("This benchmark compares with PyTorch: install it first (pip install torch).")
    images, labels = (torch.from_numpy(array) for array in samples())
    labels = labels.long()
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    order = torch.randperm(IMAGES)

    def train(steps: int) -> None:
        torch.set_num_threads(threads)  # each time, since the NumPy backend may have limited a library that both use
        for step in range(steps):
            chosen = order[step * batch_size : (step + 1) * batch_size]
            loss = nn.functional.cross_entropy(network(images[chosen].float() / 255), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def predict() -> object:
        with torch.inference_mode():
            return nn.functional.softmax(network(images[:1].float() / 255), dim=1).numpy()

    return Contender(f"PyTorch {torch.__version__}, eager", train, predict)


def contenders(batch_size: int, threads: int) -> Iterator[Contender]:
    """PyTorch first: the others are compared with it."""
    yield torch_contender(batch_size, threads)
    yield engine_contender(NumpyBackend(), batch_size)
    for device in list_devices():
        if device.key.startswith("opencl"):
            yield engine_contender(open_backend(device.key), batch_size)


def measure(contender: Contender, batch_size: int, steps: int) -> None:
    began = perf_counter()
    contender.train(steps)
    contender.training_rates.append(steps * batch_size / (perf_counter() - began))
    for _ in range(50):
        began = perf_counter()
        contender.predict()
        contender.latencies.append(perf_counter() - began)


def report(results: list[Contender], batch_size: int) -> None:
    """A Markdown table."""
    rounds = len(results[0].training_rates)
    print(f"\nLeNet-5, batch {batch_size}, everything included; medians of {rounds} rounds, the best one in brackets")
    print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}\n")
    print("| engine | images/s | × PyTorch | one image, ms | × PyTorch |\n|---|---:|---:|---:|---:|")
    peer, peer_latency = median(results[0].training_rates), median(results[0].latencies)
    for result in results:
        rate, latency = median(result.training_rates), median(result.latencies)
        print(f"| {result.name} | {rate:,.0f} ({max(result.training_rates):,.0f}) | {rate / peer:.2f} ", end="")
        print(f"| {latency * 1e3:.3f} | {peer_latency / latency:.2f} |")


def processor() -> str:
    """Its name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=200, help="steps in a round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads for PyTorch")
    options = parser.parse_args()
    steps = min(options.steps, IMAGES // options.batch_size)
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5:
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f}): PyTorch's threads suffer most from that.")
    entrants = list(contenders(options.batch_size, options.threads))
    for entrant in entrants:
        entrant.train(20)
        entrant.predict()
    for _ in range(options.rounds):
        for entrant in entrants:
            measure(entrant, options.batch_size, steps)
    report(entrants, options.batch_size)


if __name__ == "__main__":
    main()
