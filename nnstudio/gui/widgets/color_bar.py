"""The legend of the diverging map: which colour is which number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.theme import Theme
from nnstudio.gui.widgets.legend_bar import LegendBar


class ColorBar(LegendBar):
    """A vertical strip from −limit (bottom) to +limit (top), with its numbers."""

    def __init__(self) -> None:
        super().__init__("color_bar", "−0.00055", 160)
        self._limit = 1.0
        self.set_limit(1.0)

    def set_limit(self, limit: float) -> None:
        if limit != self._limit or not self.accessibleName():
            self._limit = limit
            self.setAccessibleName(f"Colour scale from −{limit:g} to {limit:g}")
            self.update()

    def colours(self, theme: Theme) -> NDArray[np.uint8]:
        return theme.diverging

    def marks(self) -> list[tuple[float, str]]:
        return [(0.0, f"+{self._limit:g}"), (0.5, "0"), (1.0, f"−{self._limit:g}")]
