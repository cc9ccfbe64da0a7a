"""The canvas with the network's blocks."""

from __future__ import annotations

from PySide6.QtWidgets import QListWidget, QVBoxLayout, QWidget

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import NetworkSpec


class DesignerPanel(QWidget):
    """Shows and edits the network."""

    def __init__(self, network: NetworkModel, weights: WeightsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("designer_panel")
        self.selection = SelectionModel(network, self)
        self._blocks = QListWidget(objectName="designer_blocks", accessibleName="Layers of the network")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._blocks)
        network.specChanged.connect(self._show)
        self._show(network.spec)

    def _show(self, spec: NetworkSpec) -> None:
        self._blocks.clear()
        self._blocks.addItems([f"{node.layer.title}  {node.id}  {node.layer.settings_text()}" for node in spec.nodes])
