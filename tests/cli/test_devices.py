"""``nnstudio devices``: one line of advice where Intel's runtime is missing, and none where it would not help."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from nnstudio.cli import devices
from nnstudio.engine.devices import DeviceInfo

NUMPY = DeviceInfo("numpy", "NumPy (CPU)", "cpu", "NumPy", "", 2, 0, True, "", 100.0)
POCL = DeviceInfo("opencl:0", "AMD EPYC", "cpu", "PoCL", "3.1", 2, 2**30, True, "", 300.0)
INTEL = DeviceInfo("opencl:1", "AMD EPYC", "cpu", "Intel", "2026", 2, 2**30, True, "", 400.0)
GPU = DeviceInfo("opencl:1", "Test GPU", "gpu", "Maker", "1", 4, 2**30, True, "", 900.0)
BROKEN = DeviceInfo("opencl:1", "Test GPU", "gpu", "Maker", "1", 4, 2**30, False, "it computes nonsense", 0.0)


def output(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *found: DeviceInfo) -> list[str]:
    monkeypatch.setattr(devices, "list_devices", lambda **_: list(found))
    monkeypatch.setattr(devices, "can_be_installed", lambda: True)
    monkeypatch.setattr(devices, "installed_runtime", lambda: None)
    assert devices.run(argparse.Namespace(json=False, refresh=False)) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("found", [(NUMPY,), (NUMPY, POCL), (NUMPY, POCL, BROKEN)])
def test_where_the_processor_works_the_runtime_is_proposed(
    found: tuple[DeviceInfo, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "pip install intel-opencl-rt" in output(monkeypatch, capsys, *found)[-1]


@pytest.mark.parametrize("found", [(NUMPY, POCL, INTEL), (NUMPY, POCL, GPU)])
def test_no_advice_where_it_would_not_help(
    found: tuple[DeviceInfo, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(output(monkeypatch, capsys, *found)) == len(found)


def test_two_drivers_of_one_processor_can_be_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = output(monkeypatch, capsys, NUMPY, POCL, INTEL)
    assert [line.split(":")[-2].split(" ", 1)[1].strip() for line in lines[1:]] == ["AMD EPYC, PoCL", "AMD EPYC, Intel"]


def test_what_a_device_can_do_at_most(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it was measured."""
    measured = replace(POCL, peak_gflops=512.3, peak_gbs=24.6, launch_seconds=1.26e-6)
    lines = output(monkeypatch, capsys, NUMPY, measured)
    assert lines[0].endswith("NumPy (CPU): 100 images/s")
    assert lines[1].endswith("300 images/s; at most 512 GFLOP/s, 25 GB/s, a launch in 1.3 µs")
