"""The plots are used as a person does: with mouse, wheel and keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.curve_keeper import take_measured
from nnstudio.gui.models.curves import Curves
from nnstudio.gui.plots.canvas import Canvas
from nnstudio.gui.plots.heat_map import HeatMap
from nnstudio.gui.plots.series_plot import SeriesPlot
from nnstudio.gui.theme import current_theme
from nnstudio.gui.train.plots_panel import PlotsPanel
from tests.gui.plots.course import measured

_NONE = Qt.KeyboardModifier.NoModifier


def canvas(panel: PlotsPanel, name: str) -> Canvas:
    return panel.findChild(Canvas, f"plot_{name}_canvas")


def told(panel: PlotsPanel, name: str) -> str:
    return panel.findChild(QLabel, f"plot_{name}").text()


def plot(panel: PlotsPanel, name: str) -> SeriesPlot:
    return panel.findChild(SeriesPlot, f"plot_{name}")


def seen(panel: PlotsPanel, name: str) -> tuple[float, float]:
    return tuple(canvas(panel, name).box.viewRange()[0])


def middle(ground: Canvas, across: float = 0.5, down: float = 0.5) -> QPoint:
    box = ground.box
    rect = box.sceneBoundingRect()
    place = QPointF(rect.left() + across * rect.width(), rect.top() + down * rect.height())
    return ground.mapFromScene(place)


def turn_wheel(ground: Canvas, notches: int) -> None:
    place = QPointF(middle(ground))
    QApplication.sendEvent(
        ground.viewport(),
        QWheelEvent(
            place,
            ground.viewport().mapToGlobal(place),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            _NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def drag(ground: Canvas, start: QPoint, end: QPoint, modifier: Qt.KeyboardModifier = _NONE) -> None:
    view, button = ground.viewport(), Qt.MouseButton.LeftButton
    QTest.mouseMove(view, start)
    QTest.mousePress(view, button, modifier, start)
    for share in (0.25, 0.5, 0.75, 1.0):  # QTest.mouseMove knows no modifiers
        place = QPointF(start + (end - start) * share)
        there = view.mapToGlobal(place)
        move = QMouseEvent(QEvent.Type.MouseMove, place, there, Qt.MouseButton.NoButton, button, modifier)
        QApplication.sendEvent(view, move)
    QTest.mouseRelease(view, button, modifier, end)


def click(qtbot: QtBot, panel: PlotsPanel, name: str) -> None:
    qtbot.mouseClick(panel.findChild(QToolButton, name), Qt.MouseButton.LeftButton)


def test_the_wheel_zooms_all_plots_in_time(panel: PlotsPanel) -> None:
    before = seen(panel, "loss")
    turn_wheel(canvas(panel, "loss"), 2)
    after = seen(panel, "loss")
    assert after[1] - after[0] < 0.9 * (before[1] - before[0])
    for other in ("accuracy", "rate", "layers1", "histogram"):
        assert seen(panel, other) == pytest.approx(after)


def test_a_box_zooms_into_steps_and_values(panel: PlotsPanel) -> None:
    ground = canvas(panel, "loss")
    corner, opposite = middle(ground, 0.25, 0.25), middle(ground, 0.5, 0.75)
    (left, right), (bottom, top) = ground.box.viewRange()
    drag(ground, corner, opposite)
    (new_left, new_right), (new_bottom, _) = ground.box.viewRange()
    assert new_left == pytest.approx(left + (right - left) / 4, abs=(right - left) / 40)
    assert new_right == pytest.approx((left + right) / 2, abs=(right - left) / 40)
    assert new_bottom == pytest.approx(bottom + (top - bottom) / 4, abs=(top - bottom) / 10)
    assert seen(panel, "accuracy") == pytest.approx((new_left, new_right))


def test_a_flat_box_chooses_only_time(panel: PlotsPanel) -> None:
    ground = canvas(panel, "loss")
    drag(ground, middle(ground, 0.25), middle(ground, 0.5))
    low, high = ground.box.viewRange()[1]
    assert low <= 1 / 600 <= high  # all that is in sight
    assert seen(panel, "loss")[1] < 600


def test_with_shift_the_picture_is_moved(panel: PlotsPanel) -> None:
    ground = canvas(panel, "loss")
    low, high = seen(panel, "loss")
    drag(ground, middle(ground, 0.75), middle(ground, 0.25), Qt.KeyboardModifier.ShiftModifier)
    new_low, new_high = seen(panel, "loss")
    assert new_high - new_low == pytest.approx(high - low)
    assert new_low > low + 0.4 * (high - low)


def test_a_double_click_shows_all_again(panel: PlotsPanel) -> None:
    ground = canvas(panel, "loss")
    before = seen(panel, "loss")
    turn_wheel(ground, 3)
    QTest.mouseClick(ground.viewport(), Qt.MouseButton.LeftButton, pos=middle(ground))
    QTest.mouseDClick(ground.viewport(), Qt.MouseButton.LeftButton, pos=middle(ground))
    QTest.mouseRelease(ground.viewport(), Qt.MouseButton.LeftButton, pos=middle(ground))
    assert seen(panel, "loss") == pytest.approx(before)
    assert seen(panel, "histogram") == pytest.approx(before)


def test_by_keyboard(qtbot: QtBot, panel: PlotsPanel) -> None:
    ground = canvas(panel, "loss")
    before = seen(panel, "loss")
    qtbot.keyClick(ground, Qt.Key.Key_Plus)
    closer = seen(panel, "loss")
    assert closer[1] - closer[0] == pytest.approx(0.8 * (before[1] - before[0]))
    qtbot.keyClick(ground, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert seen(panel, "accuracy")[0] > closer[0]
    newest = told(panel, "loss_validation")
    qtbot.keyClick(ground, Qt.Key.Key_Left)
    assert told(panel, "loss_validation") != newest
    qtbot.keyClick(ground, Qt.Key.Key_Escape)
    assert told(panel, "loss_validation") == newest
    qtbot.keyClick(ground, Qt.Key.Key_Home)
    assert seen(panel, "loss") == pytest.approx(before)


def test_one_line_reads_all_curves(qtbot: QtBot, panel: PlotsPanel) -> None:
    for page in (2, 3, 0):
        panel.show_page(page)  # legends are made when they are first seen
    ground = canvas(panel, "loss")
    place = ground.mapFromScene(ground.box.mapViewToScene(QPointF(500, ground.box.viewRange()[1][0])))
    QTest.mouseMove(ground.viewport(), place - QPoint(0, 20))
    qtbot.waitUntil(lambda: told(panel, "loss_validation") != "0.0020")
    step = panel.findChild(SeriesPlot, "plot_loss")._pointed
    assert step == pytest.approx(500, abs=5)
    curve = panel._training.curves.learning_rate
    assert float(told(panel, "rate_run")) == pytest.approx(curve.y[round(step) - 1], rel=0.01)
    assert told(panel, "layers1_conv1_weight") != "0.001"
    assert "step" in told(panel, "histogram_told")


def test_a_click_on_a_name_hides_its_curve(qtbot: QtBot, panel: PlotsPanel) -> None:
    top = canvas(panel, "loss").box.viewRange()[1][1]
    click(qtbot, panel, "plot_loss_training_shown")
    assert canvas(panel, "loss").box.viewRange()[1][1] < top  # only the validation loss is seen, which is small
    button = panel.findChild(QToolButton, "plot_loss_training_shown")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert canvas(panel, "loss").box.viewRange()[1][1] == pytest.approx(top)


@pytest.mark.parametrize(("title", "end"), [("Epochs", 10), ("Seconds", 10)])
def test_the_axis_may_count_something_else(panel: PlotsPanel, title: str, end: float) -> None:
    panel.findChild(QComboBox, "plots_across").setCurrentText(title)
    low, high = seen(panel, "loss")
    assert low <= 0
    assert high == pytest.approx(end, rel=0.05)
    assert told(panel, "loss_validation") == "0.0020"
    panel._point(5.0)
    assert told(panel, "loss_validation") == "0.0040"


def test_layers_have_a_curve_each(panel: PlotsPanel, qtbot: QtBot) -> None:
    panel.show_page(2)
    assert [series.title for series in plot(panel, "layers1").series] == ["conv1", "conv2", "dense1"]
    assert told(panel, "layers2_conv1_weight") == "0.001"
    assert plot(panel, "layers1").log
    combo = panel.findChild(QComboBox, "plots_quantity1")
    combo.setFocus()
    combo.setCurrentText("Dead units")
    assert [series.title for series in plot(panel, "layers1").series] == ["conv1", "conv2"]
    assert told(panel, "layers1_conv2") == "12.5%"
    assert not plot(panel, "layers1").log  # shares may be 0


def test_histograms_are_chosen(panel: PlotsPanel) -> None:
    panel.show_page(3)
    combo = panel.findChild(QComboBox, "plots_histogram")
    assert [combo.itemText(at) for at in (0, combo.count() - 1)] == ["conv1.weight", "conv2 (activations)"]
    combo.setCurrentText("conv2 (activations)")
    heat_map = panel.findChild(HeatMap, "plot_histogram")
    assert heat_map.title == "Histograms of conv2 (activations)"
    assert "median 0" in told(panel, "histogram_told")
    assert heat_map._image.image.shape[2] == 3


def test_changed_settings_are_marked(panel: PlotsPanel) -> None:
    (mark,) = plot(panel, "loss")._marks
    assert mark.value() == 500
    assert mark.label.format == "Learning rate 0.005"


def test_other_runs_are_drawn_too(qtbot: QtBot, panel: PlotsPanel) -> None:
    other = Curves()
    other.training_loss.extend(range(1, 2001), np.full(2000, 0.5))
    other.validation_loss.extend([1000, 2000], [0.25, 0.75])
    other.steps_per_epoch = 1000
    panel.set_overlays([("run 7", "#009e73", other)])
    qtbot.waitUntil(lambda: panel.findChild(QLabel, "plot_loss_other1") is not None)
    assert told(panel, "loss_other1") == "0.5000"
    assert told(panel, "loss_other1_judged") == "0.7500"
    assert seen(panel, "loss")[1] >= 2000
    panel.findChild(QComboBox, "plots_across").setCurrentText("Epochs")
    panel._point(1.0)
    assert told(panel, "loss_other1_judged") == "0.2500"  # its first epoch had 1,000 steps
    panel.set_overlays([])
    qtbot.waitUntil(lambda: panel.findChild(QLabel, "plot_loss_other1") is None)


def test_the_same_layers_of_other_runs_are_drawn_too(qtbot: QtBot, panel: PlotsPanel) -> None:
    other = Curves()
    take_measured(other, measured(1000, norm=8.0))
    other.gradient_norms["somewhere_else.weight"] = other.gradient_norms["conv1.weight"]
    panel.set_overlays([("run 7", "#009e73", other)])
    panel.show_page(2)
    qtbot.waitUntil(lambda: panel.findChild(QLabel, "plot_layers1_conv1_weight_other1") is not None)
    assert told(panel, "layers1_conv1_weight_other1") == "0.001"
    series = plot(panel, "layers1").series
    assert [one.title for one in series[:4]] == ["conv1", "conv1, run 7", "conv2", "conv2, run 7"]
    assert [one.dashed for one in series[:2]] == [False, True]
    theme = current_theme()
    colours = [one.colour(theme).name() for one in series]
    assert len(set(colours)) == len(colours)
    assert not any("somewhere" in one.title for one in series)
    panel.set_overlays([])
    qtbot.waitUntil(lambda: panel.findChild(QLabel, "plot_layers1_conv1_weight_other1") is None)


def test_a_loss_that_is_no_number_is_told_and_breaks_nothing(qtbot: QtBot, panel: PlotsPanel) -> None:
    training = panel._training
    training.curves.training_loss.extend([1001, 1002, 1003], [np.inf, np.nan, np.nan])
    training.curvesChanged.emit()
    qtbot.waitUntil(lambda: told(panel, "loss_training") == "NaN")
    plot(panel, "loss").set_log(True)
    assert np.isfinite(canvas(panel, "loss").box.viewRange()).all()


def test_the_cursor_of_the_window(panel: PlotsPanel) -> None:
    panel.show_cursor(300)
    assert plot(panel, "loss")._cursor.isVisible()
    assert plot(panel, "accuracy")._cursor.value() == 300
    panel.show_cursor(None)
    assert not plot(panel, "loss")._cursor.isVisible()
