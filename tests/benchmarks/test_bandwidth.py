"""What is measured alone must be an op of its own, with a gradient to compute."""

from __future__ import annotations

import pytest

from nnstudio.engine.backend import Phase
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.rehearsal import OPTIMIZER
from nnstudio.engine.roofline import Peaks
from nnstudio.engine.work import work_of
from tests.benchmarks import bandwidth


@pytest.mark.parametrize("name", bandwidth.LAYERS)
def test_each_layer_moves_values_in_both_phases(name: str) -> None:
    spec = bandwidth.network(name)
    work = [piece for piece in work_of(compile_plan(spec), 64, OPTIMIZER) if piece.node == bandwidth.subject(spec)]
    assert [piece.phase for piece in work] == [Phase.FORWARD, Phase.BACKWARD]
    large = 4 * 64 * 64 * 32 * 32
    assert all(piece.bytes >= large for piece in work)


def test_a_round_gives_a_share_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandwidth, "BATCH", 2)
    monkeypatch.setattr(bandwidth, "LAYERS", {"ReLU": bandwidth.LAYERS["ReLU"]})
    found = dict(bandwidth._round(NumpyBackend(), Peaks(gbs=1.0), seconds=0.05))
    assert found.keys() == {"ReLU, forward", "ReLU, backward"}
    assert all(share > 0 for share in found.values())
