"""A search over settings: every combination of some values (a grid), or so many drawn by chance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Literal

import numpy as np

from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import KIND, Given, SettingError, changed, places
from nnstudio.training.sweep_values import MOST_VALUES, Between, Values, read_values

MOST_RUNS = 200
"""Of one sweep."""
_TRIES = 20
"""Draws for each wanted run, until it is believed that there are no more combinations."""


@dataclass(frozen=True)
class Variant:
    """One run of a sweep: what it is called, the values that it has by path, and all its settings."""

    name: str
    values: Mapping[str, Any]
    settings: TrainingSettings


@dataclass(frozen=True)
class Sweep:
    """Which ``settings`` (path and values as text, as a person writes them) are varied, and how they are combined.

    ``count`` and ``seed`` are for the random search alone. The same sweep gives the same variants.
    """

    settings: tuple[tuple[str, str], ...]
    search: Literal["grid", "random"] = "grid"
    count: int = 10
    seed: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(path for path, _ in self.settings)

    def variants(self, base: TrainingSettings) -> tuple[Variant, ...]:
        """The runs in their order; all else is as in ``base``. ``SettingError`` names the path, the value, the rule."""
        axes = self._axes(base)
        chosen = self._grid(axes) if self.search == "grid" else self._drawn(axes)
        return tuple(_variant(base, dict(zip(axes, values, strict=True))) for values in chosen)

    def _axes(self, base: TrainingSettings) -> dict[str, Values]:
        if not self.settings:
            raise SettingError("A sweep varies at least one setting.", "Choose a setting and write its values.")
        whole = {place.path: place.whole for place in places(base)}
        axes: dict[str, Values] = {}
        for path, text in self.settings:
            if path in axes:
                raise SettingError(f"{path} is varied twice.", "Write all its values in one place.")
            axes[path] = read_values(path, text, whole=whole.get(path, False))
        return axes

    def _grid(self, axes: Mapping[str, Values]) -> Iterator[tuple[Any, ...]]:
        for (path, text), axis in zip(self.settings, axes.values(), strict=True):
            if isinstance(axis, Between) and axis.counts_more_than(MOST_VALUES):
                what = f"{path} (={text}) has more than {MOST_VALUES} values."
                raise SettingError(what, "Say how many of them, as in 1..1000 in 5.")
        grids = [axis.grid() for axis in axes.values()]
        if (count := prod(map(len, grids))) > MOST_RUNS:
            sizes = " × ".join(str(len(grid)) for grid in grids)
            what = f"{sizes} = {count:,} runs; a sweep has at most {MOST_RUNS}." if len(grids) > 1 else (
                f"{count:,} runs; a sweep has at most {MOST_RUNS}.")  # fmt: skip
            raise SettingError(what, "Give fewer values, or search at random.")
        return product(*grids)

    def _drawn(self, axes: Mapping[str, Values]) -> Iterator[tuple[Any, ...]]:
        """Different combinations; fewer than asked for where there are no more."""
        if not 1 <= self.count <= MOST_RUNS:
            raise SettingError(f"The number of runs (={self.count}) must be between 1 and {MOST_RUNS}.")
        generator = np.random.default_rng(self.seed)
        found: dict[str, tuple[Any, ...]] = {}
        for _ in range(_TRIES * self.count):
            if len(found) == self.count:
                break
            values = tuple(axis.draw(generator) for axis in axes.values())
            found.setdefault(json.dumps(values), values)
        return iter(found.values())


def _variant(base: TrainingSettings, values: Mapping[str, Any]) -> Variant:
    given = [Given(tuple(path.split(".")), value, path) for path, value in values.items()]
    name = ", ".join(f"{short_name(path)}={value_text(value)}" for path, value in values.items())
    return Variant(name, values, changed(base, given))


def short_name(path: str) -> str:
    """What a path is about: ``learning_rate``; of a choice, what is chosen: ``optimizer``."""
    parts = path.removesuffix(f".{KIND}").split(".")
    return parts[-1]


def value_text(value: Any) -> str:
    """A value in a name: words as they are, numbers in few characters."""
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    return f"{value:g}" if isinstance(value, int | float) and abs(value) < 1e5 else json.dumps(value)
