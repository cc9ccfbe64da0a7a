"""From pen movement to painted probabilities, alone and while a network is trained at full speed.

    python -m tests.benchmarks.canvas_latency [--device none numpy opencl ...] [--data digits] [--strokes 40]

A hand moves the mouse 60 times a second. A movement's time begins when it was due, so a window that is late pays for
it, and ends when the bars are painted with a prediction of that movement or a later one. One line a device: percentiles
in milliseconds, and how fast training ran meanwhile.
"""

from __future__ import annotations

import argparse
import os
from collections import deque
from math import cos, pi, sin
from time import perf_counter

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from nnstudio.gui.draw import DrawPanel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import apply_theme
from nnstudio.network.presets import preset
from nnstudio.training.settings import TrainingSettings

PERIOD = 1 / 60
MOVEMENTS = 40
"""In one stroke."""
LEFT = Qt.MouseButton.LeftButton


class Hand(QObject):
    """Draws circles on the canvas and notes when each movement has reached the bars."""

    def __init__(self, panel: DrawPanel, strokes: int) -> None:
        super().__init__()
        self.panel, self.left = panel, strokes * MOVEMENTS
        self.waiting: deque[tuple[int, float]] = deque()
        self.latencies: list[float] = []
        self.timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, singleShot=True)
        self.timer.timeout.connect(self.move)
        bars = panel.findChild(QWidget, "probability_bars")
        assert bars is not None
        bars.installEventFilter(self)

    def draw(self) -> None:
        """Begin; the event loop ends with the last stroke."""
        self.due = perf_counter()
        self.move()

    def move(self) -> None:
        number = self.left % MOVEMENTS
        angle, sheet = 2 * pi * number / MOVEMENTS, self.panel.canvas.sheet()
        place = (sheet.center() + QPointF(cos(angle), sin(angle)) * (sheet.width() / 3)).toPoint()
        if number == 0:
            self.panel.drawing.clear()
            QTest.mousePress(self.panel.canvas, LEFT, pos=place)
        elif number == 1:
            QTest.mouseRelease(self.panel.canvas, LEFT, pos=place)
        else:
            QTest.mouseMove(self.panel.canvas, place)
        self.waiting.append((self.panel.drawing.revision, self.due))
        self.left -= 1
        self.due += PERIOD
        if self.left:
            self.timer.start(round(max(0.0, self.due - perf_counter()) * 1000))
        else:
            QApplication.exit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            shown, now = self.panel.predictions.prediction.revision, perf_counter()
            while self.waiting and self.waiting[0][0] <= shown:
                self.latencies.append(now - self.waiting.popleft()[1])
        return False


def measure(device: str, data: str, strokes: int) -> str:
    network = NetworkModel(preset("lenet5"))
    weights = WeightsModel(network)
    training = TrainingModel(network, weights)
    panel = DrawPanel(network, weights)
    panel.resize(1000, 600)
    panel.show()
    QTest.qWaitForWindowExposed(panel)
    hand, speeds = Hand(panel, strokes), []

    def begin(phase: TrainingPhase) -> None:
        if phase is TrainingPhase.RUNNING:
            QTimer.singleShot(1000, hand.draw)  # the first steps are slower
        elif phase is TrainingPhase.IDLE:
            QApplication.exit()  # it could not begin; the message says why

    if device == "none":
        QTimer.singleShot(1000, hand.draw)
    else:
        training.stateChanged.connect(begin)
        training.message.connect(lambda kind, text, hint: print(kind, text, hint, flush=True))
        training.statusChanged.connect(lambda: speeds.append(training.status.images_per_second))
        training.choose(dataset=data, device=device)
        training.set_settings(TrainingSettings(epochs=10_000))
        training.play()
    QApplication.exec()
    training.shut_down()
    panel.shut_down()
    panel.close()
    if not hand.latencies:
        return f"{device:40} not measured"
    p50, p95, p99 = np.percentile(hand.latencies, [50, 95, 99]) * 1000
    speed = f"{np.median(speeds):,.0f} images/s" if speeds else "no training"
    name = training.status.device or device
    return f"{name:40} p50 {p50:5.1f}  p95 {p95:5.1f}  p99 {p99:5.1f} ms   {len(hand.latencies):,} movements, {speed}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", nargs="+", default=["none", "numpy", "opencl"], help="where to train meanwhile")
    parser.add_argument("--data", default="digits", help="what to train on meanwhile")
    parser.add_argument("--strokes", type=int, default=40)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    apply_theme(app, "light")
    for device in options.device:
        print(measure(device, options.data, options.strokes), flush=True)


if __name__ == "__main__":
    main()
