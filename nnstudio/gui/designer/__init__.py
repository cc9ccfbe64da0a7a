"""The network on a canvas: its blocks, the layers it can be built of, and the settings of one layer."""

from __future__ import annotations

from nnstudio.gui.designer.designer_panel import DesignerPanel
from nnstudio.gui.designer.palette_panel import PalettePanel
from nnstudio.gui.designer.properties_panel import PropertiesPanel

__all__ = ["DesignerPanel", "PalettePanel", "PropertiesPanel"]
