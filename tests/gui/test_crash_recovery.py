"""Kill -9 at random moments; `python -m tests.benchmarks.kill_series` does it more often."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.gui.kill_series import kill_series

COUNT, SEED = 5, 6


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_whenever_the_program_is_killed_nothing_is_lost(tmp_path: Path) -> None:
    outcomes = list(kill_series(tmp_path, COUNT, SEED, longest=0.8))
    assert len(outcomes) == COUNT
    assert outcomes[-1].reached > 0
    for outcome in outcomes:
        assert outcome.lost <= 30 or outcome.epochs_lost <= 1, outcome
    assert max(outcome.files for outcome in outcomes) == 4, "a desk, a checkpoint, a project and the runs"
