"""The axes of parallel coordinates: where on an axis a value lies. Without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np

from nnstudio.training.sweep import value_text

_WIDE = 20.0
"""Positive numbers of which the largest is so many times the smallest stand on a logarithmic axis."""
_FEW = 8
"""So many different values are all written; more have round numbers instead."""


@dataclass(frozen=True)
class Axis:
    """``values`` are all different ones: words in their order, or numbers from the least to the largest."""

    title: str
    values: tuple[Any, ...]
    numeric: bool
    log: bool = False
    share: bool = False
    """Numbers are written in per cent."""
    measured: bool = False
    """Values are results, of which nobody wants to read every digit beside the axis."""

    def place(self, value: Any) -> float | None:
        """From 0, the bottom, to 1; ``None`` for what is not known."""
        if value is None:
            return None
        if not self.numeric:
            return self._between(self.values.index(value), 0, len(self.values) - 1)
        low, high, at = self.values[0], self.values[-1], float(value)
        return self._between(log10(at), log10(low), log10(high)) if self.log else self._between(at, low, high)

    def ticks(self) -> list[tuple[float, str]]:
        """Where something is written beside the axis, and what."""
        few = len(self.values) < 2 if self.measured else len(self.values) <= _FEW
        if not self.numeric or few:
            shown: Sequence[Any] = self.values
        elif self.log:
            shown = self._powers_of_ten()
        else:
            shown = self._round_numbers()
        return [(place, self.text(value)) for value in shown if (place := self.place(value)) is not None]

    def text(self, value: Any) -> str:
        """A value as it is written."""
        if self.share:
            return f"{value:.1%}"
        return f"{value:.3g}" if self.measured else value_text(value)

    def _between(self, at: float, low: float, high: float) -> float:
        return (at - low) / (high - low) if high > low else 0.5

    def _powers_of_ten(self) -> list[float]:
        low, high = self.values[0], self.values[-1]
        powers = [10.0**power for power in range(floor(log10(low)), floor(log10(high)) + 1)]
        inside = [power for power in powers if low <= power <= high]
        return inside if len(inside) > 1 else [low, high]

    def _round_numbers(self) -> list[float]:
        """About five, at distances of 1, 2 or 5 times a power of ten."""
        low, high = float(self.values[0]), float(self.values[-1])
        rough = (high - low) / 5
        unit = 10.0 ** floor(log10(rough))
        step = unit * min((1, 2, 5, 10), key=lambda times: abs(times * unit - rough))
        first = int(np.ceil(low / step - 1e-9))
        return [float(f"{n * step:.9g}") for n in range(first, int(np.floor(high / step + 1e-9)) + 1)]


def axis(title: str, values: Sequence[Any], *, share: bool = False, measured: bool = False) -> Axis:
    """The axis on which all these values have a place; ``None`` among them is not known."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        numbers = tuple(sorted(set(known)))
        log = bool(numbers) and not share and numbers[0] > 0 and numbers[-1] / numbers[0] >= _WIDE
        return Axis(title, numbers, numeric=True, log=log, share=share, measured=measured)
    words: list[Any] = []
    for value in known:
        if value not in words:
            words.append(value)
    return Axis(title, tuple(words), numeric=False)
