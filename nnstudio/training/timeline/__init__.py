"""The past of training: snapshots that are kept, dense for what was just now and sparse for what is long ago."""

from nnstudio.training.timeline.kept import Moment
from nnstudio.training.timeline.recorder import TimelineRecorder
from nnstudio.training.timeline.state_file import TimelineError
from nnstudio.training.timeline.timeline import Timeline
from nnstudio.training.timeline.timelines import Budget, Timelines

__all__ = ["Budget", "Moment", "Timeline", "TimelineError", "TimelineRecorder", "Timelines"]
