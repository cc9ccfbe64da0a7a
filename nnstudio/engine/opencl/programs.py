"""Building programs, and keeping what was built."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import pyopencl as cl

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.platforms import device_name
from nnstudio.engine.opencl.schedule import Launch, Section
from nnstudio.engine.opencl.sources import source
from nnstudio.paths import cache_dir

OPTIONS = ("-cl-std=CL1.2", "-cl-mad-enable", "-cl-denorms-are-zero")
"""Multiplication and addition may be one instruction, and tiny values are 0, since they would be many times slower on a
CPU. Nothing here changes what happens to NaN and infinity."""


class Programs:
    """The programs of an executable, each with the kernels of some launches, built when they are needed."""

    def __init__(self, context: cl.Context, sections: Iterable[Section], form: Form) -> None:
        self._context, self._sections, self._form = context, tuple(sections), form
        self._built: dict[str, cl.Program] = {}

    def of(self, launches: Iterable[Launch], more: Iterable[Section] = ()) -> cl.Program:
        """A program with the kernels of ``launches``, some of them from ``more`` sections."""
        text = source((*self._sections, *more), self._form, launches)
        if text not in self._built:
            self._built[text] = build(self._context, text)
        return self._built[text]


def build(context: cl.Context, text: str) -> cl.Program:
    """Build, or take from the cache of the driver or of pyopencl. ``DeviceError`` has the compiler's first
    complaint."""
    folder = cache_dir() / "opencl"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cl.CompilerWarning)  # a driver's remarks on a build that worked
            return cl.Program(context, text).build(list(OPTIONS), cache_dir=str(folder))
    except cl.Error as error:
        complaint = next((line for line in str(error).splitlines() if "error" in line), str(error).partition("\n")[0])
        raise DeviceError(
            f"{device_name(context.devices[0])} cannot compile the kernels: {complaint.strip()}."
        ) from error
