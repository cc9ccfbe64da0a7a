"""What happens inside: gradients, updates, weights and activations, a curve for each layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.gui.models.curves import Curve, Curves
from nnstudio.gui.plots.across import Across, RunAxis
from nnstudio.gui.plots.colours import layer_colours
from nnstudio.gui.plots.series import Series
from nnstudio.gui.plots.series_plot import Quantity, SeriesPlot, around
from nnstudio.gui.widgets.fields import combo_box
from nnstudio.network import Family


def _percent(value: float) -> str:
    return f"{value:.1%}"


@dataclass(frozen=True)
class Choice:
    """One quantity, and which curves of a run it is."""

    quantity: Quantity
    curves: Callable[[Curves], dict[str, Curve]]


_GRADIENTS, _UPDATES, _WEIGHTS = "Gradient norm", "Update ratio", "Weight norm"
CHOICES = {
    _GRADIENTS: Choice(Quantity(_GRADIENTS, bounds=around), lambda run: run.gradient_norms),
    _UPDATES: Choice(Quantity(f"{_UPDATES} (step / weights)", bounds=around), lambda run: run.update_ratios),
    _WEIGHTS: Choice(Quantity(_WEIGHTS, bounds=around), lambda run: run.weight_norms),
    "Mean activation": Choice(Quantity("Mean activation", bounds=around, log=False), lambda run: run.activation_means),
    "Spread of activations": Choice(
        Quantity("Spread of activations (standard deviation)", bounds=around), lambda run: run.activation_deviations
    ),
    "Zero activations": Choice(
        Quantity("Zero activations (%)", _percent, 100.0, around, log=False), lambda run: run.zeros
    ),
    "Dead units": Choice(Quantity("Dead units (%)", _percent, 100.0, around, log=False), lambda run: run.dead),
}
_DEFAULTS = (_GRADIENTS, _UPDATES)
Families = Callable[[], Mapping[str, Family]]
"""The family of each layer of the network there is, by name."""


def layer_of(name: str) -> str:
    """``conv1`` of ``conv1.weight``, and of itself."""
    return name.rpartition(".")[0] or name


def shown_names(names: Sequence[str]) -> list[str]:
    """One for each layer: its weight, or what it has instead. A bias beside a weight only tells the same again."""
    weighty = {layer_of(name) for name in names if name.endswith(".weight")}
    return [name for name in names if name.endswith(".weight") or layer_of(name) not in weighty]


class LayersPage(QWidget):
    """Two plots, for each of which a quantity is chosen. Curves have the colours of their layers' families."""

    def __init__(self, families: Families) -> None:
        super().__init__()
        self._families = families
        self._run, self._across = Curves(), Across.STEP
        self._drawn: dict[SeriesPlot, tuple[object, ...]] = {}
        self._choices = {}
        self.plots: list[SeriesPlot] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for number, default in enumerate(_DEFAULTS, 1):
            plot = SeriesPlot(f"layers{number}", CHOICES[default].quantity)
            plot.set_log(True)
            combo = combo_box()
            combo.setObjectName(f"plots_quantity{number}")
            combo.setAccessibleName(f"Quantity of plot {number}")
            combo.addItems(list(CHOICES))
            combo.setCurrentText(default)
            combo.setMinimumContentsLength(18)
            combo.currentTextChanged.connect(lambda _, plot=plot: self._change(plot))
            plot.heading.hide()
            plot.top.insertWidget(0, combo)
            self._choices[plot] = combo
            self.plots.append(plot)
            layout.addWidget(plot, 1)

    def show_run(self, run: Curves, across: Across) -> None:
        self._run, self._across = run, across
        self._drawn.clear()
        for plot in self.plots:
            plot.show_run(run, across)

    def refresh(self) -> None:
        """Draw what has been measured since, and layers that have come."""
        for plot in self.plots:
            choice = CHOICES[self._choices[plot].currentText()]
            names = shown_names([*choice.curves(self._run)])
            if self._drawn.get(plot) == (choice, *names):
                plot.refresh()
            else:
                self._drawn[plot] = (choice, *names)
                plot.show_series(self._series(choice, names), choice.quantity)

    def _series(self, choice: Choice, names: list[str]) -> list[Series]:
        curves, families = choice.curves(self._run), self._families()
        colours = layer_colours([families.get(layer_of(name)) for name in names])
        axis = RunAxis(self._across, self._run)
        return [
            Series(name.replace(".", "_"), name.removesuffix(".weight"), curves[name], colour, axis, smooth=False)
            for name, colour in zip(names, colours, strict=True)
        ]

    def _change(self, plot: SeriesPlot) -> None:
        self._drawn.pop(plot, None)
        self.refresh()
        plot.follow()
