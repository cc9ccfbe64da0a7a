"""Buffers on a device: limits are checked before, and every buffer is touched when it is made.

Each buffer is one of its own rather than a place in an arena, since a device limits the size of one allocation to as
little as a quarter of its memory; the driver aligns them all (``mem_base_addr_align``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import numpy as np
import psutil
import pyopencl as cl
from numpy.typing import NDArray

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.opencl.platforms import device_name
from nnstudio.engine.opencl.stream import Stream
from nnstudio.units import bytes_text

_SMALLEST = 64
"""Bytes; OpenCL has no empty buffers."""
_HINT = "Choose a smaller batch, fewer samples, or another device."


class OutOfMemoryError(DeviceError):
    """Something does not fit on a device."""


class Memory:
    """Buffers by name."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffers: dict[str, cl.Buffer] = {}

    def __getitem__(self, name: str) -> cl.Buffer:
        return self._buffers[name]

    def __contains__(self, name: str) -> bool:
        return name in self._buffers

    def make(self, sizes: Mapping[str, int], shared: Mapping[str, str] = MappingProxyType({})) -> None:
        """Make buffers of ``sizes`` bytes, all 0, in place of others of the same names. Those in ``shared`` use the
        buffer of another name.

        Drivers give memory lazily and report late that there is none: filling each buffer finds out now.
        """
        self._require(sizes)
        for name in sizes:
            self._buffers.pop(name, None)
        for name, size in sizes.items():
            with self._room_for(size):
                buffer = cl.Buffer(self._stream.context, cl.mem_flags.READ_WRITE, -(-max(size, _SMALLEST) // 4) * 4)
            self._stream.fill(buffer, 0.0)
            self._buffers[name] = buffer
        self._buffers |= {name: self._buffers[other] for name, other in shared.items()}
        self._stream.finish()

    def _require(self, sizes: Mapping[str, int]) -> None:
        """``OutOfMemoryError`` when buffers of ``sizes`` bytes cannot fit beside the others that there are."""
        kept = sum(buffer.size for buffer in {buffer for name, buffer in self._buffers.items() if name not in sizes})
        if reason := misfit(self._stream.device, sizes.values(), kept):
            raise OutOfMemoryError(reason, _HINT)

    @contextmanager
    def _room_for(self, size: int) -> Iterator[None]:
        try:
            yield
        except cl.Error as error:
            name = device_name(self._stream.device)
            raise OutOfMemoryError(f"{name} has no room for {bytes_text(size)} more.", _HINT) from error

    def grow(self, name: str, size: int) -> bool:
        """Have a buffer of at least ``size`` bytes; whether that is a new one, with nothing in it."""
        if name in self._buffers and self._buffers[name].size >= size:
            return False
        self.make({name: size})
        return True

    def lend(self, name: str, values: NDArray[np.generic]) -> bool:
        """Let the device read an array of ours as a buffer, without a copy, if it can; whether it does."""
        device = self._stream.device
        if not reads_our_memory(device):
            return False
        if reason := too_large(device, values.nbytes):
            raise OutOfMemoryError(reason, _HINT)
        flags = cl.mem_flags.READ_ONLY | cl.mem_flags.USE_HOST_PTR
        with self._room_for(values.nbytes):
            self._buffers[name] = cl.Buffer(self._stream.context, flags, hostbuf=np.ascontiguousarray(values))
        return True

    def poison(self, names: Iterable[str]) -> None:
        """Fill buffers with NaN: whoever reads what nobody has written is found out."""
        for name in names:
            self._stream.fill(self._buffers[name], np.nan)

    def release(self) -> None:
        """Give everything back; a lost device is not even asked for that."""
        if not self._stream.lost:
            for buffer in set(self._buffers.values()):
                buffer.release()
        self._buffers.clear()


def misfit(device: cl.Device, sizes: Iterable[int], kept: int = 0) -> str:
    """Why buffers of ``sizes`` bytes cannot be had on a device beside ``kept`` bytes; empty when they can."""
    sizes = list(sizes)
    room = available(device, kept)
    if reason := too_large(device, max(sizes, default=0)):
        return reason
    if sum(sizes) > room:
        return f"This needs {bytes_text(sum(sizes))} and {device_name(device)} has room for {bytes_text(room)}."
    return ""


def too_large(device: cl.Device, size: int) -> str:
    """Why a device gives no buffer of ``size`` bytes, however much of its memory is free; empty when it does."""
    most = device.max_mem_alloc_size
    if size <= most:
        return ""
    return f"This needs {bytes_text(size)} in one piece and {device_name(device)} gives at most {bytes_text(most)}."


def available(device: cl.Device, kept: int = 0) -> int:
    """Bytes that a device has beside ``kept`` that we hold. Only the system's memory can be asked what is free."""
    room = max(0, device.global_mem_size - kept)
    return min(room, psutil.virtual_memory().available) if uses_system_memory(device) else room


def reads_our_memory(device: cl.Device) -> bool:
    """Whether a device needs no copy of an array to read it: surely so only where it is the processor itself."""
    return bool(device.type & cl.device_type.CPU)


def uses_system_memory(device: cl.Device) -> bool:
    """A CPU, or a GPU in one with it."""
    return bool(reads_our_memory(device) or device.host_unified_memory)
