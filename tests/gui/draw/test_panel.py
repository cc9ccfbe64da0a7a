"""What the panel shows: bars, verdict, the picture, and how it is arranged."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.draw import DrawPanel
from nnstudio.gui.draw.canvas import Canvas
from nnstudio.gui.draw.panel import arrange
from nnstudio.gui.draw.pixel_view import PixelView
from nnstudio.gui.draw.probability_bars import ProbabilityBars, percent
from nnstudio.gui.draw.verdict import describe
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.prediction_model import Obstacle, Prediction
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network.layers.input import Input
from nnstudio.network.presets import autoencoder, resnet20, softmax_regression
from tests.gui.draw.hand import LEFT, ROUND, UPRIGHT, draw

Answered = Callable[[], None]
NOTHING = np.zeros((28, 28), np.uint8)


@pytest.fixture
def said(panel: DrawPanel) -> Callable[[str], str]:
    """The text of a label by its name."""

    def text(name: str) -> str:
        label = panel.findChild(QLabel, name)
        assert label is not None
        return label.text()

    return text


@pytest.fixture
def bars(panel: DrawPanel) -> ProbabilityBars:
    bars = panel.findChild(ProbabilityBars)
    assert bars is not None
    return bars


@pytest.fixture
def pixels(panel: DrawPanel) -> PixelView:
    pixels = panel.findChild(PixelView)
    assert pixels is not None
    return pixels


def test_without_a_drawing_nothing_is_claimed(
    said: Callable[[str], str], bars: ProbabilityBars, answered: Answered
) -> None:
    answered()
    assert said("predicted_class") == "–"
    assert said("certainty") == "Nothing drawn yet"
    assert bars.rows() == [(str(digit), None, False) for digit in range(10)]


def test_the_answer_comes_while_drawing(
    panel: DrawPanel, canvas: Canvas, said: Callable[[str], str], bars: ProbabilityBars, answered: Answered
) -> None:
    draw(canvas, UPRIGHT)
    answered()
    assert said("predicted_class") == "1"
    assert re.fullmatch(r"\w+ sure · (> )?\d\d\.\d %", said("certainty"))
    rows = bars.rows()
    assert [name for name, _, wins in rows if wins] == ["1"]
    assert sum(share or 0 for _, share, _ in rows) == pytest.approx(1)
    assert bars.accessibleDescription().startswith("1: ")


def test_classes_have_the_data_sets_names(
    panel: DrawPanel, canvas: Canvas, said: Callable[[str], str], bars: ProbabilityBars, answered: Answered
) -> None:
    panel.set_class_names(("circle", "bar"))
    draw(canvas, ROUND)
    answered()
    assert said("predicted_class") == "circle"
    assert [name for name, _, _ in bars.rows()][:3] == ["circle", "bar", "2"]


def test_a_network_that_cannot_run_is_explained_and_recovers(
    panel: DrawPanel,
    canvas: Canvas,
    network: NetworkModel,
    said: Callable[[str], str],
    answered: Answered,
    qtbot: QtBot,
) -> None:
    draw(canvas, UPRIGHT)
    answered()
    sound = network.spec
    network.edit("Remove", sound.remove("flatten1"))
    qtbot.waitUntil(lambda: said("certainty") == "No prediction")
    assert "Flatten" in said("prediction_note")
    assert said("predicted_class") == "–"
    network.undo_stack.undo()
    qtbot.waitUntil(lambda: said("predicted_class") == "1")


def test_a_network_for_other_pictures_is_explained_and_the_picture_still_shown(
    panel: DrawPanel,
    canvas: Canvas,
    network: NetworkModel,
    said: Callable[[str], str],
    answered: Answered,
    qtbot: QtBot,
) -> None:
    network.edit("Input", network.spec.replace("input1", Input(channels=3)))
    draw(canvas, UPRIGHT)
    answered()
    assert said("certainty") == "No prediction"
    assert "3×28×28" in said("prediction_note")
    assert panel.predictions.prediction.picture.any()


def test_a_network_that_has_not_learned_only_guesses(
    panel: DrawPanel,
    canvas: Canvas,
    weights: WeightsModel,
    said: Callable[[str], str],
    answered: Answered,
    qtbot: QtBot,
) -> None:
    draw(canvas, UPRIGHT)
    answered()
    weights.reset(weights.initializer, seed=1)
    qtbot.waitUntil(lambda: said("certainty").startswith("Only a guess"))
    assert "press Train" in said("prediction_note")


@pytest.mark.parametrize(
    ("shares", "words", "note"),
    [
        ((0.999, 0.001, 0), "Very sure · 99.9 %", ""),
        ((0.9999, 0.0001, 0), "Very sure · > 99.9 %", ""),
        ((1, 0, 0), "Very sure · > 99.9 %", ""),
        ((0.95, 0.05, 0), "Quite sure · 95.0 %", "It might also be b (5.0 %)."),
        ((0.2, 0.75, 0.05), "Fairly sure · 75.0 %", "It might also be a (20.0 %) or c (5.0 %)."),
        ((0.3, 0.3, 0.4), "Not sure · 40.0 %", "It might also be a (30.0 %) or b (30.0 %)."),
    ],
)
def test_certainty_in_words(shares: tuple[float, ...], words: str, note: str) -> None:
    prediction = Prediction(1, NOTHING, np.array(shares))
    best = "abc"[int(np.argmax(shares))]
    assert describe(prediction, "abc".__getitem__) == (best, words, note)


def test_an_obstacle_is_said_with_its_remedy() -> None:
    prediction = Prediction(1, NOTHING, None, Obstacle("It is broken.", "Mend it."))
    assert describe(prediction, str) == ("–", "No prediction", "It is broken. Mend it.")


@given(st.floats(0, 1))
def test_percentages_never_promise_too_much(share: float) -> None:
    text = percent(share)
    assert text.endswith(" %")
    assert "100" not in text, "float32 may round to 1, but a softmax is never certain"
    assert float(text.strip("> %")) == pytest.approx(share * 100, abs=0.1)


def test_the_picture_is_what_the_network_got_and_each_number_can_be_read(
    panel: DrawPanel, canvas: Canvas, pixels: PixelView, said: Callable[[str], str], answered: Answered
) -> None:
    draw(canvas, ROUND)
    answered()
    picture = panel.predictions.prediction.picture
    for row, column in ((4, 13), (13, 13), (0, 0), (27, 27)):
        QTest.mouseMove(pixels, middle_of_pixel(pixels, row, column))
        assert said("pixel_value") == f"Row {row}, column {column}: {picture[row, column] / 255:.2f}"
    QTest.mouseMove(pixels, QPoint(0, 1))
    assert "Point at" in said("pixel_value")


def test_pixels_can_be_read_by_keyboard(
    panel: DrawPanel, canvas: Canvas, pixels: PixelView, said: Callable[[str], str], qtbot: QtBot
) -> None:
    pixels.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: said("pixel_value").startswith("Row 14, column 14"))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Right):
        QTest.keyClick(pixels, key)
    assert said("pixel_value").startswith("Row 14, column 13")
    for _ in range(30):
        QTest.keyClick(pixels, Qt.Key.Key_Down)
    assert said("pixel_value").startswith("Row 27, column 13")
    canvas.setFocus()
    qtbot.waitUntil(lambda: "Point at" in said("pixel_value"))


def middle_of_pixel(pixels: PixelView, row: int, column: int) -> QPoint:
    """Found by asking every place of the widget, so that the test does not repeat the widget's arithmetic."""
    hits = [
        (x, y)
        for x in range(pixels.width())
        for y in range(pixels.height())
        if pixels.pixel_at(QPoint(x, y).toPointF()) == (row, column)
    ]
    return QPoint(*np.mean(hits, axis=0).astype(int).tolist())


def test_the_grid_can_be_shown(panel: DrawPanel, pixels: PixelView) -> None:
    grid = panel.findChild(QCheckBox, "pixel_grid")
    assert grid is not None
    before = pixels.grab().toImage()
    QTest.mouseClick(grid, LEFT, pos=QPoint(8, grid.height() // 2))
    assert pixels.grab().toImage() != before
    QTest.mouseClick(grid, LEFT, pos=QPoint(8, grid.height() // 2))
    assert pixels.grab().toImage() == before


@given(st.integers(290, 3000), st.integers(290, 2000), st.integers(150, 260))
def test_sheet_tools_and_answer_have_their_places(width: int, height: int, tools_width: int) -> None:
    room = QRect(8, 8, width, height)
    tools, sheet, answer = arrange(room, QSize(tools_width, 32))
    assert sheet.width() == sheet.height() >= 120
    assert tools.width() >= min(tools_width, width)
    assert room.contains(tools)
    assert room.contains(sheet)
    assert not tools.intersects(sheet)
    assert not sheet.intersects(answer)
    assert not tools.intersects(answer)
    assert room.contains(answer)


@pytest.mark.parametrize("size", [(300, 300), (300, 420), (420, 720), (700, 260), (1100, 600), (1900, 900)])
def test_nothing_overlaps_at_any_size(panel: DrawPanel, qtbot: QtBot, size: tuple[int, int]) -> None:
    def in_order() -> None:
        shown = [child for child in panel.findChildren(QWidget) if child.isVisible() and not child.children()]
        places = [QRect(child.mapTo(panel, QPoint(0, 0)), child.size()) for child in shown]
        for index, one in enumerate(places):
            assert panel.rect().contains(one), shown[index]
            for other, two in enumerate(places[:index]):
                assert not one.intersects(two), (shown[index], shown[other])

    panel.resize(*size)
    qtbot.waitUntil(in_order)  # layouts do their work when the event loop turns


def test_everything_has_a_name_for_those_who_do_not_see_it(panel: DrawPanel) -> None:
    for child in panel.findChildren(QWidget):
        if child.focusPolicy() and not isinstance(child, QLabel):
            assert child.objectName(), child
            assert child.accessibleName() or getattr(child, "text", str)(), child


# ---- networks that answer with a picture


def test_what_the_network_draws_takes_the_place_of_the_bars(
    panel: DrawPanel,
    canvas: Canvas,
    network: NetworkModel,
    bars: ProbabilityBars,
    said: Callable[[str], str],
    answered: Answered,
    qtbot: QtBot,
) -> None:
    redrawn = panel.findChild(QWidget, "redrawn_picture")
    assert not redrawn.isVisible()
    network.set_spec(autoencoder())
    qtbot.waitUntil(redrawn.isVisible)
    assert not bars.isVisible()
    assert said("certainty") == "Nothing drawn yet"
    empty = redrawn.grab().toImage()
    draw(canvas, UPRIGHT)
    answered()
    assert re.fullmatch(r"Off by 0\.\d{3} a pixel on average", said("certainty"))
    assert "press Train" in said("prediction_note")
    assert redrawn.grab().toImage() != empty
    assert redrawn.accessibleDescription() == "28 by 28 pixels"
    network.set_spec(softmax_regression())
    qtbot.waitUntil(bars.isVisible)
    assert not redrawn.isVisible()


def test_from_drawing_to_a_network_that_takes_other_pictures(
    panel: DrawPanel,
    canvas: Canvas,
    network: NetworkModel,
    bars: ProbabilityBars,
    said: Callable[[str], str],
    qtbot: QtBot,
) -> None:
    network.set_spec(autoencoder())
    draw(canvas, UPRIGHT)
    qtbot.waitUntil(lambda: panel.predictions.prediction.drawing is not None)
    network.set_spec(resnet20())
    qtbot.waitUntil(lambda: said("certainty") == "No prediction")
    assert "3×32×32" in said("prediction_note")
    qtbot.waitUntil(bars.isVisible)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 14, 20), (2, 5, 5), (1, 200, 300)])
def test_a_picture_of_any_shape_is_painted(panel: DrawPanel, shape: tuple[int, int, int]) -> None:
    drawing = np.random.default_rng(0).normal(0.5, 1, shape)
    panel.predictions.set_prediction(Prediction(0, NOTHING, draws=True, drawing=drawing))
    redrawn = panel.findChild(QWidget, "redrawn_picture")
    image = redrawn.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert len(colours) > 10


def test_scores_are_no_probabilities(bars: ProbabilityBars) -> None:
    prediction = Prediction(1, NOTHING, np.array([-0.2, 1.3]), scores=True)
    assert describe(prediction, "ab".__getitem__)[:2] == ("b", "Highest score · 1.30")
    bars._predictions.set_prediction(prediction)
    assert not bars.grab().isNull()


def test_how_far_a_drawing_is_off() -> None:
    picture = np.full((28, 28), 255, np.uint8)
    sign, words, note = describe(Prediction(1, picture, draws=True, drawing=np.full((1, 28, 28), 0.75)), str)
    assert (sign, words) == ("≈", "Off by 0.250 a pixel on average")
    assert "knows no classes" in note
    other = Prediction(1, picture, draws=True, drawing=np.zeros((3, 4, 4)))
    assert describe(other, str)[1] == "A picture of 3×4×4"
