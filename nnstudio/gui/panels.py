"""The panels of the window: what stands in each dock, under which title. Those that few look at first, or whose modules
take long to import, are made when somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from nnstudio.gui.designer import PropertiesPanel
from nnstudio.gui.inspect.filters_panel import FiltersPanel
from nnstudio.gui.widgets.dock import LazyPanel

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow


def make_panels(window: MainWindow) -> dict[str, tuple[str, QWidget]]:
    """Title and panel by the name of the dock."""
    selection = window.designer.selection
    return {
        "draw": ("Draw", window.draw),
        "palette": ("Layers", window.layers),
        "designer": ("Network", window.designer),
        "table": ("Table", LazyPanel(lambda: _table(window))),
        "properties": ("Properties", PropertiesPanel(window.network, selection)),
        "weights": ("Weights", LazyPanel(lambda: _weights(window))),
        "explain": ("Explain", LazyPanel(lambda: _explain(window))),
        "training": ("Training", window.training_panel),
        "doctor": ("Doctor", LazyPanel(lambda: _doctor(window))),
        "plots": ("Curves", LazyPanel(lambda: _plots(window))),
        "runs": ("Runs", LazyPanel(lambda: _runs(window))),
        "race": ("Fork race", LazyPanel(lambda: _race(window))),
        "micro_step": ("One step", LazyPanel(lambda: _micro_step(window))),
        "filters": ("Filters", FiltersPanel(window.network, window.weights)),
        "xray": ("Engine X-ray", LazyPanel(lambda: _xray(window))),
    }


def _table(window: MainWindow) -> QWidget:
    from nnstudio.gui.designer.table.view import NetworkTable

    panel = NetworkTable(window.network, window.designer.selection)
    panel.refused.connect(window.tell)
    return panel


def _weights(window: MainWindow) -> QWidget:
    from nnstudio.gui.designer.weights.table import WeightsTable

    panel = WeightsTable(window.network, window.weights, window.designer.selection)
    window.closing.connect(panel.wait)
    return panel


def _doctor(window: MainWindow) -> QWidget:
    from nnstudio.gui.doctor.doctor_panel import DoctorPanel

    return DoctorPanel(window.doctor)


def _plots(window: MainWindow) -> QWidget:
    from nnstudio.gui.train.plots_panel import PlotsPanel

    panel = PlotsPanel(window.training, window.network, window.pictures)
    panel.message.connect(window.banner.show_message)
    window.runs.overlaysChanged.connect(panel.set_overlays)
    window.timeline.cursorChanged.connect(panel.show_cursor)
    return panel


def _micro_step(window: MainWindow) -> QWidget:
    from nnstudio.gui.train.micro_step_panel import MicroStepPanel

    return MicroStepPanel(window.micro_step)


def _runs(window: MainWindow) -> QWidget:
    from nnstudio.gui.runs.panel import RunsPanel

    return RunsPanel(window.runs)


def _race(window: MainWindow) -> QWidget:
    from nnstudio.gui.runs.race_panel import RacePanel

    return RacePanel(window.race)


def _explain(window: MainWindow) -> QWidget:
    from nnstudio.gui.designer.explain.panel import ExplainPanel

    return ExplainPanel(window.network, window.designer.selection, window.weights)


def _xray(window: MainWindow) -> QWidget:
    from nnstudio.gui.xray.panel import XRayPanel

    panel = XRayPanel(window.xray, window.tuning)
    panel.copyAsked.connect(window.engine_commands.copy_xray)
    return panel
