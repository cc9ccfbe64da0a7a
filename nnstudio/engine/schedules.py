"""How the learning rate changes while a network learns: schedules and their settings.

A schedule gives a factor of the optimizer's learning rate for each step, from the number of the step (from 0), the
steps in an epoch and those of the whole run; one that looks back also from the validation losses of the epochs done.
Nothing else has a part in it, so that a run which goes on sees the same rates as one that never stopped.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from math import cos, inf, pi
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

Factors = NDArray[np.float64]

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Factor = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
_EPOCHS: JsonDict = {"unit": "epochs"}


class ScheduleBase(BaseModel):
    """What all schedules share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[str]

    @abstractmethod
    def factors(self, steps: ArrayLike, per_epoch: int, total: int, losses: Sequence[float] = ()) -> Factors:
        """For each of ``steps`` of a run of ``total`` steps, ``per_epoch`` to an epoch: what the learning rate is
        multiplied by. ``losses`` are those of validation, one for each epoch that is over."""


class WarmingUp(ScheduleBase):
    """What most share: for ``warmup`` epochs the rate rises in a straight line from 0; only then the rest begins."""

    warmup: float = Field(
        0.0,
        ge=0,
        le=1000,
        allow_inf_nan=False,
        title="Warm-up",
        description="Epochs in which the learning rate rises from 0.",
        json_schema_extra=_EPOCHS,
    )

    def factors(self, steps: ArrayLike, per_epoch: int, total: int, losses: Sequence[float] = ()) -> Factors:
        done, rise = np.asarray(steps, np.float64), self.warmup * per_epoch
        risen = np.minimum(done / rise, 1.0) if rise else np.ones_like(done)
        return risen * self._after(np.maximum(done - rise, 0.0), per_epoch, max(total - rise, 1.0))

    def _after(self, done: Factors, per_epoch: int, total: float) -> Factors:
        """The factors where ``done`` of ``total`` steps lie behind, warm-up not counted."""
        return np.ones_like(done)


class Constant(WarmingUp):
    """Always 1."""

    kind: Literal["constant"] = "constant"
    title: ClassVar[str] = "Constant"


class Step(WarmingUp):
    """``factor^floor(epochs / every)``: down a stair every so many epochs."""

    kind: Literal["step"] = "step"
    every: int = Field(
        10, ge=1, le=100_000, title="Every", description="Epochs between two stairs.", json_schema_extra=_EPOCHS
    )
    factor: _Factor = Field(0.1, title="Factor", description="What each stair multiplies the learning rate by.")
    title: ClassVar[str] = "Step"

    def _after(self, done: Factors, per_epoch: int, total: float) -> Factors:
        return _powers(self.factor, np.floor(done / (self.every * per_epoch)))


class Exponential(WarmingUp):
    """``factor^epochs``, a little with each step."""

    kind: Literal["exponential"] = "exponential"
    factor: _Factor = Field(0.9, title="Factor", description="What each epoch multiplies the learning rate by.")
    title: ClassVar[str] = "Exponential"

    def _after(self, done: Factors, per_epoch: int, total: float) -> Factors:
        return _powers(self.factor, done / per_epoch)


class Cosine(WarmingUp):
    """Half a wave of a cosine, from 1 to ``end`` at the end of the run (Loshchilov and Hutter, 2017)."""

    kind: Literal["cosine"] = "cosine"
    end: _Share = Field(0.0, title="End", description="Share of the learning rate that is left at the end.")
    title: ClassVar[str] = "Cosine"

    def _after(self, done: Factors, per_epoch: int, total: float) -> Factors:
        return _wave(1.0, self.end, np.minimum(done / total, 1.0))


class ReduceOnPlateau(WarmingUp):
    """Times ``factor`` whenever the validation loss has not improved for more than ``patience`` epochs, as PyTorch's
    ``ReduceLROnPlateau`` counts: a loss is better when it is below ``(1 - improvement)`` times the best."""

    kind: Literal["reduce_on_plateau"] = "reduce_on_plateau"
    factor: float = Field(
        0.1, gt=0, lt=1, allow_inf_nan=False, title="Factor", description="What the learning rate is multiplied by."
    )
    patience: int = Field(
        10,
        ge=0,
        le=100_000,
        title="Patience",
        description="Epochs without a better validation loss that are put up with.",
        json_schema_extra=_EPOCHS,
    )
    improvement: float = Field(
        1e-4,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        title="Least improvement",
        description="Share of the best validation loss by which another must lie below it to be better.",
    )
    floor: _Share = Field(0.0, title="Floor", description="Least share of the learning rate.")
    title: ClassVar[str] = "Reduce on plateau"

    def factors(self, steps: ArrayLike, per_epoch: int, total: int, losses: Sequence[float] = ()) -> Factors:
        by_epoch = self._by_epoch(losses)
        epochs = np.asarray(steps, np.int64) // per_epoch
        return super().factors(steps, per_epoch, total) * by_epoch[np.minimum(epochs, len(losses))]

    def _by_epoch(self, losses: Sequence[float]) -> Factors:
        """The factor after 0, 1, 2, ... of ``losses``. A loss that is not a number is no better than any."""
        factors, best, bad = [1.0], inf, 0
        for loss in losses:
            if loss < best * (1 - self.improvement):
                best, bad = loss, 0
            else:
                bad += 1
            reduced = bad > self.patience
            factors.append(max(factors[-1] * self.factor, self.floor) if reduced else factors[-1])
            bad = 0 if reduced else bad
        return np.array(factors)


class OneCycle(ScheduleBase):
    """From ``start`` up to 1 in the first ``rise`` of the run, then down to ``end`` at its last step (Smith, 2018)."""

    kind: Literal["one_cycle"] = "one_cycle"
    rise: float = Field(
        0.3, gt=0, lt=1, allow_inf_nan=False, title="Rise", description="Share of the run in which the rate rises."
    )
    start: _Share = Field(0.04, title="Start", description="Share of the learning rate that the first step has.")
    end: _Share = Field(0.0001, title="End", description="Share of the learning rate that the last step has.")
    shape: Literal["cosine", "linear"] = Field("cosine", title="Shape", description="How it goes up and down.")
    title: ClassVar[str] = "One cycle"

    def factors(self, steps: ArrayLike, per_epoch: int, total: int, losses: Sequence[float] = ()) -> Factors:
        done, last = np.asarray(steps, np.float64), float(total - 1)
        top = min(max(self.rise * total - 1, 0.0), last)
        between = _wave if self.shape == "cosine" else _line
        up = between(self.start, 1.0, done / top) if top else np.ones_like(done)
        fallen = np.clip((done - top) / (last - top), 0.0, 1.0) if last > top else np.zeros_like(done)
        down = between(1.0, self.end, fallen)
        return np.where(done < top, up, down)


def _line(first: float, last: float, way: Factors) -> Factors:
    """From ``first`` to ``last`` while ``way`` goes from 0 to 1."""
    return first + (last - first) * way


def _wave(first: float, last: float, way: Factors) -> Factors:
    """The same on half a wave of a cosine, which is level at both ends."""
    return last + (first - last) * (1 + _each(cos, pi * way)) / 2


def _powers(base: float, exponents: Factors) -> Factors:
    return _each(partial(pow, base), exponents)


def _each(function: Callable[[float], float], values: Factors) -> Factors:
    """One by one: NumPy's powers and cosines differ in their last bit with how many there are, and a run must not
    depend on how many steps are done at once."""
    return np.array([function(value) for value in values.ravel().tolist()]).reshape(values.shape)


Schedule = Annotated[Constant | Step | Exponential | Cosine | OneCycle | ReduceOnPlateau, Field(discriminator="kind")]
SCHEDULES: dict[str, type[ScheduleBase]] = {
    kind.model_fields["kind"].default: kind for kind in (Constant, Step, Exponential, Cosine, OneCycle, ReduceOnPlateau)
}
"""Every schedule by its ``kind``."""
