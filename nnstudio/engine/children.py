"""Child processes that run this package: a driver that crashes or hangs must not do it in the program."""

from __future__ import annotations

import os
from pathlib import Path


def environment() -> dict[str, str]:
    """Ours, in which a child finds this package, installed or not."""
    folder = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])}
