"""The settings and figures of the selected layer."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel


class PropertiesPanel(QWidget):
    """Shows the layer that is selected."""

    def __init__(self, network: NetworkModel, selection: SelectionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("properties_panel")
        self._network, self._selection = network, selection
        self._title = QLabel("Select a layer to see its settings.", objectName="properties_title", wordWrap=True)
        layout = QVBoxLayout(self)
        layout.addWidget(self._title)
        layout.addStretch(1)
        selection.changed.connect(self._show)

    def _show(self) -> None:
        node = self._selection.selected and self._network.spec.node(self._selection.selected)
        self._title.setText(f"{node.layer.title}: {node.layer.summary}" if node else "Select a layer to see its settings.")
