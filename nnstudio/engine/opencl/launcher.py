"""From launches to commands: kernels with all arguments set once, and the few that change with each step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import numpy as np
import pyopencl as cl
from numpy.typing import NDArray

from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.schedule import MOST_WORK, RANGES, SEED, SETTINGS, STEP, WORK_A_UNIT, Launch, Size, split
from nnstudio.engine.opencl.stream import Command

Setter = Callable[[int, NDArray[np.generic]], None]


class Commands:
    """Launches bound to a program and memory. ``set`` gives new values to the arguments that change.

    ``list`` has one command for each launch, or some when it is too long; ``launches`` says whose each is.
    """

    def __init__(
        self, program: cl.Program, device: cl.Device, memory: Memory, seed: int, launches: Iterable[Launch]
    ) -> None:
        self.list: list[Command] = []
        self.launches: list[Launch] = []
        self._setters: dict[str, list[tuple[Setter, int]]] = {STEP: [], SETTINGS: [], RANGES: []}
        for launch in launches:
            kernel = cl.Kernel(program, launch.kernel)
            for place, name in enumerate(launch.arguments):
                if name in self._setters:
                    # set_arg tries five other types first, each of which throws: 10 µs instead of 0.1.
                    setter = getattr(kernel, "_set_arg_buf", kernel.set_arg)
                    self._setters[name].append((setter, place))
                else:
                    kernel.set_arg(place, np.uint32(seed) if name == SEED else memory[name])
            local = launch.local if launch.exact else _local_size(kernel, launch, device)
            cuts = split(launch, most_work(device))
            self.list += [(kernel, size, local, offset) for size, offset in cuts]
            self.launches += [launch] * len(cuts)

    def set(self, name: str, value: NDArray[np.generic]) -> None:
        """From the next run on."""
        for setter, place in self._setters[name]:
            setter(place, value)


def most_work(device: cl.Device) -> int:
    """Multiply-adds of one launch on a device. Nobody watches a processor."""
    if device.type & cl.device_type.CPU:
        return sys.maxsize
    return max(MOST_WORK, WORK_A_UNIT * int(device.max_compute_units))


def most_items(kernel: cl.Kernel, device: cl.Device) -> int:
    """How many work-items a group of this kernel can have."""
    return int(kernel.get_work_group_info(cl.kernel_work_group_info.WORK_GROUP_SIZE, device))


def _local_size(kernel: cl.Kernel, launch: Launch, device: cl.Device) -> Size:
    """The work-group that was asked for, or a part of it when this kernel cannot have so many work-items."""
    most = most_items(kernel, device)
    first, second, third = launch.local
    while first > 1 and first * second * third > most:
        first = _smaller_part(first)
    while second > 1 and first * second * third > most:
        second = _smaller_part(second)
    return first, second, third


def _smaller_part(size: int) -> int:
    return next(part for part in range(size // 2, 0, -1) if size % part == 0)
