"""What an executable runs, launch after launch, and so which of its buffers are needed at the same time."""

from __future__ import annotations

from nnstudio.engine.opencl.chains import merged
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.samples import TRAINING, USED, gather
from nnstudio.engine.opencl.schedule import Launch, Schedule
from nnstudio.engine.sharing import Run

Launches = tuple[Launch, ...]


def training_step(frame: Frame, schedule: Schedule, dtype: str = "uint8") -> Launches:
    """Gather, forward, loss and backward for samples of ``dtype``."""
    return merged((gather(frame, TRAINING, dtype), *schedule.training), frame, "step")


def forward_pass(frame: Frame, schedule: Schedule, dtype: str = "uint8") -> Launches:
    """Gather, forward and loss, without dropout."""
    return merged((gather(frame, USED, dtype), *schedule.forward), frame, "forward")


def backward_pass(frame: Frame, schedule: Schedule) -> Launches:
    """What follows ``forward_pass`` when gradients are asked for, that of the input included."""
    return merged(schedule.backward, frame, "backward")


def buffers_in_order(frame: Frame, schedule: Schedule) -> list[Run]:
    """The buffers that each launch names, for everything that is run: a step, merged and one by one (to time it); a
    forward pass, after which any value may be read; and one with the way back, after which the input's gradient is."""
    values = [frame.value(tensor.index) for tensor in frame.plan.tensors]
    forward = _arguments(forward_pass(frame, schedule))
    return [
        _arguments(training_step(frame, schedule)),
        _arguments((gather(frame, TRAINING, "uint8"), *schedule.training)),
        [*forward, values],
        [*forward, *_arguments(backward_pass(frame, schedule)), [frame.gradient(0)]],
    ]


def _arguments(launches: Launches) -> list[tuple[str, ...]]:
    return [launch.arguments for launch in launches]
