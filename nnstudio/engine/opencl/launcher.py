"""From launches to commands: kernels with all arguments set once, and the few that change with each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyopencl as cl
from numpy.typing import NDArray

from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.schedule import SEED, SETTINGS, STEP, Launch, split
from nnstudio.engine.opencl.stream import Command

Setter = Callable[[int, NDArray[np.generic]], None]

MOST_WORK = 2**29
"""Multiply-adds of one launch: a watchdog kills launches of seconds, and slow devices do some 10**10 a second."""


class Commands:
    """Launches bound to a program and memory. ``set`` gives new values to the arguments that change."""

    def __init__(self, program: cl.Program, memory: Memory, seed: int, launches: Iterable[Launch]) -> None:
        self.list: list[Command] = []
        self._setters: dict[str, list[tuple[Setter, int]]] = {STEP: [], SETTINGS: []}
        for launch in launches:
            kernel = cl.Kernel(program, launch.kernel)
            for place, name in enumerate(launch.arguments):
                if name in self._setters:
                    # set_arg tries five other types first, each of which throws: 10 µs instead of 0.1.
                    setter = getattr(kernel, "_set_arg_buf", kernel.set_arg)
                    self._setters[name].append((setter, place))
                else:
                    kernel.set_arg(place, np.uint32(seed) if name == SEED else memory[name])
            self.list += [(kernel, size, launch.local, offset) for size, offset in split(launch, MOST_WORK)]

    def set(self, name: str, value: NDArray[np.generic]) -> None:
        """From the next run on."""
        for setter, place in self._setters[name]:
            setter(place, value)
