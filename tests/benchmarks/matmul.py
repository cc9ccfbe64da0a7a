"""A product of two 1024×1024 matrices of float32: the forward pass of a dense layer against NumPy's ``@``.

Both sides have their data where they compute, and compute it again and again. The layer's forward pass adds a bias and
turns its weights first, which NumPy's product does not. NumPy writes into a result that is there already; it computes
in child processes, since its settings hold for a whole process: the peer with the environment as it is, and, where a
variable keeps NumPy's library from using all of the processor, one without it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from time import perf_counter

import numpy as np
import pyopencl as cl

from nnstudio.engine.devices import DeviceInfo
from nnstudio.engine.opencl.backend import form_for
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.platforms import all_devices
from nnstudio.engine.opencl.programs import Programs
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.plan import compile_plan
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.benchmarks.contest import Contender

SIZE = 1024
GFLOP = 2 * SIZE**3 / 1e9
VARIABLE = "OPENBLAS_CORETYPE"
"""Names an older processor than there is."""


def by_engine(stack: ExitStack, device: DeviceInfo) -> Contender:
    """In GFLOP/s: the launches of the layer's forward pass, again and again, by the clock."""
    opencl = all_devices()[int(device.key.removeprefix("opencl:"))]
    layers = [Input(channels=SIZE, height=1, width=1), Flatten(), Dense(units=SIZE), SoftmaxOutput()]
    frame = Frame(compile_plan(chain("One product", layers)), form_for(opencl), SIZE)
    schedule = lower(frame)
    launches = [launch for launch in schedule.forward if launch.node == "dense1"]
    stream = Stream(cl.Context([opencl]))
    memory = Memory(stream)
    stack.callback(memory.release)
    for name in {name for launch in launches for name in launch.arguments}:
        memory.make({name: schedule.buffers[name]})
        stream.write(memory[name], np.random.default_rng(0).normal(size=schedule.buffers[name] // 4).astype(np.float32))
    program = Programs(stream.context, schedule.sections, frame.form).of(launches)
    commands = Commands(program, opencl, memory, 0, launches).list

    def run(times: int) -> float:
        began = perf_counter()
        for _ in range(times):
            stream.run(commands)
        stream.finish()
        return perf_counter() - began

    return Contender(f"NN Studio, {device.label} (OpenCL)", run, GFLOP)


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
