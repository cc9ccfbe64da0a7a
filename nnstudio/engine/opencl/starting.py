"""Can a device start the kernels that its form gives it?

A work-group through local memory has a fixed size. What a device promises for all kernels, a kernel that needs many
registers may not get, and only its compiler knows.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pyopencl as cl

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import most_items
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.programs import Programs
from nnstudio.engine.opencl.runs import forward_pass, training_step
from nnstudio.engine.opencl.samples import gather_sections
from nnstudio.engine.opencl.stream import Stream


def startable(stream: Stream, frame: Frame, *, training: bool) -> Frame:
    """``frame``, with smaller groups through local memory, or at last none, until its kernels can be started."""
    while frame.form.local and not _starts(stream, frame, training):
        frame = replace(frame, form=frame.form.with_smaller_groups())
    return frame


def _starts(stream: Stream, frame: Frame, training: bool) -> bool:
    """Build what will be run (and be found in the driver's cache then), and ask for the limits of each kernel."""
    schedule = lower(frame)
    launches = training_step(frame, schedule) if training else forward_pass(frame, schedule)
    sections = (*schedule.sections, *gather_sections(frame))
    try:
        program = Programs(stream.context, sections, frame.form).of(launches)
    except DeviceError:
        return False  # some compilers refuse a size that they cannot give
    exact = (launch for launch in launches if launch.exact)
    return all(prod(launch.local) <= most_items(cl.Kernel(program, launch.kernel), stream.device) for launch in exact)
