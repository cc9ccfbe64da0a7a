"""The NumPy backend: the readable reference, and what runs where there is no OpenCL device."""

from __future__ import annotations

from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.numpy.executable import NumpyExecutable

__all__ = ["NumpyBackend", "NumpyExecutable"]
