"""The sheet, with real mouse, stylus, touch and keyboard events."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QToolButton

from nnstudio.gui.draw import DrawPanel
from nnstudio.gui.draw.canvas import Canvas
from nnstudio.gui.models.drawing_model import SIDE
from tests.gui.draw.hand import LEFT, RIGHT, ROUND, UPRIGHT, draw, place

Click = Callable[[str], None]


@pytest.fixture
def click(panel: DrawPanel) -> Click:
    def click(name: str) -> None:
        button = panel.findChild(QToolButton, name)
        assert button is not None
        QTest.mouseClick(button, LEFT)

    return click


def ink_at(panel: DrawPanel, across: float, down: float) -> int:
    return int(panel.drawing.ink[round(down * SIDE), round(across * SIDE)])


def test_the_mouse_draws_where_it_points(panel: DrawPanel, canvas: Canvas) -> None:
    draw(canvas, [(0.2, 0.3), (0.8, 0.3)])
    assert ink_at(panel, 0.2, 0.3) == ink_at(panel, 0.5, 0.3) == ink_at(panel, 0.8, 0.3) == 255
    assert ink_at(panel, 0.5, 0.5) == 0


def test_a_click_makes_a_dot(panel: DrawPanel, canvas: Canvas) -> None:
    QTest.mouseClick(canvas, LEFT, pos=place(canvas, (0.5, 0.5)))
    assert ink_at(panel, 0.5, 0.5) == 255


def test_moving_without_a_button_draws_nothing(panel: DrawPanel, canvas: Canvas) -> None:
    QTest.mouseMove(canvas, place(canvas, (0.5, 0.5)))
    assert panel.drawing.empty


def test_a_stroke_may_leave_the_sheet_and_come_back(panel: DrawPanel, canvas: Canvas) -> None:
    draw(canvas, [(0.5, 0.5), (1.4, 0.5), (1.4, 1.4), (0.5, 0.8)])
    assert ink_at(panel, 0.5, 0.5) == 255
    assert panel.undo_stack.count() == 1


def test_the_right_button_erases(panel: DrawPanel, canvas: Canvas) -> None:
    draw(canvas, [(0.2, 0.5), (0.8, 0.5)])
    draw(canvas, [(0.5, 0.2), (0.5, 0.8)], RIGHT)
    assert ink_at(panel, 0.5, 0.5) == 0
    assert ink_at(panel, 0.25, 0.5) == 255


def test_pen_and_eraser_by_button_and_by_key(panel: DrawPanel, canvas: Canvas, click: Click) -> None:
    draw(canvas, [(0.2, 0.5), (0.8, 0.5)])
    click("eraser_button")
    draw(canvas, [(0.3, 0.2), (0.3, 0.8)])
    assert ink_at(panel, 0.3, 0.5) == 0
    click("pen_button")
    draw(canvas, [(0.3, 0.2), (0.3, 0.8)])
    assert ink_at(panel, 0.3, 0.5) == 255
    QTest.keyClick(canvas, Qt.Key.Key_E)
    assert panel.pen.erases
    draw(canvas, [(0.7, 0.2), (0.7, 0.8)])
    assert ink_at(panel, 0.7, 0.5) == 0
    QTest.keyClick(canvas, Qt.Key.Key_P)
    assert not panel.pen.erases


def test_undo_redo_and_clear_by_button(panel: DrawPanel, canvas: Canvas, click: Click) -> None:
    draw(canvas, UPRIGHT)
    drawn = panel.drawing.ink.copy()
    click("clear_drawing")
    assert panel.drawing.empty
    click("undo_drawing")
    assert (panel.drawing.ink == drawn).all()
    click("undo_drawing")
    assert panel.drawing.empty
    click("redo_drawing")
    assert (panel.drawing.ink == drawn).all()


def test_undo_redo_and_clear_by_key(panel: DrawPanel, canvas: Canvas) -> None:
    draw(canvas, UPRIGHT)
    drawn = panel.drawing.ink.copy()
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert panel.drawing.empty
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (panel.drawing.ink == drawn).all()
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.drawing.empty
    control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(canvas, Qt.Key.Key_Z, control_shift)
    assert (panel.drawing.ink == drawn).all()


def test_buttons_are_enabled_when_they_would_do_something(panel: DrawPanel, canvas: Canvas) -> None:
    def enabled() -> list[bool]:
        names = ("undo_drawing", "redo_drawing", "clear_drawing")
        return [panel.findChild(QToolButton, name).isEnabled() for name in names]

    assert enabled() == [False, False, False]
    draw(canvas, UPRIGHT)
    assert enabled() == [True, False, True]
    panel.undo_stack.undo()
    assert enabled() == [False, True, False]


def test_the_width_by_slider_and_by_key(panel: DrawPanel, canvas: Canvas) -> None:
    def drawn_width() -> int:
        panel.drawing.clear()
        draw(canvas, [(0.2, 0.5), (0.8, 0.5)])
        return int((panel.drawing.ink[:, SIDE // 2] > 127).sum())

    first = drawn_width()
    assert first == panel.pen.width
    QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert drawn_width() == panel.pen.width > first
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert drawn_width() == first
    slider = panel.findChild(QSlider, "pen_width")
    assert slider is not None
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert drawn_width() == panel.pen.THICKEST == slider.value()


def test_the_cursor_shows_the_pens_size(panel: DrawPanel, canvas: Canvas) -> None:
    for width in (20, 60):
        panel.pen.set_width(width)
        on_screen = width * canvas.sheet().width() / SIDE
        assert canvas.cursor().pixmap().width() == pytest.approx(on_screen, abs=6)


def test_resizing_loses_nothing(panel: DrawPanel, canvas: Canvas) -> None:
    draw(canvas, ROUND)
    drawn = panel.drawing.ink.copy()
    for size in ((320, 320), (1600, 1000), (900, 560)):
        panel.resize(*size)
        sheet = canvas.sheet()
        assert sheet.width() == sheet.height()
        assert canvas.rect().contains(sheet.toRect())
    assert (panel.drawing.ink == drawn).all()
    draw(canvas, [(0.5, 0.5), (0.51, 0.5)])
    assert ink_at(panel, 0.5, 0.5) == 255


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
def test_ink_stands_out_from_the_paper(scheme: str, panel: DrawPanel, canvas: Canvas) -> None:
    draw(canvas, [(0.2, 0.5), (0.8, 0.5)])
    shown = canvas.grab().toImage()
    ink, paper = (shown.pixelColor(place(canvas, at)).lightnessF() for at in ((0.5, 0.5), (0.5, 0.2)))
    assert abs(ink - paper) > 0.8
    assert (ink < paper) == (scheme == "light")


@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_the_drawing_is_painted_as_it_is(scheme: str, panel: DrawPanel, canvas: Canvas) -> None:
    draw(canvas, ROUND)
    canvas.resize(SIDE + 2, SIDE + 2)
    shown = canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    sheet = canvas.sheet().toRect()
    seen = rows[sheet.y() : sheet.y() + SIDE, sheet.x() : sheet.x() + SIDE]
    inked = panel.drawing.ink[8:-8, 8:-8] > 127
    assert ((seen[8:-8, 8:-8] < 127) == inked).mean() > 0.999


class Stylus:
    """Sends what a graphics tablet sends."""

    def __init__(self, canvas: Canvas, kind: QPointingDevice.PointerType = QPointingDevice.PointerType.Pen) -> None:
        self.canvas, self.kind = canvas, kind
        self.device = QPointingDevice(
            "stylus", 1, QInputDevice.DeviceType.Stylus, kind, QInputDevice.Capability.Pressure, 1, 1
        )

    def send(self, kind: QEvent.Type, at: tuple[float, float], pressure: float) -> bool:
        where = QPointF(place(self.canvas, at))
        button = LEFT if kind is not QEvent.Type.TabletRelease else Qt.MouseButton.NoButton
        event = QTabletEvent(
            kind, self.device, where, self.canvas.mapToGlobal(where), pressure, 0, 0, 0, 0, 0,
            Qt.KeyboardModifier.NoModifier, LEFT, button,
        )  # fmt: skip
        return QApplication.sendEvent(self.canvas, event)

    def line(self, down: float, pressure: float) -> None:
        assert self.send(QEvent.Type.TabletPress, (0.2, down), pressure)
        for across in np.linspace(0.2, 0.8, 8):
            assert self.send(QEvent.Type.TabletMove, (across, down), pressure)
        assert self.send(QEvent.Type.TabletRelease, (0.8, down), 0)


def test_pressing_harder_draws_a_wider_line(panel: DrawPanel, canvas: Canvas) -> None:
    stylus = Stylus(canvas)
    widths = []
    for down, pressure in ((0.2, 0.1), (0.5, 0.5), (0.8, 1.0)):
        stylus.line(down, pressure)
        near = slice(round((down - 0.14) * SIDE), round((down + 0.14) * SIDE))
        widths.append(int((panel.drawing.ink[near, SIDE // 2] > 127).sum()))
    assert widths[0] < widths[1] < widths[2]
    assert panel.undo_stack.count() == 3


def test_the_other_end_of_the_stylus_erases(panel: DrawPanel, canvas: Canvas) -> None:
    Stylus(canvas).line(0.5, 0.5)
    Stylus(canvas, QPointingDevice.PointerType.Eraser).line(0.5, 1.0)
    assert panel.drawing.empty


def test_a_finger_draws(panel: DrawPanel, canvas: Canvas) -> None:
    device = QTest.createTouchDevice()
    QTest.touchEvent(canvas, device).press(0, place(canvas, (0.2, 0.5)), canvas).commit()
    for across in np.linspace(0.2, 0.8, 8):
        QTest.touchEvent(canvas, device).move(0, place(canvas, (across, 0.5)), canvas).commit()
    QTest.touchEvent(canvas, device).release(0, place(canvas, (0.8, 0.5)), canvas).commit()
    assert ink_at(panel, 0.5, 0.5) == 255
    assert panel.undo_stack.count() == 1
