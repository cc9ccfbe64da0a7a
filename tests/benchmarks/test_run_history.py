"""The history that is timed is a whole one."""

from __future__ import annotations

from pathlib import Path

from nnstudio.training.runs import RunStatus, RunStore
from tests.benchmarks.run_history import event_cost, make_history


def test_runs_have_their_curves_and_tags(tmp_path: Path) -> None:
    uuids = make_history(tmp_path / "runs.sqlite", 3, 700)
    with RunStore.open(tmp_path / "runs.sqlite") as store:
        assert [run.uuid for run in store.runs()] == uuids
        assert all(run.status is RunStatus.DONE and len(run.tags) == 2 for run in store.runs())
        assert len(store.curves(uuids[0])["training_loss"]) == 700


def test_hearing_an_event_costs_less_than_a_millisecond_on_average(tmp_path: Path) -> None:
    assert event_cost(tmp_path / "runs.sqlite") < 1
