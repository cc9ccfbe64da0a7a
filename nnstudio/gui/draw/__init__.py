"""Drawing a digit, and what the network says about it while it is drawn."""

from __future__ import annotations

from nnstudio.gui.draw.panel import DrawPanel

__all__ = ["DrawPanel"]
