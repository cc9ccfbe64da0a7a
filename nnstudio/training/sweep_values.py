"""The values that a setting takes in a sweep, as people write them: ``0.1, 0.01``, ``1..5``, ``log 1e-4..1e-1``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np

from nnstudio.network.settings_text import read_value
from nnstudio.training.settings_path import SettingError
from nnstudio.units import few_digits

HOW = "Write values with commas, as in 0.1, 0.01; or a range, as in 1..5, 0..1 in 5, or log 1e-4..1e-1."
MOST_VALUES = 200
"""Of one setting in a grid."""
_USUAL = 5
"""Values of a range of real numbers that does not say how many."""
_DIGITS = 4
_FARTHEST = 1e15
"""Whole numbers up to it are exact, and no setting goes so far."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_RANGE = re.compile(rf"(log\s+)?({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s+in\s+(\d+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Listed:
    """These values and no others."""

    values: tuple[Any, ...]

    def grid(self) -> tuple[Any, ...]:
        return self.values

    def draw(self, generator: np.random.Generator) -> Any:
        return self.values[int(generator.integers(len(self.values)))]


@dataclass(frozen=True)
class Between:
    """Numbers from ``low`` to ``high``, both included: ``whole`` ones, or evenly spread by their logarithm (``log``).

    ``count`` is how many a grid has; 0: every whole number, one for each power of ten, or five.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False
    count: int = 0

    def grid(self) -> tuple[float, ...]:
        count = self.count or self._usual_count()
        ends = (log10(self.low), log10(self.high)) if self.log else (self.low, self.high)
        places = np.linspace(*ends, count)
        return tuple(dict.fromkeys(self._rounded(float(10**place if self.log else place)) for place in places))

    def draw(self, generator: np.random.Generator) -> float:
        if self.log:
            return self._rounded(float(10 ** generator.uniform(log10(self.low), log10(self.high))))
        if self.whole:
            return int(generator.integers(round(self.low), round(self.high) + 1))
        return self._rounded(float(generator.uniform(self.low, self.high)))

    def counts_more_than(self, most: int) -> bool:
        """Whether it is every whole number, and so many."""
        return self.whole and not self.log and not self.count and self.high - self.low >= most

    def _usual_count(self) -> int:
        if self.low == self.high:
            return 1
        if self.log:
            return max(2, round(log10(self.high) - log10(self.low)) + 1)
        return round(self.high - self.low) + 1 if self.whole else _USUAL

    def _rounded(self, value: float) -> float:
        """As few digits as are worth reading, and never beyond the ends."""
        if self.whole:
            return round(value)
        return min(max(few_digits(value, _DIGITS), self.low), self.high)


Values = Listed | Between


def read_values(path: str, text: str, *, whole: bool) -> Values:
    """What ``text`` says about the setting ``path``; ``SettingError`` names both and the rule."""
    text = text.strip()
    if not text:
        raise SettingError(f"{path} has no values.", HOW)
    if found := _RANGE.fullmatch(text):
        return _range(f"{path} (={text})", found, whole)
    if ".." in text:
        raise SettingError(f"{path} (={text}) is no range of numbers.", HOW)
    return _list(path, text)


def _range(given: str, found: re.Match[str], whole: bool) -> Between:
    log, low, high, count = found.groups()
    between = Between(float(low), float(high), bool(log), whole, int(count or 0))
    if max(abs(between.low), abs(between.high)) > _FARTHEST:
        raise SettingError(f"{given}: the ends of a range must lie between -{_FARTHEST:g} and {_FARTHEST:g}.")
    if between.low > between.high:
        raise SettingError(f"{given}: the first number of a range must not be larger than the second.")
    if log and between.low <= 0:
        raise SettingError(f"{given}: a logarithmic range must begin above 0.", "Begin it at 1e-6, say.")
    if whole and not (between.low.is_integer() and between.high.is_integer()):
        raise SettingError(f"{given}: the setting takes whole numbers only.")
    if count and not 2 <= between.count <= MOST_VALUES:
        raise SettingError(f"{given}: a range has between 2 and {MOST_VALUES} values.")
    return between


def _list(path: str, text: str) -> Listed:
    try:
        values = json.loads(f"[{text}]")
    except (ValueError, RecursionError):
        values = [read_value(part.strip()) for part in text.split(",")]
    if "" in values or not values:
        raise SettingError(f"{path} (={text}) has an empty place between commas.", HOW)
    unique: list[Any] = []
    for value in values:
        if value not in unique:
            unique.append(value)
    return Listed(tuple(unique))
