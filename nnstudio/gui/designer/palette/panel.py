"""The layers a network can be built of."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.designer.palette.layer_list import LayerPicker
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel


class PalettePanel(QWidget):
    """All layers. Drag one onto the canvas, or put it behind the selected layer with Enter or a double-click."""

    refused = Signal(str)
    """Why a layer cannot be put in."""

    def __init__(self, network: NetworkModel, selection: SelectionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette_panel")
        self._editor = NetworkEditor(network, selection)
        self._editor.refused.connect(self.refused)
        self.picker = LayerPicker()
        self.picker.picked.connect(self._editor.insert_kind)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picker)
        self.setFocusProxy(self.picker)
