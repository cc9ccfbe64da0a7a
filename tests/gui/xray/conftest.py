"""Measurements and tunings made up, by a measuring and a tuning that do what the test tells them to."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.devices import DeviceInfo
from nnstudio.engine.tuner import Tuned, TuningReport
from nnstudio.engine.xray import Comparison, Limit, Peaks, Phase, Row, XRay
from nnstudio.errors import CancelledError, NNStudioError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.tuning_model import TuningModel, TuningRequest
from nnstudio.gui.models.xray_model import XRayModel
from nnstudio.gui.xray.measuring import Request
from nnstudio.gui.xray.panel import XRayPanel
from nnstudio.gui.xray.table import Findings

FAST, SLOW = "opencl:0", "numpy"


def device(key: str, name: str, speed: float, *, healthy: bool = True) -> DeviceInfo:
    return DeviceInfo(key, name, "cpu", "Test platform", "1", 2, 0, healthy, "", speed, 480.0, 24.0, 4e-6)


DEVICES = [device(SLOW, "NumPy", 10_000), device(FAST, "Test CPU", 70_000), device("x", "Broken", 0, healthy=False)]


def row(node: str, kind: str, phase: Phase, seconds: float, limit: Limit, **more: object) -> Row:
    values = {"flops": 1_000_000, "bytes": 1000, "launches": 1, "share": seconds / 1e-3, **more}
    return Row(node, kind, phase, seconds, limit=limit, explanation=f"limited by {limit}", **values)  # type: ignore[arg-type]


def an_xray(key: str = FAST, name: str = "Test CPU", slower: float = 1.0) -> XRay:
    """500 µs of forward, 400 of backward, 100 of update; `slower` times as long on a slower device."""
    rows = (
        row("conv1", "convolution", Phase.FORWARD, 300e-6, Limit.ARITHMETIC),
        row("pool1", "max_pooling", Phase.FORWARD, 200e-6, Limit.MEMORY, flops=0),
        row("conv1", "convolution", Phase.BACKWARD, 100e-6, Limit.LAUNCHES),
        row("pool1", "max_pooling", Phase.BACKWARD, 300e-6, Limit.MEMORY, flops=0),
        row("", "momentum", Phase.UPDATE, 100e-6, Limit.MEMORY),
    )
    rows = tuple(replace(row, seconds=row.seconds * slower) for row in rows)
    return XRay(key, name, "LeNet-5", 64, 1e-3 * slower, rows, Peaks(480.0, 24.0, 4e-6))


def two_xrays() -> Findings:
    first, second = an_xray(), an_xray(SLOW, "NumPy", 4.0)
    return Findings((first, second), Comparison(first, second, 3.1e-7, "conv1.weight"))


class FakeMeasuring:
    """Answers with what is put into `answers`, and gives up when it is cancelled, as the real one does."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: queue.Queue[Findings | NNStudioError | float] = queue.Queue()
        self.threads: list[threading.Thread] = []

    def __call__(self, request: Request, report: Callable[[float], None], cancelled: threading.Event) -> Findings:
        self.requests.append(request)
        self.threads.append(threading.current_thread())
        while True:
            if cancelled.is_set():
                raise CancelledError("The examination was cancelled.")
            try:
                answer = self.answers.get(timeout=0.02)
            except queue.Empty:
                continue
            if isinstance(answer, NNStudioError):
                raise answer
            if isinstance(answer, Findings):
                return answer
            report(answer)


def a_report(tuned: int, questions: int = 11) -> TuningReport:
    """So many kernels tried, each now a quarter faster."""
    return TuningReport(questions, tuple(Tuned(f"conv{n}", "weight_gradient", (4, n), 4.0, 5.0) for n in range(tuned)))


class FakeTuning:
    """Tells the reports that are put into `answers` and ends after a whole one, or with the last when it is cancelled,
    as the real one does."""

    def __init__(self) -> None:
        self.requests: list[TuningRequest] = []
        self.answers: queue.Queue[TuningReport | NNStudioError] = queue.Queue()
        self.threads: list[threading.Thread] = []

    def __call__(
        self, request: TuningRequest, report: Callable[[TuningReport], None], cancelled: Callable[[], bool]
    ) -> TuningReport:
        self.requests.append(request)
        self.threads.append(threading.current_thread())
        answer: TuningReport | NNStudioError = TuningReport(0, ())
        while not cancelled():
            try:
                answer = self.answers.get(timeout=0.02)
            except queue.Empty:
                continue
            if isinstance(answer, NNStudioError):
                raise answer
            report(answer)
            if len(answer.tuned) == answer.questions:
                break
        return answer


@pytest.fixture
def measuring() -> FakeMeasuring:
    return FakeMeasuring()


@pytest.fixture
def tunes() -> FakeTuning:
    return FakeTuning()


@pytest.fixture
def model(network: NetworkModel, training: TrainingModel, measuring: FakeMeasuring) -> Iterator[XRayModel]:
    model = XRayModel(network, training, measure=measuring)
    model.set_devices(DEVICES)
    yield model
    model.shut_down()


@pytest.fixture
def tuning(
    network: NetworkModel, training: TrainingModel, model: XRayModel, tunes: FakeTuning
) -> Iterator[TuningModel]:
    tuning = TuningModel(network, training, model, tune=tunes, quiet_ms=0)
    yield tuning
    tuning.shut_down()


@pytest.fixture
def panel(qtbot: QtBot, model: XRayModel, tuning: TuningModel) -> XRayPanel:
    panel = XRayPanel(model, tuning)
    panel.resize(800, 560)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return panel
