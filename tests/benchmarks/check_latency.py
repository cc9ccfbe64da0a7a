"""How long an edit of a network waits for its check.

    python -m tests.benchmarks.check_latency [--rounds 30]

Chains and networks with shortcuts (as ResNet has them) of 50 and 200 layers, sound, with a broken layer in the middle
(so that repairs are tried), and with a warning at every convolution. Told are ``check`` alone, and a whole edit: a new
spec, written out, and checked. Medians and maxima in milliseconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter

from nnstudio.network import Layer, NetworkSpec, check, expand
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.pooling import GlobalAveragePooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import Builder, chain

LIMITS = {50: 16.0, 200: 100.0}
"""Milliseconds by layers."""
PICTURE = Input(channels=3, height=32, width=32)
END = (GlobalAveragePooling(), Dense(), SoftmaxOutput())


def filters(count: int = 16, *, kernel: int = 3, bias: bool = False) -> Convolution:
    return Convolution(filters=count, kernel=(kernel, kernel), padding=(1, 1), bias=bias)


def straight(layers: int, *, bias: bool = False) -> NetworkSpec:
    """Convolutions, normalizations and ReLUs in a row."""
    block: list[Layer] = [filters(bias=bias), BatchNormalization(), ReLU()]
    return chain("straight", [PICTURE, *block * ((layers - 1 - len(END)) // len(block)), *END])


def shortcuts(layers: int, *, bias: bool = False) -> NetworkSpec:
    """Two convolutions at a time, and a way past them."""
    network = Builder("shortcuts")
    network.path([PICTURE, filters(), ReLU()])
    pair = [filters(bias=bias), BatchNormalization(), ReLU(), filters(bias=bias), BatchNormalization()]
    while len(network.spec.nodes) + len(pair) + 2 + len(END) <= layers:
        start = network.end
        network.put(Add(), network.path(pair), start)
        network.put(ReLU())
    network.path(END)
    return network.spec


def broken(spec: NetworkSpec) -> NetworkSpec:
    """With a kernel that is too large, and a layer that leads nowhere."""
    middle = spec.nodes[len(spec.nodes) // 2 :]
    node = next(node for node in middle if isinstance(node.layer, Convolution))
    spare = spec.add(ReLU(), "spare").connect("conv1", "spare")
    return spare.replace(node.id, Convolution(filters=16, kernel=(64, 64)))


NETWORKS: dict[str, Callable[[int], NetworkSpec]] = {
    "chain": straight,
    "shortcuts": shortcuts,
    "chain, broken": lambda layers: broken(straight(layers)),
    "shortcuts, broken": lambda layers: broken(shortcuts(layers)),
    "shortcuts, many warnings": lambda layers: shortcuts(layers, bias=True),
}


def edit(spec: NetworkSpec, number: int) -> None:
    """What the window does for one step of a slider."""
    changed = spec.replace("conv1", filters(16, bias=bool(number % 2)))
    expand(changed)
    check(changed)


def milliseconds(work: Callable[[int], object], rounds: int) -> list[float]:
    times = []
    for number in range(rounds):
        began = perf_counter()
        work(number)
        times.append(1000 * (perf_counter() - began))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    print("| network | layers | check, ms | slowest | edit and check, ms | slowest | at most |")
    print("|---|---|---|---|---|---|---|")
    for layers, limit in LIMITS.items():
        for name, make in NETWORKS.items():
            spec = make(layers)
            alone = milliseconds(lambda _number, spec=spec: check(spec), rounds)
            whole = milliseconds(lambda number, spec=spec: edit(spec, number), rounds)
            figures = (median(alone), max(alone), median(whole), max(whole), limit)
            print(f"| {name} | {len(spec.nodes)} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
