"""The layers a network can be built of."""

from __future__ import annotations

from PySide6.QtWidgets import QListWidget, QVBoxLayout, QWidget

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.network import LAYERS


class PalettePanel(QWidget):
    """All layers; a double-click puts one behind the selected layer."""

    def __init__(self, network: NetworkModel, selection: SelectionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette_panel")
        layers = QListWidget(objectName="palette_layers", accessibleName="Layers to insert")
        layers.addItems([layer.title for layer in LAYERS.values()])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(layers)
