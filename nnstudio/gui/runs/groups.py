"""Tags that tell which runs in the history belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nnstudio.training.runs import Run


def free_group(kind: str, runs: Iterable[Run], taken: str = "") -> str:
    """``sweep 3`` where there have been two, among those that are kept or ``taken``."""
    pattern = re.compile(rf"{re.escape(kind)} (\d+)")
    tags = {tag for run in runs for tag in run.tags} | {taken}
    numbers = [int(found[1]) for tag in tags if (found := pattern.fullmatch(tag))]
    return f"{kind} {max(numbers, default=0) + 1}"
