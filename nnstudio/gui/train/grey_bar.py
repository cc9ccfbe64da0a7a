"""The legend of grey tiles: how bright is how much."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.theme import Theme
from nnstudio.gui.widgets.legend_bar import LegendBar
from nnstudio.units import signed

_GREYS = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)


class GreyBar(LegendBar):
    """A vertical strip from black (bottom) to white (top), with the numbers that they stand for."""

    def __init__(self) -> None:
        super().__init__("grey_bar", "−0.00055", 160)
        self.set_range(0.0, 1.0)

    def set_range(self, low: float, high: float) -> None:
        """What black and what white stand for."""
        self._range = (low, high)
        self.setAccessibleName(f"Grey scale from {signed(low, 2)}, black, to {signed(high, 2)}, white")
        self.update()

    def colours(self, _theme: Theme) -> NDArray[np.uint8]:
        return _GREYS

    def marks(self) -> list[tuple[float, str]]:
        low, high = self._range
        return [(share, signed(value, 2)) for share, value in ((0.0, high), (0.5, (low + high) / 2), (1.0, low))]
