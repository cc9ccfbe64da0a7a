"""The filters of a layer, live."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.inspect.filter_view import FilterScroll, FilterView
from nnstudio.gui.inspect.mosaic import Source, nice_limit, sources
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.gui.widgets.color_bar import ColorBar
from nnstudio.gui.widgets.fields import combo_box

_EXPLANATION = "Every tile is one filter; point at one to read its weights."
_ROWS = "A row for each filter, a column for each input it looks at."
_NOTHING = "This network has no filters to look at: insert a Convolution."
_MISSING = "This network is so large that its weights are only made when training begins."


class FiltersPanel(QWidget):
    """All kernels of a chosen layer with one colour scale, repainted with every snapshot of the weights."""

    def __init__(self, network: NetworkModel, weights: WeightsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filters_panel")
        self._network, self._weights = network, weights
        self._sources: list[Source] = []
        self._hovered: tuple[int, int, int, int] | None = None
        self._choice = combo_box()
        self._choice.setObjectName("filters_layer")
        self._choice.setAccessibleName("Layer whose filters are shown")
        self._choice.setMinimumContentsLength(14)
        self._choice.currentIndexChanged.connect(lambda _: self._chosen())
        self._view = FilterView()
        self._view.hovered.connect(self._hover)
        self._scroll = FilterScroll(self._view)
        self._bar = ColorBar()
        self._told = QLabel(_EXPLANATION)
        self._told.setObjectName("filters_told")
        self._told.setProperty("role", "quiet")
        self._told.setFont(tabular(self._told.font()))
        self._told.setWordWrap(True)
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._told.setFixedHeight(2 * self._told.fontMetrics().lineSpacing())  # room for two lines, so nothing jumps
        self._arrange()
        weights.changed.connect(self._refresh)
        network.checkChanged.connect(lambda _: self._refresh_choice())
        self._refresh_choice()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def _arrange(self) -> None:
        self._tools = {
            "magnify-minus-outline": (QToolButton(), "Zoom out", lambda: self._scroll.zoom(-1)),
            "magnify-plus-outline": (QToolButton(), "Zoom in", lambda: self._scroll.zoom(1)),
            "fit-to-page-outline": (QToolButton(), "Fit into the panel", self._scroll.fit),
        }
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._choice, 1)
        top.addSpacing(8)
        for button, text, slot in self._tools.values():
            button.setObjectName(f"filters_{text.lower().replace(' ', '_')}")
            button.setAccessibleName(text)
            button.setToolTip(text)
            button.clicked.connect(slot)
            top.addWidget(button)
        theme_source.themeChanged.connect(self._colour)
        self._colour()
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self._scroll, 1)
        middle.addWidget(self._bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addLayout(middle, 1)
        layout.addWidget(self._told)

    def _colour(self) -> None:
        for name, (button, _, _) in self._tools.items():
            button.setIcon(icon(name, "quiet"))

    def _refresh_choice(self) -> None:
        """Offer the layers of the network there is now, and stay with the one that was chosen."""
        found = sources(self._network.flat, self._network.check)
        if found == self._sources:
            return
        chosen = self._sources[self._choice.currentIndex()].node if self._sources else ""
        self._sources = found
        with QSignalBlocker(self._choice):
            self._choice.clear()
            self._choice.addItems([source.title for source in found])
            names = [source.node for source in found]
            self._choice.setCurrentIndex(names.index(chosen) if chosen in names else 0)
        self._choice.setEnabled(bool(found))
        self._chosen()

    def _chosen(self) -> None:
        self._refresh()
        self._scroll.fit()
        self._hover(None)

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        source = self._sources[self._choice.currentIndex()] if self._sources else None
        weights = self._weights.shown.parameters.get(source.parameter) if source else None
        kernels = source.kernels(weights) if source and weights is not None else None
        self._bar.setVisible(kernels is not None)
        if kernels is None:
            self._view.show_kernels(None, 1.0)
            self._hover(None)
            return
        limit = nice_limit(kernels)
        self._view.show_kernels(kernels, limit)
        self._bar.set_limit(limit)
        if self._hovered:
            self._hover(self._hovered)

    def _hover(self, place: tuple[int, int, int, int] | None) -> None:
        self._hovered = place
        source = self._sources[self._choice.currentIndex()] if self._sources else None
        if source is None:
            self._told.setText(_NOTHING)
        elif self._weights.shown.missing:
            self._told.setText(_MISSING)
        elif place is None:
            self._told.setText(_EXPLANATION if source.shape[1] == 1 else _ROWS)
        else:
            self._told.setText(self._tell(source, place))

    def _tell(self, source: Source, place: tuple[int, int, int, int]) -> str:
        output, channel, row, column = place
        kernels = source.kernels(self._weights.shown.parameters[source.parameter])
        assert kernels is not None, "what is hovered over is painted"
        kernel = kernels[output, channel]
        of_input = f", input {channel + 1}" if source.shape[1] > 1 else ""
        here = f"row {row + 1}, column {column + 1}: {_signed(kernel[row, column])}"
        return f"Filter {output + 1}{of_input}, {here}  (from {_signed(kernel.min())} to {_signed(kernel.max())})"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
