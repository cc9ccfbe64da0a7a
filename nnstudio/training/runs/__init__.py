"""Every run is kept: settings, network, curves, result, and what people note about it."""

from nnstudio.training.runs.database import RunStoreError
from nnstudio.training.runs.packing import Spread
from nnstudio.training.runs.recorder import RunRecorder
from nnstudio.training.runs.records import Documents, Mark, Origin, Points, Run, RunCurves, RunStatus
from nnstudio.training.runs.store import RunStore, runs_path
from nnstudio.training.runs.writer import Writer

__all__ = [
    "Documents",
    "Mark",
    "Origin",
    "Points",
    "Run",
    "RunCurves",
    "RunRecorder",
    "RunStatus",
    "RunStore",
    "RunStoreError",
    "Spread",
    "Writer",
    "runs_path",
]
