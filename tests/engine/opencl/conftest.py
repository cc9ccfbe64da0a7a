"""Every test here runs on every OpenCL device of this machine."""

from __future__ import annotations

import pytest

from nnstudio.engine.backend import DeviceError


def _devices() -> list[object]:
    try:
        from nnstudio.engine.opencl.platforms import all_devices

        return list(all_devices())
    except (ImportError, DeviceError):
        return []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "device" in metafunc.fixturenames:
        found = _devices()
        names = [f"opencl:{index}" for index in range(len(found))]
        missing = pytest.param(None, marks=pytest.mark.skip(reason="no OpenCL device on this machine"))
        metafunc.parametrize("device", found or [missing], ids=names or ["none"])
