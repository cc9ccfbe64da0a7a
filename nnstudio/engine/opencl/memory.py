"""Buffers on a device: limits are checked before, and every buffer is touched when it is made.

Each buffer is one of its own rather than a place in an arena, since a device limits the size of one allocation to as
little as a quarter of its memory; the driver aligns them all (``mem_base_addr_align``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import psutil
import pyopencl as cl

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.opencl.platforms import device_name
from nnstudio.engine.opencl.stream import Stream

_SMALLEST = 64
"""Bytes; OpenCL has no empty buffers."""


class OutOfMemoryError(DeviceError):
    """Something does not fit on a device."""


class Memory:
    """Buffers by name."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffers: dict[str, cl.Buffer] = {}

    def __getitem__(self, name: str) -> cl.Buffer:
        return self._buffers[name]

    def make(self, sizes: Mapping[str, int]) -> None:
        """Make buffers of ``sizes`` bytes, all 0, in place of others of the same names.

        Drivers give memory lazily and report late that there is none: filling each buffer finds out now.
        """
        self._require(sizes)
        for name in sizes:
            self._buffers.pop(name, None)
        for name, size in sizes.items():
            try:
                buffer = cl.Buffer(self._stream.context, cl.mem_flags.READ_WRITE, -(-max(size, _SMALLEST) // 4) * 4)
            except cl.Error as error:
                raise OutOfMemoryError(f"{self._device} has no room for {_mebibytes(size)} more.") from error
            self._stream.fill(buffer, 0.0)
            self._buffers[name] = buffer
        self._stream.finish()

    def _require(self, sizes: Mapping[str, int]) -> None:
        """``OutOfMemoryError`` when buffers of ``sizes`` bytes cannot fit beside the others that there are."""
        kept = sum(buffer.size for name, buffer in self._buffers.items() if name not in sizes)
        if reason := misfit(self._stream.device, sizes.values(), kept):
            raise OutOfMemoryError(reason, "Choose a smaller batch, fewer samples, or another device.")

    @property
    def _device(self) -> str:
        return device_name(self._stream.device)

    def grow(self, name: str, size: int) -> bool:
        """Have a buffer of at least ``size`` bytes; whether that is a new one, with nothing in it."""
        if name in self._buffers and self._buffers[name].size >= size:
            return False
        self.make({name: size})
        return True

    def poison(self, names: Iterable[str]) -> None:
        """Fill buffers with NaN: whoever reads what nobody has written is found out."""
        for name in names:
            self._stream.fill(self._buffers[name], np.nan)

    def release(self) -> None:
        """Give everything back; a lost device is not even asked for that."""
        if not self._stream.lost:
            for buffer in self._buffers.values():
                buffer.release()
        self._buffers.clear()


def available(device: cl.Device) -> int:
    """Bytes that a device has for us. Only the system's memory can be asked how much of it is free."""
    if device.type & cl.device_type.CPU or device.host_unified_memory:
        return min(device.global_mem_size, psutil.virtual_memory().available)
    return device.global_mem_size


def misfit(device: cl.Device, sizes: Iterable[int], kept: int = 0) -> str:
    """Why buffers of ``sizes`` bytes cannot be had on a device beside ``kept`` bytes; empty when they can."""
    sizes = list(sizes)
    largest, needed = max(sizes, default=0), kept + sum(sizes)
    if largest > device.max_mem_alloc_size:
        most = _mebibytes(device.max_mem_alloc_size)
        return f"This needs {_mebibytes(largest)} in one piece and {device_name(device)} gives at most {most}."
    if needed > device.global_mem_size:
        return f"This needs {_mebibytes(needed)} and {device_name(device)} has {_mebibytes(device.global_mem_size)}."
    return ""


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
