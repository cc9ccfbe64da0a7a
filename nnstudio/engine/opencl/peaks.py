"""The most an OpenCL device can do: ``kernels/peak.cl``."""

from __future__ import annotations

import pyopencl as cl

from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.memory import Memory, available
from nnstudio.engine.opencl.programs import Programs
from nnstudio.engine.opencl.schedule import Launch, Section
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.roofline import Peaks, copies_within
from nnstudio.engine.timing import best_time

TURNS = 2**14
"""About a millisecond, on devices of all sizes, since each of their cores has as much to do."""
SECONDS = 0.15
"""For each measurement."""


def measure_peaks(device: cl.Device, form: Form) -> Peaks:
    """Takes about a second. ``DeviceError`` when the device fails. A small device does without the large copies."""
    sizes = copies_within(min(available(device), device.max_mem_alloc_size))
    bench = _Bench(Stream(cl.Context([device])), form, sizes[-1])
    try:
        copies = tuple((moved, moved / bench.copy_seconds(moved) / 1e9) for moved in sizes)
        return Peaks(bench.gflops(), copies[-1][1], bench.launch_seconds(), copies)
    finally:
        bench.close()


class _Bench:
    """The kernels, and memory for a copy that moves so many bytes."""

    def __init__(self, stream: Stream, form: Form, moved: int) -> None:
        self._stream, self._form = stream, form
        self._memory = Memory(stream)
        self._memory.make({"from": moved // 2, "to": moved // 2})
        constants = {"CHAINS": form.registers, "TURNS": TURNS, "CHUNK": form.chunk}
        launches = [self._launch(kernel, 1) for kernel in ("peak_arithmetic", "peak_copy", "peak_nothing")]
        self._program = Programs(stream.context, [Section("peak", "peak", constants)], form).of(launches)

    def gflops(self) -> float:
        """Of multiply-adds."""
        items = 4 * self._form.workers
        flops = 2 * items * self._form.registers * self._form.vector * TURNS
        return flops / self._seconds(self._launch("peak_arithmetic", items, "to")) / 1e9

    def copy_seconds(self, moved: int) -> float:
        """Of reading and writing ``moved`` bytes together."""
        items = moved // 2 // (4 * self._form.vector * self._form.chunk)
        return self._seconds(self._launch("peak_copy", items, "from", "to"))

    def launch_seconds(self) -> float:
        """From one launch of a row to the next, when they have nothing to do."""
        return self._seconds(self._launch("peak_nothing", self._form.group, "to"))

    def _launch(self, kernel: str, items: int, *arguments: str) -> Launch:
        """Work-groups are a power of two, as the numbers of work-items are."""
        group = 1 << self._form.group_for(items).bit_length() - 1
        return Launch(kernel, (1, items, 1), (1, group, 1), arguments)

    def _seconds(self, launch: Launch) -> float:
        """How long a launch takes among others of its kind."""
        commands = Commands(self._program, self._stream.device, self._memory, 0, [launch]).list

        def repeat(count: int) -> None:
            self._stream.run(commands * count)
            self._stream.finish()

        repeat(1)  # some drivers compile only now
        return best_time(repeat, SECONDS)

    def close(self) -> None:
        self._memory.release()
