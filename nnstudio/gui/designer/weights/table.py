"""The weights of the selected layer as numbers, to be read and changed one by one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.designer.weights.items import Values, WeightItems
from nnstudio.gui.designer.weights.numbers import NumbersView
from nnstudio.gui.designer.weights.summary import Summary, size_text, summary
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import tabular
from nnstudio.gui.widgets.color_bar import ColorBar
from nnstudio.gui.widgets.fields import combo_box
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.network import NetworkSpec, SpecError, expand
from nnstudio.network.layers.transposed_convolution import TransposedConvolution

_AT_ONCE = 500_000
"""So many values are summed up in some milliseconds; more in the background."""
_NOTHING = "Select a layer to see its weights as numbers, and to change one."


class WeightsTable(QWidget):
    """On top which parameter, and which plane of it; then its numbers; below what they are like all together."""

    def __init__(
        self, network: NetworkModel, weights: WeightsModel, selection: SelectionModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("weights_table")
        self._network, self._weights, self._selection = network, weights, selection
        self._background = Background(self)
        self._summed: tuple[Values, Summary] | None = None
        self._summing = False
        self._copies: tuple[NetworkSpec, str | None, tuple[str, ...]] | None = None
        self.items = WeightItems(weights, self)
        self.items.refused.connect(self._refuse)
        self.items.taken.connect(lambda: self._refuse(""))
        self._choice = combo_box()
        self._choice.setObjectName("weights_parameter")
        self._choice.setAccessibleName("Parameter that is shown")
        self._choice.currentIndexChanged.connect(lambda _: self._refresh())
        self._planes = [self._plane_box(number) for number in range(2)]
        self.view = NumbersView(self.items)
        self._bar = ColorBar()
        self._told = QLabel()
        self._told.setObjectName("weights_told")
        self._told.setProperty("role", "quiet")
        self._told.setFont(tabular(self._told.font()))
        self._told.setWordWrap(True)
        self._refusal = QLabel()
        self._refusal.setObjectName("weights_refusal")
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._arrange()
        selection.changed.connect(self._offer)
        network.checkChanged.connect(lambda _: self._offer())
        weights.changed.connect(self._offer)
        self._refuse("")
        self._offer()

    def wait(self) -> None:
        """Until what is reckoned in the background is done."""
        self._background.wait()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._offer()

    # ---- what it shows

    def _offer(self) -> None:
        """The parameters of the selected layer, of a repeated one those of all its copies."""
        if not self.isVisible():
            return
        names = self._parameters()
        if names != [self._choice.itemData(row) for row in range(self._choice.count())]:
            chosen = self._choice.currentData()
            self._refuse("")
            with QSignalBlocker(self._choice):
                self._choice.clear()
                for name in names:
                    self._choice.addItem(name, name)
                self._choice.setCurrentIndex(max(0, self._choice.findData(chosen)) if names else -1)
        self._refresh()

    def _parameters(self) -> list[str]:
        spec, selected = self._network.spec, self._selection.selected
        if self._copies is None or (self._copies[0], self._copies[1]) != (spec, selected):
            self._copies = spec, selected, _copies(spec, selected)
        reports = self._network.check.layers
        order = [f"{node}.{p.role}" for node in self._copies[2] if node in reports for p in reports[node].parameters]
        return [name for name in order if name in self._weights.shown.parameters]

    def _refresh(self) -> None:
        name = self._choice.currentData() or ""
        values = self._weights.shown.parameters.get(name)
        self._offer_planes(name, values)
        axes = 0 if values is None else max(0, values.ndim - 2)
        plane = tuple(int(box.number()) for box, _ in self._planes[:axes])
        for part in (self._choice, self.view, self._bar):
            part.setVisible(values is not None)
        self._column.setStretch(self._column.count() - 1, values is None)  # words alone stand on top
        if values is None:
            self.items.show_plane("", None, (), 1.0)
            self._told.setText(self._why_nothing())
            return
        known = self._sum_up(values)
        self.items.show_plane(name, values, plane, known.limit)
        self.view.horizontalHeader().setVisible(values.ndim > 1)
        self._bar.set_limit(known.limit)
        self._told.setText(known.text)

    def _offer_planes(self, name: str, values: Values | None) -> None:
        """A box for each axis but the last two."""
        axes = values.shape[:-2] if values is not None and values.ndim > 2 else ()
        names = self._axes(name, len(axes))
        for number, (box, label) in enumerate(self._planes):
            shown = number < len(axes)
            box.setVisible(shown)
            label.setVisible(shown)
            if shown:
                with QSignalBlocker(box):
                    box.setMaximum(axes[number] - 1)
                label.setText(names[number])
                box.setAccessibleName(f"{names[number]} that is shown, from 0 to {axes[number] - 1}")

    def _axes(self, name: str, count: int) -> tuple[str, ...]:
        if count != 2:
            return ("Channel",) * count
        layer = self._weights.shown.spec.node(name.rpartition(".")[0]).layer
        names = "Filter", "Input"
        return names[::-1] if isinstance(layer, TransposedConvolution) else names

    def _why_nothing(self) -> str:
        selected = self._selection.selected
        if selected is None:
            return _NOTHING
        if self._network.spec.node(selected).muted:
            return f"“{selected}” is muted: it keeps its weights until it is computed again."
        if self._weights.shown.missing:
            return "This network is so large that its weights are only made when training begins."
        if not self._weights.ready:
            return "The weights are there as soon as the network has no errors."
        return f"“{selected}” has no weights. {_NOTHING}"

    # ---- all values together

    def _sum_up(self, values: Values) -> Summary:
        """Of very many what was known last, until the new is reckoned."""
        if self._summed is None or self._summed[0] is not values:
            if values.size <= _AT_ONCE:
                self._summed = values, summary(values)
            elif not self._summing:
                self._summing = True
                self._background.run(partial(summary, values), partial(self._sum_is_there, values), _impossible)
        if self._summed is None or self._summed[0].shape != values.shape:
            return Summary(self.items.limit, size_text(values))
        return self._summed[1]

    def _sum_is_there(self, values: Values, found: Summary) -> None:
        self._summed, self._summing = (values, found), False
        self._refresh()

    def _refuse(self, why: str) -> None:
        self._refusal.setText(why)
        self._refusal.setVisible(bool(why))

    # ---- how it is made

    def _plane_box(self, number: int) -> tuple[NumberBox, QLabel]:
        box, label = NumberBox(0, 0, whole=True), QLabel()
        box.setObjectName(f"weights_plane_{number}")
        box.valueChanged.connect(lambda _: self._refresh())
        label.setBuddy(box)
        return box, label

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._choice, 1)
        for box, label in self._planes:
            top.addSpacing(8)
            top.addWidget(label)
            top.addWidget(box)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.view, 1)
        middle.addWidget(self._bar)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 12)
        self._column.setSpacing(12)
        self._column.addLayout(top)
        self._column.addLayout(middle, 1)
        self._column.addWidget(self._told)
        self._column.addWidget(self._refusal)
        self._column.addStretch()


def _copies(spec: NetworkSpec, selected: str | None) -> tuple[str, ...]:
    """The layers that are computed for the selected one, in their order."""
    if selected is None:
        return ()
    try:
        return tuple(node for node, origin in expand(spec).origin.items() if origin == selected)
    except SpecError:
        return (selected,)


def _impossible(error: NNStudioError) -> None:
    raise error  # reckoning is nothing that a user could do wrong
