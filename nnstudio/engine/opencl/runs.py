"""What an executable runs, launch after launch, and so which of its buffers are needed at the same time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from nnstudio.engine.backend import Phase, Timing
from nnstudio.engine.opencl import augment
from nnstudio.engine.opencl.chains import merged
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.samples import TRAINING, USED, gather
from nnstudio.engine.opencl.schedule import Launch, Schedule
from nnstudio.engine.sharing import Run

Launches = tuple[Launch, ...]


def training_step(frame: Frame, schedule: Schedule, dtype: str = "uint8", *, augmented: bool = False) -> Launches:
    """Gather, forward, loss and backward for samples of ``dtype``."""
    return merged(separate_step(frame, schedule, dtype, augmented=augmented), frame, "step")


def separate_step(frame: Frame, schedule: Schedule, dtype: str = "uint8", *, augmented: bool = False) -> Launches:
    """The same one by one, to time them."""
    return (augment.launch(frame) if augmented else gather(frame, TRAINING, dtype), *schedule.training)


def timings(launches: Sequence[Launch], seconds: Iterable[float]) -> list[Timing]:
    """How long each took, added up for each phase of each node."""
    taken: defaultdict[tuple[str, Phase], list[float]] = defaultdict(list)
    for launch, time in zip(launches, seconds, strict=True):
        taken[launch.node, launch.phase].append(float(time))
    return [Timing(*place, sum(times), len(times)) for place, times in taken.items()]


def forward_pass(frame: Frame, schedule: Schedule, dtype: str = "uint8") -> Launches:
    """Gather, forward and loss, without dropout."""
    return merged((gather(frame, USED, dtype), *schedule.forward), frame, "forward")


def backward_pass(frame: Frame, schedule: Schedule) -> Launches:
    """What follows ``forward_pass`` when gradients are asked for, that of the input included."""
    return merged(separate_backward(schedule), frame, "backward")


def separate_backward(schedule: Schedule) -> Launches:
    """The same op by op."""
    return tuple(launch for launches in reversed(schedule.backward) for launch in launches)


def buffers_in_order(frame: Frame, schedule: Schedule) -> list[Run[str]]:
    """The buffers that each launch names, for everything that is run: a step, merged and one by one (to time it); a
    forward pass, after which any value may be read; and two that then go the way back, after which the input's gradient
    is read: merged, and op by op."""
    values = [frame.value(tensor.index) for tensor in frame.plan.tensors]
    forward = _arguments(forward_pass(frame, schedule))
    return [
        _arguments(training_step(frame, schedule)),
        _arguments(separate_step(frame, schedule)),
        [*forward, values],
        [*forward, values, *_arguments(backward_pass(frame, schedule)), [frame.gradient(0)]],
        [*forward, values, *_arguments(separate_backward(schedule)), [frame.gradient(0)]],
    ]


def _arguments(launches: Launches) -> list[tuple[str, ...]]:
    return [launch.arguments for launch in launches]
