"""The processor through NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike
from threadpoolctl import ThreadpoolController

from nnstudio.engine.backend import Backend
from nnstudio.engine.numpy.executable import NumpyExecutable
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan
from nnstudio.errors import NNStudioError


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
        try:
            return NumpyExecutable(plan, batch_size, optimizer, seed, self.dtype)
        except MemoryError as error:
            raise NNStudioError(
                f"There is not enough memory for a batch of {batch_size:,} images.",
                f"Choose a smaller batch, such as {max(1, batch_size // 4):,}."
                if batch_size > 1
                else "Make the network smaller.",
            ) from error
