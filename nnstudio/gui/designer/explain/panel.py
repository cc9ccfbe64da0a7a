"""“Explain this layer”: what the selected layer does, with its own numbers and weights."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from nnstudio.gui.designer.explain.layer import layer_page
from nnstudio.gui.designer.explain.network import block_page, network_page
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import tabular, theme_source

_PAUSE_MS = 250
"""Weights that change while training are read four times a second: more could not be read."""
_STYLE = """
QTextBrowser { border: 1px solid transparent; padding: 8px; background: palette(base); }
QTextBrowser:focus { border-color: palette(highlight); }
"""


class ExplainPanel(QWidget):
    """Follows the selection; without a selected layer it explains the whole network. Its text can be copied."""

    def __init__(
        self, network: NetworkModel, selection: SelectionModel, weights: WeightsModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("explain_panel")
        self._network, self._selection, self._weights = network, selection, weights
        self._html, self._subject = "", ""
        self._page = QTextBrowser()
        self._page.setObjectName("explain_page")
        self._page.setAccessibleName("Explanation")
        self._page.setFont(tabular(self.font()))
        self._page.setOpenLinks(False)
        self._page.setStyleSheet(_STYLE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._page)
        self.setFocusProxy(self._page)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._show_weights)
        network.checkChanged.connect(self._show)
        selection.changed.connect(self._show)
        theme_source.themeChanged.connect(self._show)
        weights.changed.connect(self._wait)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _wait(self) -> None:
        if self.isVisible() and not self._pause.isActive():
            self._pause.start()

    def _show_weights(self) -> None:
        """Whoever is about to copy something keeps what they see."""
        if not self._page.textCursor().hasSelection():
            self._show()

    def _show(self) -> None:
        """Write the page anew if it says something else; where it is scrolled to stays, unless its subject changes."""
        if not self.isVisible():
            return
        subject, html = self._content()
        if html == self._html:
            return
        bar = self._page.verticalScrollBar()
        place = bar.value() if subject == self._subject else 0
        self._page.setHtml(html)
        bar.setValue(place)
        self._html, self._subject = html, subject

    def _content(self) -> tuple[str, str]:
        network, selection = self._network, self._selection
        spec, check = network.spec, network.check
        node = next((node for node in spec.nodes if node.id == selection.selected), None)
        if node is not None:
            shown = self._weights.shown
            return f"layer {node.id}", layer_page(spec, check, node, shown.parameters, shown.step)
        group = next((group for group in spec.groups if group.id == selection.group), None)
        if group is not None:
            return f"block {group.id}", block_page(spec, check, group)
        return "network", network_page(spec, network.flat, check, network.batch_size)
