"""What happens inside: gradients, updates, weights and activations, a curve for each layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nnstudio.gui.models.curves import Curve, Curves
from nnstudio.gui.plots.bounds import around
from nnstudio.gui.plots.colours import layer_colours, run_shades
from nnstudio.gui.plots.page import Page, Runs
from nnstudio.gui.plots.series import Series
from nnstudio.gui.plots.series_plot import Quantity, SeriesPlot
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


def _key(name: str) -> str:
    return name.replace(".", "_")


def _title(name: str) -> str:
    return name.removesuffix(".weight")


class LayersPage(Page):
    """Two plots, for each of which a quantity is chosen. Curves have the colours of their layers' families; those of
    the same layers of other runs are dashed, in shades of the other run's colour."""

    title = "Layers"

    def __init__(self, families: Families) -> None:
        super().__init__()
        self._families = families
        self._drawn: dict[SeriesPlot, tuple[object, ...]] = {}
        self._choices = {}
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
        self.stack(*self.plots)

    def show_runs(self, runs: Runs) -> None:
        super().show_runs(runs)
        self._drawn.clear()

    def refresh(self) -> None:
        """Draw what has been measured since, and layers that have come."""
        for plot in self.series_plots:
            choice = CHOICES[self._choices[plot].currentText()]
            names = shown_names(self._names(choice))
            if self._drawn.get(plot) == (choice, *names):
                plot.refresh()
            else:
                self._drawn[plot] = (choice, *names)
                plot.show_series(self._series(choice, names), choice.quantity)

    def _names(self, choice: Choice) -> list[str]:
        """What the present run has; where it has nothing, what the others have."""
        present, *others = (choice.curves(run) for run in self.runs.everyone)
        return [*present] or [*dict.fromkeys(name for curves in others for name in curves)]

    def _series(self, choice: Choice, names: list[str]) -> list[Series]:
        """Layer by layer, each followed by those of the same name of other runs."""
        families = self._families()
        colours = layer_colours([families.get(layer_of(name)) for name in names])
        curves, axis = choice.curves(self.runs.present), self.runs.axis(self.runs.present)
        others = self._others(choice, names)
        series = []
        for name, colour in zip(names, colours, strict=True):
            if name in curves:
                series.append(Series(_key(name), _title(name), curves[name], colour, axis, smooth=False))
            series += [one for owner, one in others if owner == name]
        return series

    def _others(self, choice: Choice, names: list[str]) -> list[tuple[str, Series]]:
        """The curves of other runs, each with what it is of."""
        found = []
        for number, (run, colour, measured) in enumerate(self.runs.overlays, 1):
            curves, axis = choice.curves(measured), self.runs.axis(measured)
            for name, shade in zip(names, run_shades(colour, len(names)), strict=True):
                if name in curves:
                    key, title = f"{_key(name)}_other{number}", f"{_title(name)}, {run}"
                    found.append((name, Series(key, title, curves[name], shade, axis, smooth=False, dashed=True)))
        return found

    def _change(self, plot: SeriesPlot) -> None:
        self._drawn.pop(plot, None)
        self.refresh()
        plot.follow()
