"""The network by hand: on a canvas, as a table, layer by layer.

Each part stands on those below it, and imports from nowhere else in here (import-linter checks it):

- `panel`: the canvas in its panel, with commands, map, zoom buttons, problems and costs around it;
- `table`, `properties`, `weights`, `explain`, `export`, `templates`: panels and dialogs, none of which knows another;
- `canvas`: the scene with its blocks and wires, and what mouse and keys do with them;
- `palette`: the layers to pick from; `blocks`: one layer as a block; `schematic`: a network as a small figure;
- `editing`: what can be done to a network, as undoable steps; `layout`: where its blocks stand;
- `signs`: what stands for a layer wherever it is shown. Panels elsewhere use these too.
"""

from __future__ import annotations

from nnstudio.gui.designer.palette.panel import PalettePanel
from nnstudio.gui.designer.panel.designer_panel import DesignerPanel
from nnstudio.gui.designer.properties.panel import PropertiesPanel

__all__ = ["DesignerPanel", "PalettePanel", "PropertiesPanel"]
