"""What devices can do at most, as measured."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nnstudio.engine.backend import Backend, DeviceError
from nnstudio.engine.devices import MEASURED
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.numpy import peaks as numpy_peaks
from nnstudio.engine.opencl import peaks as opencl_peaks
from nnstudio.engine.opencl.probe import peaks_of
from nnstudio.engine.roofline import Peaks, copies_within


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures matter less here than that there are some."""
    for module in (opencl_peaks, numpy_peaks):
        monkeypatch.setattr(module, "SECONDS", 0.005)
        monkeypatch.setattr(module, "copies_within", lambda _: copies_within(2**26))


def test_every_device_can_be_measured(backend: Backend) -> None:
    peaks = backend.measure_peaks()
    assert peaks.gflops > 0.1
    assert 0 < peaks.launch_seconds < 0.01
    assert [moved for moved, _ in peaks.copies] == [2**20, 2**22, 2**24]
    assert all(first < second for (first, _), (second, _) in pairwise(peaks.copies))
    assert peaks.gbs == peaks.copies[-1][1] > 0.1


def test_the_probe_says_what_a_device_remembers() -> None:
    answer = peaks_of(NumpyBackend())
    assert set(answer) == set(MEASURED) - {"images_per_second"}


def test_a_device_that_only_trains_is_healthy() -> None:
    class Shy(NumpyBackend):
        def measure_peaks(self) -> Peaks:
            raise DeviceError("It has no room for that.")

    assert peaks_of(Shy()) == {}
