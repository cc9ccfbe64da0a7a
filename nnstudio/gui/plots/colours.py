"""The sequential map of heat maps and tables, and the colours of a network's layers as curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from nnstudio.gui.theme import Theme, mixed
from nnstudio.network import Family

_SHADES = {"light": ("#ffffff", "#8fc4e8", "#0072b2", "#032a54"), "dark": ("#1e2125", "#0d4f83", "#56b4e9", "#f0f9ff")}
"""Colours through which the map goes, from nothing (the panel) to most."""
_TO_PANEL, _TO_TEXT = 0.35, 0.5
"""How far shades of a family's colour may go, as shares."""
_TO_LMS = np.array([[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]])
_TO_LAB = np.array([[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]])


def sequential(theme: Theme) -> NDArray[np.uint8]:
    """(256, 3): red, green, blue from nothing to most, lightness always going one way, in steps that look equal."""
    return _map(theme.name)


@cache
def _map(name: str) -> NDArray[np.uint8]:
    """Equal steps are equal distances in Oklab (Björn Ottosson, 2020)."""
    stops = np.array([[part / 255 for part in QColor(shade).getRgb()[:3]] for shade in _SHADES[name]])  # type: ignore[index]
    fine = np.linspace(0, len(stops) - 1, 1024)
    colours = np.stack([np.interp(fine, np.arange(len(stops)), channel) for channel in stops.T], axis=1)
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1)))
    wanted = np.linspace(0, along[-1], 256)
    table = np.stack([np.interp(wanted, along, channel) for channel in colours.T], axis=1)
    result = np.rint(255 * table).astype(np.uint8)
    result.flags.writeable = False
    return result


def fixed(colour: str) -> Callable[[Theme], QColor]:
    """The same colour in every theme, as another run has it."""
    return lambda _theme: QColor(colour)


def series_colour(number: int) -> Callable[[Theme], QColor]:
    """One of the colours for curves."""
    return lambda theme: QColor(theme.series[number % len(theme.series)])


def layer_colours(families: Sequence[Family | None]) -> list[Callable[[Theme], QColor]]:
    """For each of some layers the colour of its family, in as many shades as there are layers of that family.

    Where the family is not known, the colours for curves follow each other.
    """
    colours = []
    for number, family in enumerate(families):
        if family is None:
            colours.append(series_colour(number))
            continue
        place, count = families[:number].count(family), families.count(family)

        def own(theme: Theme, family: Family = family) -> QColor:
            return QColor(theme.families[family])

        colours.append(_shade(own, _share(place, count)))
    return colours


def run_shades(colour: str, count: int) -> list[Callable[[Theme], QColor]]:
    """For each of so many layers of another run a shade of that run's colour."""
    return [_shade(fixed(colour), _share(place, count)) for place in range(count)]


def _share(place: int, count: int) -> float:
    return 0.5 if count == 1 else place / (count - 1)


def _shade(own_colour: Callable[[Theme], QColor], place: float) -> Callable[[Theme], QColor]:
    """From nearer to the ground (0) over a colour itself (0.5) to nearer to the text (1)."""

    def colour(theme: Theme) -> QColor:
        own = own_colour(theme)
        other, most = (theme.panel, _TO_PANEL) if place < 0.5 else (theme.text, _TO_TEXT)
        return mixed(own.name(), other, 1 - most * abs(2 * place - 1))

    return colour
