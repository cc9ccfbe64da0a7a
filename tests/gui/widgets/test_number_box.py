"""Numbers step as people think, and are typed as people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.widgets.number_box import NumberBox, step_ladder, step_share


@pytest.fixture
def rate(qtbot: QtBot) -> NumberBox:
    box = NumberBox(0, 100)
    qtbot.addWidget(box)
    box.setValue(0.001)
    box.show()
    return box


@pytest.mark.parametrize(("value", "up"), [(0.001, 0.002), (0.002, 0.005), (0.005, 0.01), (0.003, 0.005), (0, 1e-6)])
def test_the_ladder_upwards(value: float, up: float) -> None:
    assert step_ladder(value, up=True) == up


@pytest.mark.parametrize(("value", "down"), [(0.01, 0.005), (0.003, 0.002), (1, 0.5), (1e-6, 0)])
def test_the_ladder_downwards(value: float, down: float) -> None:
    assert step_ladder(value, up=False) == down


@given(st.floats(1e-6, 1e6))
def test_the_ladder_always_moves(value: float) -> None:
    assert step_ladder(value, up=False) < value < step_ladder(value, up=True)


@pytest.mark.parametrize(("value", "up"), [(0.5, 0.55), (0.9, 0.95), (0.95, 0.98), (0.99, 0.995), (0.02, 0.05)])
def test_shares(value: float, up: float) -> None:
    assert step_share(value, up=True) == pytest.approx(up)


@given(st.floats(0.001, 0.999), st.booleans())
def test_shares_stay_shares(value: float, up: bool) -> None:
    assert 0 <= step_share(value, up) <= 1


def test_arrow_keys_and_typing(qtbot: QtBot, rate: NumberBox) -> None:
    qtbot.keyClick(rate, Qt.Key.Key_Up)
    assert (rate.value(), rate.text()) == (0.002, "0.002")
    rate.selectAll()
    with qtbot.waitSignal(rate.valueChanged) as changed:
        qtbot.keyClicks(rate, "3e-4")
        qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert changed.args == [3e-4]  # once, not for every letter
    assert rate.text() == "0.0003"


def test_letters_and_numbers_outside_the_range_are_refused(qtbot: QtBot, rate: NumberBox) -> None:
    rate.selectAll()
    qtbot.keyClicks(rate, "x500")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert rate.value() <= 100


def test_large_whole_numbers(qtbot: QtBot) -> None:
    box = NumberBox(0, 2**32 - 1, whole=True)
    qtbot.addWidget(box)
    box.setSuffix(" images")
    box.setValue(2**32 - 1)
    assert box.number() == 4294967295
    assert box.text() == "4294967295 images"


def test_the_wheel_turns_only_what_has_the_focus(qtbot: QtBot, rate: NumberBox) -> None:
    turn = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    rate.clearFocus()
    QApplication.sendEvent(rate, turn)
    assert rate.value() == 0.001
