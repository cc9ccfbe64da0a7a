"""The one way to a device: an in-order queue whose errors are ``DeviceLostError``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from time import monotonic

import numpy as np
import pyopencl as cl
from numpy.typing import NDArray

from nnstudio.engine.backend import DeviceLostError
from nnstudio.engine.opencl.platforms import device_name
from nnstudio.engine.opencl.schedule import Size

Command = tuple[cl.Kernel, Size, Size, Size]
"""A kernel with its arguments set, global size, local size, offset."""

_IN_FLIGHT = 8
"""Batches of commands queued at most: enough to keep the device busy, few enough to stop soon."""
_FINISH_SECONDS = 0.5
"""Some drivers hold commands back, and watchdogs count from the last finish."""


class Stream:
    """Commands run in the order they are given. Not thread-safe, as pyopencl's kernels are not.

    After an error the device is lost: nothing is sent to it any more, since after some errors any call may hang.
    """

    def __init__(self, context: cl.Context) -> None:
        self.context = context
        self.device: cl.Device = context.devices[0]
        self._queue = cl.CommandQueue(context, self.device)
        self._running: deque[cl.Event] = deque()
        self._reading: list[cl.Event] = []
        """They hold the arrays that are read into, and an event that is let go waits."""
        self._finished = monotonic()
        self.lost = False
        self._runs_left: int | None = None

    def run(self, commands: Sequence[Command]) -> None:
        """Queue one batch of commands; waits only while ``_IN_FLIGHT`` earlier ones are not yet done."""
        with self._guard():
            self._count_down()
            event = None
            for kernel, size, local, offset in commands:
                event = cl.enqueue_nd_range_kernel(self._queue, kernel, size, local, offset)
            if event is not None:
                self._running.append(event)
            if len(self._running) > _IN_FLIGHT:
                self._running.popleft().wait()
            if monotonic() - self._finished > _FINISH_SECONDS:
                self._finish()
            else:
                self._queue.flush()

    def profile(self, commands: Sequence[Command]) -> list[float]:
        """Run one batch of commands, and wait; the seconds of each, counted from the end of the one before it, so that
        they have its start in them. None begins before all are queued: that is the host's time and not the device's."""
        with self._guard():
            self._count_down()
            self._finish()
            gate = cl.UserEvent(self.context)
            try:
                cl.enqueue_marker(self._profiling_queue, wait_for=[gate])
                events = [cl.enqueue_nd_range_kernel(self._profiling_queue, *command) for command in commands]
            finally:
                gate.set_status(cl.command_execution_status.COMPLETE)
            self._profiling_queue.finish()
            moments = [events[0].profile.start, *(event.profile.end for event in events)]
            return [(end - begin) * 1e-9 for begin, end in pairwise(moments)]

    @cached_property
    def _profiling_queue(self) -> cl.CommandQueue:
        """Notes when commands begin and end, which costs a little."""
        return cl.CommandQueue(self.context, self.device, cl.command_queue_properties.PROFILING_ENABLE)

    def write(self, target: cl.Buffer, values: NDArray[np.generic]) -> None:
        """Copy ``values`` to the start of a buffer."""
        with self._guard():
            cl.enqueue_copy(self._queue, target, np.ascontiguousarray(values), is_blocking=True)

    def read(self, values: NDArray[np.generic], source: cl.Buffer, *, wait: bool = True) -> None:
        """Copy the start of a buffer to ``values``, or queue that; then they are there after ``finish``."""
        with self._guard():
            event = cl.enqueue_copy(self._queue, values, source, is_blocking=wait)
            if not wait:
                self._reading.append(event)

    def copy(self, target: cl.Buffer, source: cl.Buffer) -> None:
        """Queue a copy of the whole of a buffer to another of its size."""
        with self._guard():
            cl.enqueue_copy(self._queue, target, source)

    def fill(self, target: cl.Buffer, value: float) -> None:
        """Set every float of a buffer."""
        with self._guard():
            cl.enqueue_fill_buffer(self._queue, target, np.float32(value), 0, target.size)

    def finish(self) -> None:
        """Wait until everything is done."""
        with self._guard():
            self._finish()

    def fail_after(self, runs: int) -> None:
        """For tests: after ``runs`` more calls of ``run`` the device fails, as a driver that was reset would."""
        self._runs_left = runs

    def _finish(self) -> None:
        self._queue.finish()
        self._running.clear()
        self._reading.clear()
        self._finished = monotonic()

    def _count_down(self) -> None:
        if self._runs_left is None:
            return
        if self._runs_left == 0:
            raise cl.RuntimeError("failure asked for by fail_after: OUT_OF_RESOURCES")
        self._runs_left -= 1

    @contextmanager
    def _guard(self) -> Iterator[None]:
        if self.lost:
            raise DeviceLostError(f"{device_name(self.device)} has failed before and is not used any more.")
        try:
            yield
        except cl.Error as error:
            self.lost = True
            raise DeviceLostError(
                f"{device_name(self.device)} failed at work ({str(error).partition(chr(10))[0]}).",
                "Go on with another device, or restart the program.",
            ) from error
