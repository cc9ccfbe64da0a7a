"""The processor through NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike
from threadpoolctl import ThreadpoolController

from nnstudio.engine.backend import Backend, DeviceError, MemoryNeed, smaller_batch_hint
from nnstudio.engine.numpy.executable import NumpyExecutable, lane_rows
from nnstudio.engine.numpy.memory import memory_need
from nnstudio.engine.numpy.peaks import measure_peaks
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan
from nnstudio.engine.roofline import Peaks


class NumpyBackend(Backend):
    """Works in ``float32``, or in ``float64`` to check gradients."""

    name = "NumPy (CPU)"
    key = "numpy"

    def __init__(self, dtype: DTypeLike = np.float32) -> None:
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"`dtype` (={np.dtype(dtype)}) must be float32 or float64")
        self.dtype: np.dtype[np.floating] = np.dtype(dtype)  # type: ignore[assignment]
        # Lanes are threads already; a matrix product that starts threads of its own would fight with them.
        ThreadpoolController().select(user_api="blas").limit(limits=1)

    def prepare(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, seed: int = 0
    ) -> NumpyExecutable:
        if batch_size < 1:
            raise ValueError(f"`batch_size` (={batch_size}) must be at least 1")
        self.require_fit(plan, batch_size=batch_size, optimizer=optimizer)
        try:
            return NumpyExecutable(plan, batch_size, optimizer, seed, self.dtype)
        except MemoryError as error:  # somebody else took what was free a moment ago
            message = f"There is not enough memory for a batch of {batch_size:,} images."
            raise DeviceError(message, smaller_batch_hint(batch_size // 4)) from error

    def memory_need(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, sample_bytes: int = 0
    ) -> MemoryNeed:
        return memory_need(plan, [len(rows) for rows in lane_rows(batch_size)], optimizer, sample_bytes, self.dtype)

    def measure_peaks(self) -> Peaks:
        return measure_peaks()
