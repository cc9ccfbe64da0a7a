"""How fluently plots of a million steps are used: zoomed, panned, read, smoothed, hidden and shown, made logarithmic.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.plot_fluency [--steps 1000000] [--overlays 2] [--profile]

A frame is what one turn of the wheel, one step of a drag or of the slider, or one click costs: the curves of both
plots thinned out for what is then seen, and a whole repaint of both canvases. Told are frames a second (the median
frame, and of the slowest twentieth the fastest). Only the time counts that the thread has the processor, so that other
programs disturb less.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from collections.abc import Callable
from statistics import median, quantiles
from time import thread_time

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QSlider, QToolButton

from nnstudio.gui.models.curves import Curves
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.plots.series_plot import SeriesPlot
from nnstudio.gui.theme import apply_theme
from nnstudio.gui.train.plots_panel import PlotsPanel
from nnstudio.network.presets import lenet5

Gesture = Callable[[PlotsPanel, SeriesPlot, int], None]
FRAMES = 60
TARGET = 30
SIZES = ((620, 720), (1280, 1000), (2560, 1440))


def fill(curves: Curves, steps: int, seed: int) -> None:
    """A noisy run."""
    x, noise = np.arange(1, steps + 1), np.random.default_rng(seed)
    loss = 2.3 * np.exp(-x / (steps / 8)) + 0.05 + noise.exponential(0.05, steps)
    curves.training_loss.extend(x, loss)
    curves.training_accuracy.extend(x, 1 - loss / 3)
    ends = np.linspace(steps / 100, steps, 100).astype(int)
    curves.validation_loss.extend(ends, loss[ends - 1])
    curves.validation_accuracy.extend(ends, 1 - loss[ends - 1] / 3)
    curves.learning_rate.extend(x, 0.01 * (1 + np.cos(np.pi * x / steps)))


def frame_times(panel: PlotsPanel, plots: list[SeriesPlot], move: Gesture) -> list[float]:
    """Seconds of each frame after a gesture in the first plot."""
    times = []
    for frame in range(FRAMES):
        began = thread_time()
        move(panel, plots[0], frame)
        for plot in plots:
            plot.canvas.viewport().repaint()
        times.append(thread_time() - began)
    return times


def zoom(_panel: PlotsPanel, plot: SeriesPlot, frame: int) -> None:
    plot.canvas.box.scaleBy(x=0.9 if frame < FRAMES // 2 else 1 / 0.9)
    plot.canvas.box.sigRangeChangedManually.emit([True, False])


def pan(_panel: PlotsPanel, plot: SeriesPlot, frame: int) -> None:
    low, high = plot.canvas.box.viewRange()[0]
    plot.canvas.box.translateBy(x=(high - low) / FRAMES)
    plot.canvas.box.sigRangeChangedManually.emit([True, False])


def point(_panel: PlotsPanel, plot: SeriesPlot, frame: int) -> None:
    low, high = plot.canvas.box.viewRange()[0]
    plot.pointed.emit(low + (high - low) * frame / FRAMES)


def smooth(panel: PlotsPanel, _plot: SeriesPlot, frame: int) -> None:
    slider = panel.findChild(QSlider, "plots_smoothing")
    slider.setValue(frame % (slider.maximum() + 1))


def hide(_panel: PlotsPanel, plot: SeriesPlot, _frame: int) -> None:
    plot.findChild(QToolButton, "plot_loss_training_shown").click()


def scale(panel: PlotsPanel, _plot: SeriesPlot, _frame: int) -> None:
    panel.findChild(QCheckBox, "plots_log").click()


GESTURES: dict[str, Gesture] = {
    "zooming": zoom,
    "panning": pan,
    "reading values": point,
    "smoothing otherwise": smooth,
    "hiding and showing": hide,
    "logarithmic and back": scale,
}


def told(times: list[float]) -> str:
    slow = quantiles(times, n=20)[-1]
    return f"{1 / median(times):6.0f} frames/s, 95 % at least {1 / slow:5.0f}"


def measure(panel: PlotsPanel, steps: int, profile: bool) -> None:
    print(f"{steps:,} steps; wanted: {TARGET} frames/s")
    plots = [plot for plot in panel.findChildren(SeriesPlot) if plot.isVisible()]
    for width, height in SIZES:
        panel.resize(width, height)
        for title, gesture in GESTURES.items():
            plots[0].allAsked.emit()
            print(f"{width}×{height}, {title}: {told(frame_times(panel, plots, gesture))}", flush=True)
    if profile:
        profiler = cProfile.Profile(thread_time)
        plots[0].allAsked.emit()
        profiler.runcall(frame_times, panel, plots, zoom)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(24)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--overlays", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    options = parser.parse_args()
    app = QApplication([])
    apply_theme(app, "light")
    network = NetworkModel(lenet5())
    training = TrainingModel(network, WeightsModel(network))
    fill(training.curves, options.steps, 0)
    panel = PlotsPanel(training, network)
    others = [Curves() for _ in range(options.overlays)]
    for number, curves in enumerate(others, 1):
        fill(curves, options.steps, number)
    panel.set_overlays([(f"run {number}", "#009e73", curves) for number, curves in enumerate(others, 1)])
    panel.resize(*SIZES[-1])
    panel.show()

    def work() -> None:
        measure(panel, options.steps, options.profile)
        panel.close()
        training.shut_down()
        app.quit()

    QTimer.singleShot(500, work)  # nothing is painted before the window is exposed
    app.exec()


if __name__ == "__main__":
    main()
