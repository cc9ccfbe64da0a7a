"""The networks that are timed are what they are called, and even the slowest is checked in time."""

from __future__ import annotations

from time import process_time

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


@pytest.mark.parametrize(("layers", "limit"), check_latency.LIMITS.items())
def test_checks_are_in_time(layers: int, limit: float) -> None:
    """By the processor's time and the best of some, since this machine may have other things to do."""
    for make in check_latency.NETWORKS.values():
        spec, times = make(layers), []
        for number in range(5):
            began = process_time()
            check_latency.edit(spec, number)
            times.append(1000 * (process_time() - began))
        assert min(times) < limit
