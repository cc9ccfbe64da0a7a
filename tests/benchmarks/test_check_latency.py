"""The networks that are timed are what they are called."""

from __future__ import annotations

import pytest

from nnstudio.network import Severity, check
from tests.benchmarks import check_latency


@pytest.mark.parametrize("layers", check_latency.LIMITS)
@pytest.mark.parametrize("name", check_latency.NETWORKS)
def test_networks_have_their_size_and_their_problems(name: str, layers: int) -> None:
    spec = check_latency.NETWORKS[name](layers)
    assert layers - 10 < len(spec.nodes) <= layers + 1
    severities = [problem.severity for problem in check(spec).problems]
    expected = Severity.ERROR if "broken" in name else Severity.WARNING
    assert set(severities) == ({expected} if "," in name else set())
    assert ("many" in name) == (len(severities) > layers / 5)
