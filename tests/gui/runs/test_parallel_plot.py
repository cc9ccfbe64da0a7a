"""Parallel coordinates: where values lie, and what the hand and the keys do."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.runs.parallel_axes import axis
from nnstudio.gui.runs.parallel_plot import Line, ParallelPlot
from nnstudio.gui.theme import apply_theme

RATES, SIZES, KINDS, LOSSES = (0.1, 0.01, 0.001), (16, 32, 32), ("adam", "sgd", "adam"), (0.2, 0.6, None)
AXES = [axis("Rate", RATES), axis("Size", SIZES), axis("Optimizer", KINDS), axis("Loss", LOSSES)]
LINES = [
    Line(str(n), f"run {n}", values, values[-1], n == 0)
    for n, values in enumerate(zip(RATES, SIZES, KINDS, LOSSES, strict=True))
]
KEY = Qt.Key


@pytest.fixture
def plot(qtbot: QtBot) -> Iterator[ParallelPlot]:
    """With a field before and behind, so that the focus can come and go."""
    window = QWidget()
    plot = ParallelPlot()
    column = QVBoxLayout(window)
    for widget in (QLineEdit(), plot, QLineEdit()):
        column.addWidget(widget)
    qtbot.addWidget(window)
    window.resize(800, 400)
    plot.show_lines(AXES, LINES, AXES[-1], better_low=True)
    window.show()
    window.activateWindow()
    qtbot.waitActive(window)
    plot.setFocus()
    yield plot


def on_axis(plot: ParallelPlot, number: int, place: float) -> QPoint:
    shape = plot.geometry_now
    return QPointF(shape.x(number), shape.y(place)).toPoint()


def drag(plot: ParallelPlot, number: int, first: float, last: float) -> None:
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(plot, left, pos=on_axis(plot, number, first))
    for share in (0.5, 1.0):
        QTest.mouseMove(plot, on_axis(plot, number, first + share * (last - first)))
    QTest.mouseRelease(plot, left, pos=on_axis(plot, number, last))


# ---- axes


def test_numbers_over_decades_are_logarithmic_others_even_and_words_in_their_order() -> None:
    rate, size, kind, loss = AXES
    assert rate.log and not size.log and not kind.numeric
    assert [rate.place(value) for value in RATES] == pytest.approx([1, 0.5, 0])
    assert [size.place(24), kind.place("sgd"), loss.place(None)] == [0.5, 1.0, None]
    assert [text for _, text in kind.ticks()] == ["adam", "sgd"]
    assert axis("Acc", [0.5, 1.0], share=True).ticks() == [(0.0, "50.0%"), (1.0, "100.0%")]
    assert [text for _, text in axis("Loss", [0.61452, 1.99307], measured=True).ticks()] == [
        "0.8",
        "1",
        "1.2",
        "1.4",
        "1.6",
        "1.8",
    ]
    assert axis("Loss", [0.5, 0.5], measured=True).ticks() == [(0.5, "0.5")]
    assert axis("Once", [7]).place(7) == 0.5 and axis("None", [None]).ticks() == []


@given(st.lists(st.floats(1e-6, 1e6), min_size=9, max_size=40, unique=True))
def test_ticks_lie_on_the_axis(values: list[float]) -> None:
    made = axis("x", values)
    ticks = made.ticks()
    assert 1 <= len(ticks) <= 15
    assert all(-1e-6 <= place <= 1 + 1e-6 for place, _ in ticks)
    low, high = min(values), max(values)
    if made.log:
        assert made.place(values[0]) == pytest.approx(
            (log10(values[0]) - log10(low)) / (log10(high) - log10(low)), abs=1e-9
        )


# ---- the mouse


def test_a_click_on_a_line_selects_its_run(plot: ParallelPlot, qtbot: QtBot) -> None:
    shape = plot.geometry_now
    first, second = (shape.points(AXES, LINES[0].values)[n] for n in (0, 1))
    with qtbot.waitSignal(plot.selected) as selected:
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=((first + second) / 2).toPoint())
    assert selected.args == ["0"] and plot.key == "0"
    assert "selected: run 0" in plot.accessibleDescription()


def test_a_drag_on_an_axis_lets_pass_what_lies_there(plot: ParallelPlot, qtbot: QtBot) -> None:
    with qtbot.waitSignal(plot.brushed):
        drag(plot, 0, 0.3, 1.0)
    assert plot.passing == {"0", "1"}
    drag(plot, 3, 0.5, 1.0)
    assert plot.passing == {"1"}, "both at once; what is not known passes nowhere"
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=on_axis(plot, 0, 0.25))
    assert set(plot.brushes) == {3}, "a click on an axis takes its choice away"


def test_what_does_not_pass_cannot_be_clicked(plot: ParallelPlot, qtbot: QtBot) -> None:
    drag(plot, 0, 0.0, 0.7)
    first, second = (plot.geometry_now.points(AXES, LINES[0].values)[n] for n in (0, 1))
    with qtbot.assertNotEmitted(plot.selected):
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=(first * 0.8 + second * 0.2).toPoint())


# ---- the keyboard


def test_tab_goes_from_axis_to_axis_and_out(plot: ParallelPlot) -> None:
    for number in (1, 2, 3):
        QTest.keyClick(plot, KEY.Key_Tab)
        assert plot.focused == number and plot.hasFocus()
    assert plot.accessibleDescription().startswith("Axis Loss")
    QTest.keyClick(plot, KEY.Key_Tab)
    assert not plot.hasFocus() and isinstance(QApplication.focusWidget(), QLineEdit)
    plot.setFocus()
    QTest.keyClick(plot, KEY.Key_Backtab)
    assert plot.focused == 2


def test_keys_choose_on_an_axis_and_escape_lets_all_pass(plot: ParallelPlot) -> None:
    QTest.keyClick(plot, KEY.Key_Up)
    assert plot.passing == {"1"}, "about the middle"
    for _ in range(20):
        QTest.keyClick(plot, KEY.Key_Up)
    assert plot.brushes[0] == pytest.approx((0.75, 1.0)) and plot.passing == {"0"}
    for _ in range(20):
        QTest.keyClick(plot, KEY.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert plot.passing == {"0", "1"} and plot.brushes[0][1] == 1.0
    for _ in range(60):
        QTest.keyClick(plot, KEY.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    low, high = plot.brushes[0]
    assert 0.02 <= high - low <= 0.08, "never nothing"
    QTest.keyClick(plot, KEY.Key_Delete)
    assert plot.brushes == {}
    QTest.keyClick(plot, KEY.Key_Down)
    QTest.keyClick(plot, KEY.Key_Escape)
    assert plot.passing == {"0", "1", "2"}


def test_arrows_go_from_run_to_run(plot: ParallelPlot, qtbot: QtBot) -> None:
    seen: list[str] = []
    plot.selected.connect(seen.append)
    for key in (KEY.Key_Right, KEY.Key_Right, KEY.Key_Left, KEY.Key_Left):
        QTest.keyClick(plot, key)
    assert seen == ["0", "1", "0", "2"]


# ---- the picture


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_best_is_strongest_and_the_rest_is_drawn_too(scheme: str, plot: ParallelPlot, qapp: QApplication) -> None:
    apply_theme(qapp, scheme)  # type: ignore[arg-type]
    picture = plot.grab().toImage()

    def contrast(number: int) -> float:
        first, second = (plot.geometry_now.points(AXES, LINES[number].values)[n] for n in (0, 1))
        at = (0.7 * first + 0.3 * second).toPoint()
        panel = picture.pixelColor(plot.width() // 2, 3)
        near = [picture.pixelColor(at.x(), at.y() + y) for y in (-1, 0, 1)]
        return max(_distance(colour, panel) for colour in near)

    assert contrast(0) > contrast(1) > 60
    plot.show_lines([], [], axis("", []), better_low=True)
    assert plot.grab().toImage() != picture, "a word on what will be there"
    apply_theme(qapp, "light")


def _distance(first: QColor, second: QColor) -> float:
    pairs = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)
    return float(sum(abs(a - b) for a, b in pairs))  # type: ignore[operator]
