"""A product of two 1024×1024 matrices of float32: the forward pass of a dense layer against NumPy's ``@``.

Both sides have their data where they compute. The layer's product is measured inside whole training steps, by the
device's own clock (``Executable.profile``), and adds a bias, which NumPy's does not. NumPy writes into a result that
is there already; it computes in child processes, since its settings hold for a whole process: the peer with the
environment as it is, and, where a variable keeps NumPy's library from using all of the processor, one without it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from time import perf_counter

import numpy as np

from nnstudio.engine.backend import Backend, Phase
from nnstudio.engine.optimizers import Momentum
from nnstudio.engine.plan import compile_plan
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.benchmarks.contest import Contender
from tests.benchmarks.engine_side import prepared
from tests.benchmarks.networks import noise

SIZE = 1024
GFLOP = 2 * SIZE**3 / 1e9
VARIABLE = "OPENBLAS_CORETYPE"
"""Names an older processor than there is."""


def by_engine(stack: ExitStack, backend: Backend) -> Contender:
    """In GFLOP/s. Other parts of the steps take time too, which is not counted."""
    layers = [Input(channels=SIZE, height=1, width=1), Flatten(), Dense(units=SIZE), SoftmaxOutput()]
    plan = compile_plan(chain("One product", layers))
    executable = prepared(stack, backend, plan, SIZE, Momentum())
    executable.load_samples(*noise(SIZE, plan.input.shape))
    executable.begin_epoch(np.arange(SIZE))
    (node,) = (op.node for op in plan.ops if isinstance(op.layer, Dense))

    def run(times: int) -> float:
        seconds = 0.0
        for _ in range(times):
            timings = executable.profile(0, 1)
            seconds += sum(t.seconds for t in timings if (t.node, t.phase) == (node, Phase.FORWARD))
        return seconds

    return Contender(f"NN Studio, {backend.name}", run, GFLOP)


def by_numpy(stack: ExitStack, threads: int) -> list[Contender]:
    """In GFLOP/s."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    name = f"NumPy {np.__version__}"
    if VARIABLE not in environment:
        return [_in_child(stack, name, environment, peer=True)]
    free = {key: value for key, value in environment.items() if key != VARIABLE}
    limited = _in_child(stack, f"{name}, {VARIABLE}={environment[VARIABLE]}", environment, peer=True)
    return [limited, _in_child(stack, f"{name} without {VARIABLE}", free, peer=False)]


def _in_child(stack: ExitStack, name: str, environment: dict[str, str], peer: bool) -> Contender:
    child = subprocess.Popen(
        [sys.executable, "-m", __name__], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    stack.enter_context(child)
    assert child.stdin
    assert child.stdout
    questions, answers = child.stdin, child.stdout

    def run(times: int) -> float:
        print(times, file=questions, flush=True)
        return float(answers.readline())

    return Contender(name, run, GFLOP, peer)


def main() -> None:
    """The child: for each line with a number, so many products, and a line with the seconds that they took."""
    first, second = np.random.default_rng(0).normal(size=(2, SIZE, SIZE)).astype(np.float32)
    result = np.empty_like(first)
    for line in sys.stdin:
        began = perf_counter()
        for _ in range(int(line)):
            np.matmul(first, second, out=result)
        print(perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
