"""Every run is kept: settings, network, curves, result, and what people note about it."""

from nnstudio.training.runs.database import RunStoreError
from nnstudio.training.runs.recorder import RunRecorder
from nnstudio.training.runs.records import Documents, Mark, Origin, Points, Run, RunCurves, RunStatus
from nnstudio.training.runs.store import RunStore, runs_path

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
    "runs_path",
]
