"""Colours, fonts and the style of the whole window, light and dark, following the system.

Everything that paints itself asks `current_theme()` and repaints on `theme_source.themeChanged`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from nnstudio.gui.stylesheet import stylesheet
from nnstudio.network import Family

Scheme = Literal["system", "light", "dark"]
MINIMUM_POINT_SIZE = 9.0
GRID = 8
"""Distances are multiples of it."""
CORNER = 6
"""Radius of panels and blocks."""
ZERO = 127
"""The entry of a diverging map that stands for 0; the maps have 255, so that both sides are equally long."""


@dataclass(frozen=True)
class Theme:
    """Colours by role, as ``#rrggbb``. Text roles have a contrast of at least 4.5:1 on window and panel."""

    name: Literal["light", "dark"]
    window: str
    panel: str
    border: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    hover: str
    selection: str
    good: str
    warning: str
    error: str
    families: Mapping[Family, str]
    series: tuple[str, ...]
    """Curves, colour-blind safe (Okabe and Ito): the first is training, the second validation."""
    diverging_map: str

    def color(self, role: str) -> QColor:
        """The colour of a role, such as ``quiet``."""
        return QColor(getattr(self, role))

    @property
    def diverging(self) -> NDArray[np.uint8]:
        """(255, 3): red, green, blue from the most negative to the most positive value; entry `ZERO` is 0."""
        return _colour_map(self.diverging_map)

    def paint_diverging(self, values: NDArray[np.floating], limit: float) -> NDArray[np.uint8]:
        """`values` as colours, (*shape, 3); ±`limit` and beyond get the ends of the map."""
        scale = ZERO / limit if limit > 0 else 0.0
        return self.diverging[np.clip(np.rint(values * scale) + ZERO, 0, 2 * ZERO).astype(np.intp)]


def _families(neutral: str, accent: str) -> Mapping[Family, str]:
    return {
        Family.INPUT: neutral,
        Family.CONVOLUTION: "#0072b2",
        Family.POOLING: "#e69f00",
        Family.ACTIVATION: "#009e73",
        Family.DENSE: "#d55e00",
        Family.NORMALIZATION: "#56b4e9",
        Family.REGULARISATION: "#cc79a7",
        Family.MERGE: "#7a7a7a",
        Family.RESHAPE: "#7a7a7a",
        Family.OUTPUT: accent,
    }


LIGHT = Theme(
    name="light",
    window="#f5f6f8", panel="#ffffff", border="#d8dce2",
    text="#1d2126", quiet="#57606a",
    accent="#0b62c4", on_accent="#ffffff", hover="#eceff3", selection="#dbe9fa",
    good="#117a3d", warning="#9a5b00", error="#c62828",
    families=_families("#8a929c", "#0b62c4"),
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7"),
    diverging_map="CET-D1",
)  # fmt: skip
DARK = Theme(
    name="dark",
    window="#16181b", panel="#1e2125", border="#31363c",
    text="#e6e9ec", quiet="#9aa4af",
    accent="#5aa9ff", on_accent="#0c1116", hover="#2a2f35", selection="#1f3a58",
    good="#4cc38a", warning="#f0b44c", error="#ff7b72",
    families=_families("#9aa4af", "#5aa9ff"),
    series=("#56b4e9", "#e69f00", "#009e73", "#cc79a7"),
    diverging_map="CET-D4",
)  # fmt: skip


class ThemeSource(QObject):
    """Holds the theme of this process and follows the system while it is told to."""

    themeChanged = Signal(object)
    """The new `Theme`. Connect methods, not lambdas: this outlives every widget, and Qt forgets only its methods."""

    def __init__(self) -> None:
        super().__init__()
        self.theme = LIGHT
        self.scheme: Scheme = "system"

    def apply(self, app: QApplication, scheme: Scheme) -> None:
        self.scheme = scheme
        app.styleHints().colorSchemeChanged.connect(self._follow, Qt.ConnectionType.UniqueConnection)
        self._follow()

    def _follow(self) -> None:
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        dark = self.scheme == "dark" or (
            self.scheme == "system" and app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        )
        self.theme = DARK if dark else LIGHT
        app.setPalette(_palette(self.theme))
        app.setStyleSheet(stylesheet(self.theme))
        self.themeChanged.emit(self.theme)


theme_source = ThemeSource()


def current_theme() -> Theme:
    """The theme that the window has now."""
    return theme_source.theme


@contextmanager
def painted_as(theme: Theme) -> Iterator[None]:
    """What is painted meanwhile has another theme; the window, which must not be painted meanwhile, keeps its own."""
    before, theme_source.theme = theme_source.theme, theme
    try:
        yield
    finally:
        theme_source.theme = before


def apply_theme(app: QApplication, scheme: Scheme = "system") -> None:
    """Give the whole application the theme that `scheme` asks for, and follow the system when it says so."""
    app.setStyle("Fusion")
    font = app.font()
    if font.pointSizeF() < MINIMUM_POINT_SIZE:
        font.setPointSizeF(MINIMUM_POINT_SIZE)
        app.setFont(font)
    theme_source.apply(app, scheme)


def mixed(colour: str, ground: str, share: float) -> QColor:
    """`colour` over `ground`, as if it were so much opaque."""
    over, under = np.array(QColor(colour).getRgbF()), np.array(QColor(ground).getRgbF())
    return QColor.fromRgbF(*(share * over + (1 - share) * under).tolist())


def tabular(font: QFont) -> QFont:
    """`font` with figures of one width, so that changing numbers stand still."""
    steady = QFont(font)
    steady.setFeature(QFont.Tag("tnum"), 1)
    return steady


def canvas_font(*, bold: bool = False, larger: float = 0) -> QFont:
    """The system's font; without hinting, so that text keeps its width at every zoom."""
    font = tabular(QApplication.font())
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    font.setPointSizeF(font.pointSizeF() + larger)
    return font


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window, role.WindowText: theme.text,
        role.Base: theme.panel, role.AlternateBase: theme.window, role.Text: theme.text,
        role.Button: theme.panel, role.ButtonText: theme.text, role.BrightText: theme.error,
        role.ToolTipBase: theme.panel, role.ToolTipText: theme.text, role.PlaceholderText: theme.quiet,
        role.Highlight: theme.accent, role.HighlightedText: theme.on_accent, role.Accent: theme.accent,
        role.Link: theme.accent, role.LinkVisited: theme.accent,
        role.Light: theme.panel, role.Midlight: theme.hover, role.Mid: theme.border, role.Dark: theme.border,
        role.Shadow: theme.border,
    }  # fmt: skip
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    faded = QColor(theme.quiet)
    faded.setAlphaF(0.7)
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, faded)
    return palette


@cache
def _colour_map(name: str) -> NDArray[np.uint8]:
    """One of Peter Kovesi's perceptually uniform maps, read from pyqtgraph's files without importing it."""
    package = find_spec("pyqtgraph")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("pyqtgraph is not installed")
    rows = np.loadtxt(Path(package.submodule_search_locations[0]) / "colors" / "maps" / f"{name}.csv", delimiter=",")
    places, wanted = np.linspace(-1, 1, len(rows)), np.linspace(-1, 1, 2 * ZERO + 1)
    colours = np.stack([np.interp(wanted, places, channel) for channel in rows.T], axis=1)
    table = np.rint(colours * (255 if rows.max() <= 1 else 1)).astype(np.uint8)
    table.flags.writeable = False
    return table
