"""The panel, used with mouse and keyboard."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QMenu, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import DeviceLostError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.tuning_model import TuningModel
from nnstudio.gui.models.xray_model import XRayModel, XRayState
from nnstudio.gui.theme import DARK, current_theme
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.gui.xray.export import as_csv, as_markdown
from nnstudio.gui.xray.panel import XRayPanel
from nnstudio.gui.xray.table import Findings
from nnstudio.network import Family
from nnstudio.network.presets import two_layer_perceptron
from nnstudio.training.events import Started
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.xray.conftest import FAST, SLOW, FakeMeasuring, an_xray, device, two_xrays


def click(qtbot: QtBot, panel: XRayPanel, name: str) -> None:
    qtbot.mouseClick(panel.findChild(QWidget, name), Qt.MouseButton.LeftButton)


def text(panel: XRayPanel, name: str) -> str:
    return panel.findChild(QLabel, name).text()


def measured(qtbot: QtBot, panel: XRayPanel, model: XRayModel, measuring: FakeMeasuring, found: Findings) -> XRayPanel:
    measuring.answers.put(found)
    click(qtbot, panel, "xray_start")
    qtbot.waitUntil(lambda: model.findings is found and model.state is XRayState.IDLE)
    return panel


@pytest.fixture
def one(qtbot: QtBot, panel: XRayPanel, model: XRayModel, measuring: FakeMeasuring) -> XRayPanel:
    """One device was measured."""
    return measured(qtbot, panel, model, measuring, Findings((an_xray(),)))


@pytest.fixture
def two(qtbot: QtBot, panel: XRayPanel, model: XRayModel, measuring: FakeMeasuring) -> XRayPanel:
    """Two devices were compared."""
    return measured(qtbot, panel, model, measuring, two_xrays())


def cells(panel: XRayPanel, column: int) -> list[list[str]]:
    """A column of the table as it is shown, phase by phase."""
    items = panel.table.items
    return [
        [items.item(phase).child(place, column).text() for place in range(items.item(phase).rowCount())]
        for phase in range(items.rowCount())
    ]


def titles(panel: XRayPanel) -> list[str]:
    items = panel.table.items
    return [items.horizontalHeaderItem(place).text() for place in range(items.columnCount())]


# ---- choosing and measuring


def test_an_empty_panel_says_what_will_be_there_and_offers_it(qtbot: QtBot, panel: XRayPanel) -> None:
    assert panel.findChild(QPushButton, "xray_start").isVisible()
    assert not panel.findChild(QPushButton, "xray_measure").isVisible()
    assert not panel.table.isVisible()


def test_choices_by_keyboard(qtbot: QtBot, panel: XRayPanel, model: XRayModel) -> None:
    qtbot.keyClick(panel.findChild(QComboBox, "xray_second"), Qt.Key.Key_Down)
    assert (model.first, model.second) == (FAST, SLOW)
    qtbot.keyClick(panel.findChild(QComboBox, "xray_first"), Qt.Key.Key_Up)
    assert (model.first, model.second) == (SLOW, "")
    batch = panel.findChild(NumberBox, "xray_batch")
    batch.setFocus()
    batch.selectAll()
    qtbot.keyClicks(batch, "16")
    qtbot.keyClick(batch, Qt.Key.Key_Return)
    assert model.batch_size == 16


def test_progress_and_cancelling(qtbot: QtBot, panel: XRayPanel, model: XRayModel, measuring: FakeMeasuring) -> None:
    click(qtbot, panel, "xray_start")
    measuring.answers.put(0.25)
    bar = panel.findChild(QProgressBar, "xray_progress")
    qtbot.waitUntil(lambda: bar.value() == 250)
    assert bar.isVisible()
    assert not panel.findChild(QComboBox, "xray_first").isEnabled()
    button = panel.findChild(QPushButton, "xray_measure")
    assert button.text() == "Cancel"
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: model.state is XRayState.IDLE)
    assert panel.findChild(QPushButton, "xray_start").isVisible()
    assert not bar.isVisible()


def test_measuring_again(qtbot: QtBot, one: XRayPanel, model: XRayModel, measuring: FakeMeasuring) -> None:
    found = two_xrays()
    measuring.answers.put(found)
    click(qtbot, one, "xray_measure")
    qtbot.waitUntil(lambda: model.findings is found)
    assert len(titles(one)) == 12


def test_an_error_says_what_to_do(qtbot: QtBot, panel: XRayPanel, measuring: FakeMeasuring) -> None:
    measuring.answers.put(DeviceLostError("The device is gone.", "Choose another."))
    click(qtbot, panel, "xray_start")
    note = panel.findChild(QWidget, "xray_note")
    qtbot.waitUntil(note.isVisible)
    assert text(panel, "xray_note_text") == "The device is gone. Choose another."
    assert "error" in note.accessibleName()


def test_why_it_cannot_measure(qtbot: QtBot, panel: XRayPanel, network: NetworkModel) -> None:
    network.edit("Remove", network.spec.remove("flatten1"))
    assert "errors" in text(panel, "xray_status")
    assert not panel.findChild(QPushButton, "xray_start").isEnabled()


def test_it_offers_to_pause_training(
    qtbot: QtBot, panel: XRayPanel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    training.play()
    assert not panel.findChild(QPushButton, "xray_start").isEnabled()
    trainer.play(Started("Test device", 64, 100, 3, 0.001))
    qtbot.waitUntil(lambda: training.state is TrainingPhase.RUNNING)
    assert panel.findChild(QPushButton, "xray_start").text() == "Pause and measure"
    assert "pauses" in text(panel, "xray_status")
    click(qtbot, panel, "xray_start")
    assert trainer.told.get(timeout=5) == "pause"
    assert "Waiting" in text(panel, "xray_status")


# ---- what was found


def test_totals_of_one_device(one: XRayPanel) -> None:
    assert text(one, "xray_first_title") == "Test CPU"
    assert text(one, "xray_first_figures") == "1.00 ms a step · 64,000 images/s"
    peaks = text(one, "xray_first_details").replace("\N{NO-BREAK SPACE}", " ")
    assert peaks == "Peaks: 480 GFLOP/s · 24.0 GB/s · 4.00 µs a launch"
    assert not one.findChild(QLabel, "xray_second_title").isVisible()


def test_totals_of_two_devices(two: XRayPanel) -> None:
    assert text(two, "xray_second_title") == "NumPy"
    assert text(two, "xray_comparison_title") == "The second takes 4.00× as long"
    assert text(two, "xray_comparison_figures") == "Largest difference between their results: 3.1e-07 of conv1.weight"


def test_a_table_of_phases_and_layers(one: XRayPanel) -> None:
    assert titles(one) == ["Layer", "Time (µs)", "Share", "GFLOP/s", "GB/s", "Limit"]
    assert cells(one, 0) == [["conv1", "pool1"], ["conv1", "pool1"], ["All weights"]]
    assert cells(one, 1) == [["300", "200"], ["100", "300"], ["100"]]
    assert cells(one, 2)[0] == ["30.0 %", "20.0 %"]
    assert cells(one, 3)[0] == ["3.33", "–"]
    assert cells(one, 5)[1] == ["Launches", "Memory"]
    items = one.table.items
    assert [items.item(phase, 1).text() for phase in range(3)] == ["500", "400", "100"]
    assert items.item(0).text() == "Forward"


def test_two_devices_side_by_side(two: XRayPanel) -> None:
    assert titles(two)[6:] == ["Time (µs)", "Share", "GFLOP/s", "GB/s", "Limit", "Ratio"]
    assert cells(two, 6)[0] == ["1,200", "800"]
    assert cells(two, 11)[0] == ["4.00×", "4.00×"]


def test_a_click_on_a_title_sorts_the_layers_in_their_phases(qtbot: QtBot, one: XRayPanel) -> None:
    header = one.table.header()

    def sort_by(column: int) -> None:
        where = QPoint(header.sectionViewportPosition(column) + 8, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)

    sort_by(1)
    assert cells(one, 1) == [["300", "200"], ["300", "100"], ["100"]]
    sort_by(1)
    assert cells(one, 1) == [["100"], ["100", "300"], ["200", "300"]]
    sort_by(0)
    assert cells(one, 0)[0] == ["conv1", "pool1"]


def test_a_row_tells_what_limits_it(qtbot: QtBot, two: XRayPanel) -> None:
    table, items = two.table, two.table.items
    first = table.visualRect(items.index(0, 0))
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=first.center())
    assert text(two, "xray_told").startswith("Forward")
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert text(two, "xray_told").splitlines() == [
        "conv1, forward", "Test CPU: limited by arithmetic.", "NumPy: limited by arithmetic.",
    ]  # fmt: skip


def test_a_screen_reader_hears_the_row(two: XRayPanel) -> None:
    spoken = two.table.items.item(0).child(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("conv1, forward; Test CPU: 300 µs, 30.0 %, limited by arithmetic; NumPy: 1.20 ms")


@pytest.mark.parametrize("dark", [False, True])
def test_bars_have_the_colour_of_the_layer(
    qtbot: QtBot, one: XRayPanel, dark: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dark:
        monkeypatch.setattr("nnstudio.gui.theme.theme_source.theme", DARK)
        one.table.viewport().update()
    items = one.table.items
    rect = one.table.visualRect(items.index(0, 2, items.index(0, 0)))
    picture = one.table.viewport().grab(rect).toImage()
    middle = rect.height() // 2
    colours = {picture.pixelColor(x, middle).name() for x in range(rect.width())}
    assert current_theme().families[Family.CONVOLUTION] in colours


def test_an_edited_network_makes_it_old(one: XRayPanel, network: NetworkModel) -> None:
    network.set_spec(two_layer_perceptron())
    assert "changed since" in text(one, "xray_status")


# ---- taking it along


def test_copying(qtbot: QtBot, one: XRayPanel) -> None:
    menu = one.findChild(QPushButton, "xray_copy").findChild(QMenu)
    with qtbot.waitSignal(one.copyAsked, check_params_cb=lambda kind: kind == "CSV"):
        menu.actions()[1].trigger()


def test_markdown_has_totals_and_a_table() -> None:
    lines = as_markdown(two_xrays()).splitlines()
    assert lines[0] == "**Engine X-ray of LeNet-5**, batch 64"
    assert "Test CPU: 1.00 ms a step" in lines[2]
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 5
    assert {line.count("|") for line in table} == {14}
    assert table[2].startswith("| conv1 | forward | 300 µs | 30.0 % | 3.33 |")
    assert table[2].endswith("| 4.00× |")


def test_csv_has_a_row_for_each_device_in_plain_units() -> None:
    rows = list(csv.DictReader(StringIO(as_csv(two_xrays()))))
    assert len(rows) == 10
    assert (rows[0]["node"], rows[0]["phase"], rows[0]["limit"]) == ("conv1", "forward", "arithmetic")
    assert float(rows[5]["seconds"]) == pytest.approx(1.2e-3)
    assert rows[5]["key"] == SLOW


# ---- with the real engine


def test_a_tiny_network_is_really_measured(qtbot: QtBot, network: NetworkModel, training: TrainingModel) -> None:
    network.set_spec(two_layer_perceptron())
    model = XRayModel(network, training)
    model.set_devices([device("numpy", "NumPy (CPU)", 1.0)])
    model.choose(batch_size=4)
    panel = XRayPanel(model, TuningModel(network, training, model))
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    click(qtbot, panel, "xray_start")
    qtbot.waitUntil(lambda: model.findings is not None, timeout=30_000)
    assert cells(panel, 0)[0][-1] == "output1"
    assert "images/s" in text(panel, "xray_first_figures")
    model.shut_down()
