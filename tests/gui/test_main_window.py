"""The whole window in one process, with the real engine: mouse and keyboard in, weights out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QListWidget,
    QMessageBox,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnstudio.data.digits import built_in_digits
from nnstudio.engine.devices import DeviceInfo
from nnstudio.engine.tuner import Tuned, TuningReport
from nnstudio.errors import NNStudioError
from nnstudio.gui.diagnostics import Diagnostics
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.models.training_model import TrainingPhase
from nnstudio.gui.models.tuning_model import TuningState
from nnstudio.gui.models.xray_model import XRayState
from nnstudio.gui.preferences import Preferences
from nnstudio.gui.theme import DARK, current_theme
from nnstudio.network import LAYERS
from nnstudio.network.layers.dense import Dense
from nnstudio.network.presets import PRESETS, autoencoder, chain
from nnstudio.project import Project, load_project, save_project
from nnstudio.training.settings import TrainingSettings


@pytest.fixture
def diagnostics() -> Diagnostics:
    return Diagnostics()


@pytest.fixture
def window(qtbot: QtBot, diagnostics: Diagnostics, few_digits: Path) -> Iterator[MainWindow]:
    window = MainWindow(Preferences(), diagnostics)
    qtbot.addWidget(window, before_close_func=lambda _: window.close_without_asking())
    window.training.choose(dataset=str(few_digits), device="numpy")
    window.training.set_settings(TrainingSettings(epochs=2, batch_size=32))
    window.resize(1280, 720)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    yield window
    window.set_scheme("light")


@pytest.fixture(scope="session")
def few_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 640 digits in IDX files, so that two epochs take no time."""
    folder, samples = tmp_path_factory.mktemp("digits"), built_in_digits(640, 1)
    header = np.array([0x803, 640, 28, 28], ">i4").tobytes()
    (folder / "train-images-idx3-ubyte").write_bytes(header + samples.images.tobytes())
    labels = np.array([0x801, 640], ">i4").tobytes() + samples.labels.astype(np.uint8).tobytes()
    (folder / "train-labels-idx1-ubyte").write_bytes(labels)
    return folder


def until(qtbot: QtBot, window: MainWindow, phase: TrainingPhase) -> None:
    qtbot.waitUntil(lambda: window.training.state is phase, timeout=30_000)


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    qtbot.mouseClick(window.findChild(QWidget, name), Qt.MouseButton.LeftButton)


def question(qtbot: QtBot, window: MainWindow) -> QMessageBox:
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, "unsaved_question") is not None)
    return window.findChild(QMessageBox, "unsaved_question")


def edit(window: MainWindow) -> None:
    window.network.edit("Units", window.network.spec.replace("dense1", Dense(units=12)))


# ---- training


def test_train_and_see_curves_and_filters_move(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "bar_workspace.train")
    view = window.findChild(QWidget, "filter_view")
    before = view.grab().toImage()
    press(qtbot, window, "tool_training.toggle")
    until(qtbot, window, TrainingPhase.IDLE)
    assert len(window.training.curves.training_loss) == window.training.status.step > 10
    assert len(window.training.curves.validation_loss) == 2
    losses = window.training.curves.training_loss.y
    assert losses[-5:].mean() < losses[:5].mean()
    assert view.grab().toImage() != before
    assert not window.weights.shown.untrained
    assert "NumPy" in window.findChild(QLabel, "status_device").text()


def test_step_pause_resume_stop_by_keyboard(qtbot: QtBot, window: MainWindow) -> None:
    window.training.set_settings(TrainingSettings(epochs=100_000, batch_size=32))
    press(qtbot, window, "bar_workspace.train")
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Right)
    until(qtbot, window, TrainingPhase.PAUSED)
    assert window.training.status.step == 1
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.training.status.step == 2)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    until(qtbot, window, TrainingPhase.RUNNING)
    window.training.set_settings(
        window.training.settings.model_copy(
            update={"optimizer": window.training.settings.optimizer.model_copy(update={"learning_rate": 0.0})}
        )
    )
    qtbot.keyClick(window, Qt.Key.Key_Space)
    until(qtbot, window, TrainingPhase.PAUSED)
    still = window.weights.parameters["conv1.weight"].copy()
    qtbot.keyClick(window, Qt.Key.Key_Right)
    until(qtbot, window, TrainingPhase.PAUSED)
    np.testing.assert_array_equal(window.weights.parameters["conv1.weight"], still)  # at a rate of 0 nothing moves
    qtbot.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    until(qtbot, window, TrainingPhase.IDLE)


def test_space_trains_as_soon_as_somebody_enters(qtbot: QtBot, window: MainWindow) -> None:
    """The panel has the keys, and not a button that Space would press instead."""
    for workspace, panel in (("inspect", "filters"), ("train", "training")):
        press(qtbot, window, f"bar_workspace.{workspace}")
        assert QApplication.focusWidget() is window.docks[panel]
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    until(qtbot, window, TrainingPhase.RUNNING)
    window.training.stop()
    until(qtbot, window, TrainingPhase.IDLE)


def test_typing_a_space_does_not_train(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "bar_workspace.train")
    field = window.findChild(QAbstractSpinBox, "field_epochs_input")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Space)
    qtbot.keyClick(field, Qt.Key.Key_Right)
    assert window.training.state is TrainingPhase.IDLE


def test_space_on_a_button_presses_that_button_only(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "bar_workspace.train")
    log = window.findChild(QCheckBox, "plots_log")
    log.setFocus()
    qtbot.keyClick(log, Qt.Key.Key_Space)
    assert log.isChecked()
    assert window.training.state is TrainingPhase.IDLE


# ---- files


def test_save_and_reopen(qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.nnstudio"
    window.training.play()
    until(qtbot, window, TrainingPhase.IDLE)
    learned = dict(window.weights.parameters)
    assert window.isWindowModified()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path.with_suffix("")), ""))
    with qtbot.waitSignal(window.document.saved):
        qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("mine")
    assert load_project(path).metadata.steps == window.weights.step
    window.document.new(window.network.spec)
    with qtbot.waitSignal(window.document.opened):
        window.recent_menu.actions()[0].trigger()
    for name, values in learned.items():
        np.testing.assert_array_equal(window.weights.parameters[name], values)


def test_unsaved_changes_are_asked_for(qtbot: QtBot, window: MainWindow) -> None:
    edit(window)
    window.close()
    box = question(qtbot, window)
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert window.isVisible()
    window.close()
    boxes = [box for box in window.findChildren(QMessageBox, "unsaved_question") if box.isVisible()]
    qtbot.mouseClick(boxes[0].button(QMessageBox.StandardButton.Discard), Qt.MouseButton.LeftButton)
    assert not window.isVisible()


def test_saving_on_the_way_out(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.nnstudio"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    edit(window)
    window.close()
    qtbot.mouseClick(question(qtbot, window).button(QMessageBox.StandardButton.Save), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert load_project(path).spec == window.network.spec


def test_a_new_network(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    rows = window.findChild(QListWidget, "new_list")
    qtbot.keyClick(rows, Qt.Key.Key_Right)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert window.network.spec.name == "4-layer ConvNet"
    assert not window.isWindowModified()


def test_a_project_dragged_in(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "dragged.nnstudio"
    save_project(path, Project(window.network.spec, TrainingSettings(epochs=9)))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    where, copy, left = QPoint(50, 50), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(where, copy, data, left, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(window.document.opened):
        QApplication.sendEvent(
            window, QDropEvent(QPointF(where), copy, data, left, Qt.KeyboardModifier.NoModifier, QEvent.Type.Drop)
        )
    assert window.training.settings.epochs == 9


def test_a_file_that_is_none(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "broken.nnstudio"
    path.write_text("nonsense")
    with qtbot.waitSignal(window.document.failed):
        window.files.open_path(path)
    assert window.banner.isVisible()
    assert "broken.nnstudio" in window.findChild(QLabel, "banner_text").text()
    press(qtbot, window, "banner_copy")
    assert "NN Studio" in QGuiApplication.clipboard().text()
    press(qtbot, window, "banner_close")
    assert not window.banner.isVisible()


# ---- the engine X-ray


def test_the_engine_is_x_rayed(qtbot: QtBot, window: MainWindow) -> None:
    window.xray.set_devices([DeviceInfo("numpy", "NumPy (CPU)", "cpu", "NumPy", "", 2, 0, True, "", 1.0)])
    assert not window.commands["engine.copy_markdown"].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.workspaces.current == "inspect"
    press(qtbot, window, "xray_start")
    qtbot.waitUntil(lambda: window.xray.findings is not None, timeout=30_000)
    window.commands["engine.copy_markdown"].trigger()
    assert "| conv2 | backward |" in QGuiApplication.clipboard().text()
    window.commands["engine.measure"].trigger()
    assert window.xray.state is XRayState.MEASURING
    window.close_without_asking()
    assert not any(thread.name == "xray" for thread in threading.enumerate())


def test_the_xray_is_a_tab_beside_the_drawing(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "bar_workspace.inspect")
    assert window.tabifiedDockWidgets(window.docks["draw"]) == [window.docks["xray"]]
    press(qtbot, window, "bar_workspace.design")
    assert window.docks["xray"].isHidden()


def test_what_is_behind_a_tab_does_not_work(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "bar_workspace.inspect")
    assert window.draw.isVisible()
    assert window.findChild(QWidget, "xray_panel") is None
    window.engine_commands.show_xray()
    assert not window.draw.isVisible()
    qtbot.waitUntil(lambda: window.findChild(QWidget, "xray_panel").isVisible())
    place = window.docks["xray"].geometry()
    with qtbot.waitSignal(window.draw.predictions.changed):
        window.docks["draw"].raise_()
    assert window.docks["draw"].geometry() == place


# ---- tuning


@pytest.fixture
def tuned_window(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window that tunes until it is told not to, after one of two choices."""

    def tune(*_: object, progress: Callable[[TuningReport], None], cancelled: Callable[[], bool], **__: object) -> Any:
        report = TuningReport(2, (Tuned("conv2", "forward", (4, 6), 1.0, 1.5),))
        progress(report)
        while not cancelled():
            threading.Event().wait(0.02)
        return report

    monkeypatch.setattr("nnstudio.engine.tuner.tune", tune)
    window.xray.set_devices([DeviceInfo("opencl:0", "Test CPU", "cpu", "Test", "", 2, 0, True, "", 1.0)])
    return window


def test_tuning_shows_in_the_status_bar_and_is_cancelled_there(qtbot: QtBot, tuned_window: MainWindow) -> None:
    line = tuned_window.findChild(QWidget, "status_tuning")
    assert not line.isVisible()
    tuned_window.commands["engine.tune"].trigger()
    assert tuned_window.workspaces.current == "inspect"
    qtbot.waitUntil(line.isVisible)
    assert line.findChild(QLabel).text() == "Tuning for Test CPU: 1 of 2 choices"
    assert not tuned_window.commands["engine.tune"].isEnabled()
    press(qtbot, tuned_window, "status_tuning_cancel")
    qtbot.waitUntil(lambda: tuned_window.tuning.state is TuningState.IDLE)
    assert not line.isVisible()


def test_training_ends_tuning(qtbot: QtBot, tuned_window: MainWindow) -> None:
    tuned_window.tuning.tune()
    press(qtbot, tuned_window, "tool_training.toggle")
    assert tuned_window.tuning.state is TuningState.STOPPING
    qtbot.waitUntil(lambda: tuned_window.tuning.state is TuningState.IDLE)
    until(qtbot, tuned_window, TrainingPhase.IDLE)


def test_closing_the_window_ends_tuning(qtbot: QtBot, tuned_window: MainWindow) -> None:
    tuned_window.tuning.tune()
    tuned_window.close_without_asking()
    assert not any(thread.name == "tuning" for thread in threading.enumerate())


def test_whether_to_tune_after_training_is_remembered(qtbot: QtBot, window: MainWindow) -> None:
    assert window.commands["engine.tune_after_training"].isChecked()
    window.commands["engine.tune_after_training"].trigger()
    assert not window.tuning.by_itself
    window.close()
    again = MainWindow(Preferences(), Diagnostics())
    qtbot.addWidget(again)
    again.show()
    assert not again.tuning.by_itself
    assert not again.commands["engine.tune_after_training"].isChecked()


# ---- the frame


def test_workspaces_by_keyboard_and_reset(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.workspaces.current == "design"
    shown = {name for name, dock in window.docks.items() if dock.isVisible()}
    assert shown >= {"palette", "designer", "properties"}
    press(qtbot, window, "dock_palette_close")
    assert not window.docks["palette"].isVisible()
    press(qtbot, window, "bar_workspace.draw")
    assert {name for name, dock in window.docks.items() if dock.isVisible()} == {"draw", "filters"}
    press(qtbot, window, "bar_workspace.train")
    press(qtbot, window, "bar_workspace.design")
    shown = {name for name, dock in window.docks.items() if dock.isVisible()}
    assert shown >= {"designer", "properties"}  # as it was left
    assert "palette" not in shown
    window.commands["view.reset"].trigger()
    assert window.docks["palette"].isVisible()


def test_arrangement_and_colours_are_remembered(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "dock_filters_close")
    window.commands["colours.dark"].trigger()
    assert current_theme() is DARK
    window.close()
    again = MainWindow(Preferences(), Diagnostics())
    qtbot.addWidget(again)
    again.show()
    assert not again.docks["filters"].isVisible()
    assert again.commands["colours.dark"].isChecked()


def test_undo_belongs_to_what_has_the_focus(qtbot: QtBot, window: MainWindow) -> None:
    edit(window)
    window.draw.canvas.setFocus()
    assert not window.commands["edit.undo"].isEnabled()
    press(qtbot, window, "bar_workspace.design")
    window.designer.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not window.network.undo_stack.canUndo()
    assert window.network.undo_stack.canRedo()


def test_the_command_palette(qtbot: QtBot, window: MainWindow) -> None:
    control = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_P, control)
    line = window.findChild(QWidget, "command_palette_input")
    qtbot.keyClicks(line, "inspect")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert window.workspaces.current == "inspect"


def test_the_list_of_shortcuts(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    dialog = window.findChild(QDialog, "shortcut_dialog")
    texts = {label.text() for label in dialog.findChildren(QLabel)}
    assert {"Train", "Space", "One step", "→", "Save", "Ctrl+S"} <= texts


def test_no_two_actions_share_a_shortcut(window: MainWindow) -> None:
    keys = [key.toString() for action in window.commands for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_every_control_has_names(qtbot: QtBot, window: MainWindow) -> None:
    kinds = (QAbstractButton, QAbstractSpinBox, QAbstractSlider, QComboBox)
    for name in ("draw", "design", "train", "inspect"):
        window.workspaces.switch(name)
        for kind in kinds:
            for control in window.findChildren(kind):
                inner = control.objectName().startswith("qt_") or type(control.parent()).__name__.startswith("QScroll")
                if control.isVisible() and not inner and control.metaObject().className() != "QScrollBar":
                    assert control.objectName(), (name, control)
                    text = control.text() if isinstance(control, QAbstractButton) else ""
                    assert control.accessibleName() or text, (name, control.objectName())


def test_a_crash_is_told(qtbot: QtBot, window: MainWindow, diagnostics: Diagnostics, capsys: object) -> None:
    diagnostics.report(ValueError, ValueError("seven"), None)
    assert "ValueError: seven" in window.findChild(QLabel, "banner_text").text()


def test_no_device_list_is_told(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise NNStudioError("The drivers are gone.", "Install them.")

    monkeypatch.setattr("nnstudio.engine.devices.list_devices", fail)
    window.find_devices()
    qtbot.waitUntil(lambda: window.banner.isVisible())
    assert window.findChild(QLabel, "banner_text").text() == "The drivers are gone."


# ---- branches, pictures, large networks


def test_why_a_connection_is_refused_stands_in_the_status_bar(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "bar_workspace.design")
    scene, view = window.designer.scene, window.designer.view
    qtbot.waitUntil(lambda: view.isVisible() and view.width() > 500)
    view.set_zoom(1)
    view.ensureVisible(scene.blocks["conv1"])
    start = view.mapFromScene(scene.blocks["relu1"].output_port)
    end = view.mapFromScene(scene.blocks["conv1"].sceneBoundingRect().center())
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for place in (start + QPoint(20, 0), (start + end) / 2, end):
        qtbot.mouseMove(view.viewport(), place)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert window.statusBar().currentMessage().endswith("that would be a loop.")


@pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)
def test_connect_to_is_in_the_command_palette(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "bar_workspace.design")
    window.designer.selection.select("relu1")
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    line = window.findChild(QWidget, "command_palette_input")
    qtbot.keyClicks(line, "connect to")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    search = window.findChild(QWidget, "connect_menu_search")
    assert search.isVisible()
    qtbot.keyClicks(search, "dense3")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert window.network.spec.sources("dense3") == ("relu1",)


def test_a_picture_for_a_picture_is_learned(qtbot: QtBot, window: MainWindow) -> None:
    """An autoencoder on the desk: the loss fits, the accuracy makes way, the drawing is drawn again."""
    window.document.new(autoencoder())
    assert "Binary cross-entropy" in window.findChild(QLabel, "banner_text").text()
    assert window.findChild(QComboBox, "field_loss_input").currentText() == "Binary cross-entropy"
    press(qtbot, window, "bar_workspace.train")
    press(qtbot, window, "tool_training.toggle")
    until(qtbot, window, TrainingPhase.IDLE)
    losses = window.training.curves.training_loss.y
    assert losses[-5:].mean() < losses[:5].mean()
    qtbot.waitUntil(window.findChild(QLabel, "plots_no_classes").isVisible)
    press(qtbot, window, "bar_workspace.draw")
    canvas = window.draw.canvas
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.sheet().center().toPoint())
    qtbot.waitUntil(lambda: window.draw.predictions.prediction.drawing is not None)
    assert window.findChild(QWidget, "redrawn_picture").isVisible()


def test_tabs_of_another_workspace_do_not_stay(qtbot: QtBot, window: MainWindow) -> None:
    def tabs() -> list[QTabBar]:
        own = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [bar for bar in own if bar.isVisible() and window.rect().intersects(bar.geometry())]

    expected = {"inspect": 1, "design": 2, "train": 2}
    for name in (*expected, *expected):
        window.workspaces.switch(name)
        qtbot.waitUntil(lambda name=name: len(tabs()) == expected[name])  # type: ignore[misc]
        assert window.width() == 1280


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_opened_and_looked_at(qtbot: QtBot, window: MainWindow, name: str) -> None:
    window.document.new(PRESETS[name]())
    for workspace in ("design", "draw", "train", "inspect"):
        window.workspaces.switch(workspace)
        assert not window.grab().isNull()
    assert window.network.check.ok
    assert window.training.settings.loss.judges(window.network.spec.ordered()[-1].layer)


def test_a_network_of_branches_is_x_rayed(qtbot: QtBot, window: MainWindow) -> None:
    """Two inputs to a layer, running statistics, weights of three dimensions: all have their rows."""
    layers = ["batch_normalization", "layer_normalization", "flatten", "dense", "softmax_output"]
    spec = chain("branches", [LAYERS["input"](), LAYERS["convolution"](), *(LAYERS[kind]() for kind in layers)])
    spec = spec.insert_after("norm1", LAYERS["add"]()).connect("conv1", "add1", 1)
    window.network.set_spec(spec)
    window.xray.set_devices([DeviceInfo("numpy", "NumPy", "cpu", "NumPy", "", 2, 0, True, "", 1.0)])
    window.engine_commands.measure()
    qtbot.waitUntil(lambda: window.xray.findings is not None, timeout=30_000)
    assert window.xray.findings
    rows = {row.node for row in window.xray.findings.xrays[0].rows}
    assert {"conv1", "norm1", "add1", "layernorm1", "dense1"} <= rows
    assert not window.docks["xray"].grab().isNull()


def test_a_panel_called_from_elsewhere_is_a_tab_and_makes_the_window_no_wider(qtbot: QtBot, window: MainWindow) -> None:
    for workspace in ("draw", "design", "train", "inspect"):
        window.workspaces.switch(workspace)
        for name, dock in window.docks.items():
            if dock.isHidden():
                window.commands[f"panel.{name}"].trigger()
                qtbot.waitUntil(lambda dock=dock: not dock.visibleRegion().isEmpty())  # type: ignore[misc]
                assert window.width() == 1280, f"{name} in {workspace}"
                window.commands[f"panel.{name}"].trigger()
