"""The Tune button of the panel, used with mouse and keyboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import DeviceLostError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.tuning_model import TuningModel, TuningState
from nnstudio.gui.models.xray_model import XRayModel, XRayState
from nnstudio.gui.xray.panel import XRayPanel
from nnstudio.gui.xray.table import Findings
from tests.gui.xray.conftest import SLOW, FakeMeasuring, FakeTuning, a_report, an_xray


def button(panel: XRayPanel) -> QPushButton:
    return panel.findChild(QPushButton, "xray_tune")


def click(qtbot: QtBot, panel: XRayPanel, name: str = "xray_tune") -> None:
    qtbot.mouseClick(panel.findChild(QWidget, name), Qt.MouseButton.LeftButton)


def status(panel: XRayPanel) -> str:
    return panel.findChild(QLabel, "xray_status").text()


def test_progress_and_outcome(qtbot: QtBot, panel: XRayPanel, tuning: TuningModel, tunes: FakeTuning) -> None:
    bar = panel.findChild(QProgressBar, "xray_progress")
    assert not bar.isVisible()
    click(qtbot, panel)
    assert bar.isVisible()
    assert (bar.minimum(), bar.maximum()) == (0, 0)
    assert "Looking" in status(panel)
    tunes.answers.put(a_report(3))
    qtbot.waitUntil(lambda: bar.value() == 3)
    assert bar.maximum() == 11
    assert status(panel) == "Tuning: 3 of 11 choices; conv2 weight gradient: 1.25 times as fast"
    tunes.answers.put(a_report(11))
    qtbot.waitUntil(lambda: tuning.state is TuningState.IDLE)
    assert not bar.isVisible()
    assert status(panel) == "11 choices tried; together 1.25 times as fast as before."


def test_cancelling_by_keyboard(qtbot: QtBot, panel: XRayPanel, tuning: TuningModel) -> None:
    click(qtbot, panel)
    assert button(panel).text() == "Cancel"
    button(panel).setFocus()
    qtbot.keyClick(button(panel), Qt.Key.Key_Space)
    assert not button(panel).isEnabled()
    qtbot.waitUntil(lambda: tuning.state is TuningState.IDLE)
    assert button(panel).text() == "Tune"


def test_what_was_measured_before_is_marked(
    qtbot: QtBot,
    panel: XRayPanel,
    model: XRayModel,
    tuning: TuningModel,
    measuring: FakeMeasuring,
    tunes: FakeTuning,
) -> None:
    measuring.answers.put(Findings((an_xray(),)))
    click(qtbot, panel, "xray_start")
    qtbot.waitUntil(lambda: model.state is XRayState.IDLE and model.findings is not None)
    tunes.answers.put(a_report(2, 2))
    click(qtbot, panel)
    qtbot.waitUntil(lambda: tuning.state is TuningState.IDLE)
    assert status(panel).startswith("2 choices tried")
    assert status(panel).endswith("tuned since it was measured.")


def test_measuring_ends_tuning_and_says_so(
    qtbot: QtBot, panel: XRayPanel, model: XRayModel, tuning: TuningModel
) -> None:
    click(qtbot, panel)
    click(qtbot, panel, "xray_start")
    assert model.state is XRayState.MEASURING
    assert not button(panel).isEnabled()
    qtbot.waitUntil(lambda: tuning.state is TuningState.IDLE)
    note = panel.findChild(QLabel, "tuning_note_text")
    assert note.isVisible()
    assert "measuring began" in note.text()


def test_an_error_says_what_to_do(qtbot: QtBot, panel: XRayPanel, tunes: FakeTuning) -> None:
    tunes.answers.put(DeviceLostError("The device is gone.", "Choose another."))
    click(qtbot, panel)
    note = panel.findChild(QLabel, "tuning_note_text")
    qtbot.waitUntil(note.isVisible)
    assert note.text() == "The device is gone. Choose another."


def test_why_it_cannot_be_tuned(panel: XRayPanel, model: XRayModel, network: NetworkModel) -> None:
    model.choose(first=SLOW)
    assert not button(panel).isEnabled()
    assert "Only OpenCL" in button(panel).toolTip()
    network.edit("Remove", network.spec.remove("flatten1"))
    assert "errors" in button(panel).toolTip()
