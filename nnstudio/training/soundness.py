"""Whether training has gone astray: losses that are no numbers, or far worse than guessing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnstudio.engine.backend import Array, StepMetrics
from nnstudio.engine.plan import Plan

FAR_WORSE_THAN_GUESSING = 3.0
"""Times the loss of an even guess: weights with such a loss are nothing to go back to."""


def is_finite(metrics: StepMetrics) -> bool:
    """Whether all losses are numbers."""
    return bool(np.isfinite(metrics.losses).all())


def worth_going_back_to(metrics: StepMetrics, plan: Plan) -> bool:
    """Whether the state before these steps is, by their losses."""
    return bool(metrics.losses.max() < FAR_WORSE_THAN_GUESSING * _loss_of_guessing(plan))


def _loss_of_guessing(plan: Plan) -> float:
    """About the most that an even guess costs."""
    return float(np.log(plan.output.size + 1) * max((1.0, *plan.loss.class_weights)))


def divergence_text(metrics: StepMetrics, before: int, parameters: Mapping[str, Array]) -> str:
    """What happened in the steps after step ``before``, which left ``parameters`` behind."""
    step = before + int(np.flatnonzero(~np.isfinite(metrics.losses))[0]) + 1
    culprit = next((name for name, values in parameters.items() if not np.isfinite(values).all()), None)
    where = f"; the weights {culprit} are no longer finite" if culprit else ""
    return f"Training diverged: the loss became NaN or infinite in step {step:,}{where}."
