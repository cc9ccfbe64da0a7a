"""The legend of the sequential map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.plots.colours import sequential
from nnstudio.gui.theme import Theme
from nnstudio.gui.widgets.legend_bar import LegendBar


class ScaleBar(LegendBar):
    """A vertical strip from 0 (bottom) to most (top); ``about`` says of what. Colours grow with the root of what they
    stand for, so that little is seen too."""

    def __init__(self, name: str, about: str) -> None:
        super().__init__(name, "1,000", 120)
        self._about = about
        self.set_top("100%")

    def set_top(self, text: str) -> None:
        """What the end of the map stands for."""
        self._top = text
        words = f"from 0 to {text} {self._about}, on a root scale"
        self.setAccessibleName(f"Colour scale {words}")
        self.setToolTip(f"{words[:1].upper()}{words[1:]}")
        self.update()

    def colours(self, theme: Theme) -> NDArray[np.uint8]:
        return sequential(theme)

    def marks(self) -> list[tuple[float, str]]:
        return [(0.0, self._top), (1.0, "0")]
