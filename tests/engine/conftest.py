"""The backends that tests run on: NumPy, and every OpenCL device in the form made for CPUs and in that for GPUs."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from nnstudio.engine.backend import Backend, DeviceError
from nnstudio.engine.numpy import NumpyBackend


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``backend``: all of them. ``other_backend``: those that are compared with NumPy."""
    if "backend" in metafunc.fixturenames:
        own = [
            pytest.param(NumpyBackend, id="numpy"),
            pytest.param(lambda: NumpyBackend(np.float64), id="numpy-float64"),
        ]
        metafunc.parametrize("backend", [*own, *opencl_backends()], indirect=True)
    if "other_backend" in metafunc.fixturenames:
        metafunc.parametrize("other_backend", opencl_backends(), indirect=True)


def opencl_backends() -> list[object]:
    """A parameter for each; where there is none, one that is skipped and says why, or fails where it must run."""
    try:
        from nnstudio.engine.opencl.backend import OpenCLBackend
        from nnstudio.engine.opencl.forms import cpu_form, gpu_form
        from nnstudio.engine.opencl.platforms import all_devices

        devices = all_devices()
    except (ImportError, DeviceError) as error:
        devices, reason = [], str(error)
    else:
        reason = "no OpenCL device on this machine"
    if not devices:
        if os.environ.get("CI"):
            pytest.fail(f"OpenCL must be tested here: {reason}", pytrace=False)
        return [pytest.param(None, id="opencl", marks=pytest.mark.skip(reason=reason))]
    forms = {"cpu": cpu_form(16, 2), "gpu": gpu_form(1, 4, local=2**14)}
    return [
        pytest.param(lambda d=device, f=form: OpenCLBackend(d, form=f), id=f"opencl:{number}-{kind}")
        for number, device in enumerate(devices)
        for kind, form in forms.items()
    ]


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Backend:
    make: Callable[[], Backend] = request.param
    return make()


@pytest.fixture
def other_backend(request: pytest.FixtureRequest) -> Backend:
    make: Callable[[], Backend] = request.param
    return make()
