"""How fluently a network of 200 layers is panned and zoomed, and how long an edit of it takes.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.canvas_fluency [--layers 200] [--profile]

Every frame is a whole repaint of the canvas, forced by `viewport.repaint()`: the worst that can happen, since Qt mostly
only paints what a pan has brought into sight. Told are frames a second (the median frame, and of the slowest twentieth
the fastest), and the milliseconds from an edit to the scene that shows it. Only the time counts that the thread has the
processor, so that other programs disturb less.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from collections.abc import Callable, Iterator
from statistics import median, quantiles
from time import thread_time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from nnstudio.gui.designer import DesignerPanel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import apply_theme
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import Builder

SIZES = ((1280, 720), (2560, 1440))
ZOOMS = (1.0, 0.75, 0.4, 0.1)
FRAMES = 60
EDITS = 9
TARGET = 50


def residual(layers: int) -> NetworkSpec:
    """A network of so many layers, mostly residual blocks of seven."""
    builder = Builder("Deep")
    end = builder.path([Input(channels=3, height=32, width=32), Convolution(filters=16, kernel=(3, 3), padding=(1, 1))])
    while len(builder.spec.nodes) + 9 <= layers:
        inner = []
        for _ in range(2):
            inner += [Convolution(filters=16, kernel=(3, 3), padding=(1, 1)), BatchNormalization(), ReLU()]
        through = builder.path(inner[:-1], end)
        builder.put(Add(), through, end)
        end = builder.path([ReLU()])
    while len(builder.spec.nodes) + 3 < layers:
        builder.path([ReLU()])
    builder.path([Flatten(), Dense(units=10), SoftmaxOutput()])
    return builder.spec


def frame_times(panel: DesignerPanel, move: Callable[[int], None]) -> list[float]:
    """Seconds of each frame after a move."""
    times = []
    for frame in range(FRAMES):
        move(frame)
        began = thread_time()
        panel.view.viewport().repaint()
        times.append(thread_time() - began)
    return times


def pan(panel: DesignerPanel) -> Callable[[int], None]:
    bar = panel.view.horizontalScrollBar()
    step = min(17, max(1, (bar.maximum() - bar.minimum()) // FRAMES))

    def move(frame: int) -> None:
        bar.setValue(bar.minimum() + frame * step)

    return move


def zoom(panel: DesignerPanel) -> Callable[[int], None]:
    def move(frame: int) -> None:
        panel.view.set_zoom(0.1 * 1.05**frame)

    return move


def told(times: list[float]) -> str:
    slow = quantiles(times, n=20)[-1]
    return f"{1 / median(times):7.0f} frames/s, 95 % at least {1 / slow:5.0f}"


def edit_times(panel: DesignerPanel, network: NetworkModel) -> list[float]:
    """Seconds from an edit to the scene that shows it, and to the frame that does."""
    times = []
    for number in range(EDITS):
        spec = network.spec.replace(
            "conv3", Convolution(filters=16, kernel=(3, 3), padding=(1, 1), bias=bool(number % 2))
        )
        began = thread_time()
        network.edit("Change", spec)
        times.append(thread_time() - began)
        panel.view.viewport().repaint()
    return times


def profiled(work: Callable[[], object], title: str) -> None:
    profile = cProfile.Profile()
    profile.runcall(work)
    print(f"\n{title}")
    for order in ("tottime", "cumtime"):
        pstats.Stats(profile).sort_stats(order).print_stats(r"nnstudio|method|function", 24)


def rows(panel: DesignerPanel) -> Iterator[str]:
    for width, height in SIZES:
        panel.resize(width, height)
        for factor in ZOOMS:
            panel.view.set_zoom(factor)
            panel.view.viewport().repaint()
            yield f"{width}×{height}, zoom {factor:4.0%}, panning: {told(frame_times(panel, pan(panel)))}"
        yield f"{width}×{height}, zooming from 10 to 180 %: {told(frame_times(panel, zoom(panel)))}"


def measure(panel: DesignerPanel, network: NetworkModel, profile: bool) -> None:
    print(
        f"{len(network.spec.nodes)} layers, {len(panel.scene.items())} items; wanted: {TARGET} frames/s while panning"
    )
    for row in rows(panel):
        print(row, flush=True)
    print(f"an edit takes {1000 * median(edit_times(panel, network)):.0f} ms until the scene shows it")
    if profile:
        for factor in (1.0, 0.4):
            panel.view.set_zoom(factor)
            profiled(lambda: frame_times(panel, pan(panel)), f"Panning at {factor:.0%}")
        profiled(lambda: frame_times(panel, zoom(panel)), "Zooming")
        profiled(lambda: edit_times(panel, network), "Edits")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    options = parser.parse_args()
    app = QApplication([])
    apply_theme(app, "light")
    network = NetworkModel(residual(options.layers))
    panel = DesignerPanel(network, WeightsModel(network))
    panel.resize(*SIZES[-1])
    panel.show()

    def work() -> None:
        measure(panel, network, options.profile)
        panel.close()

    QTimer.singleShot(500, work)  # nothing is painted before the window is exposed
    app.exec()


if __name__ == "__main__":
    main()
