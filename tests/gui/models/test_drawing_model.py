"""Ink on paper: what a stroke leaves, and that undo brings back exactly what was there."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.drawing_model import SIDE, DrawingModel
from nnstudio.gui.models.stroke import Segment, Stroke

places = st.tuples(st.integers(-100, SIDE + 100), st.integers(-100, SIDE + 100))
widths = st.floats(1, 120)
strokes = st.tuples(st.lists(places, min_size=1, max_size=4), widths, st.booleans())


def stroke(model: DrawingModel, points: list[tuple[int, int]], width: float = 40, erase: bool = False) -> None:
    model.begin_stroke(QPointF(*points[0]), width, erase=erase)
    for point in points[1:]:
        model.extend_stroke(QPointF(*point), width)
    model.end_stroke()


@pytest.fixture
def model(qtbot: QtBot) -> DrawingModel:
    return DrawingModel()


def test_a_stroke_is_solid_along_its_path_and_paper_elsewhere(model: DrawingModel) -> None:
    stroke(model, [(100, 300), (300, 300), (400, 300)], 40)
    assert (model.ink[282:318, 100:401] == 255).all()
    assert not model.ink[:279].any()
    assert not model.ink[321:].any()
    assert not model.ink[:, :79].any()
    assert not model.ink[:, 421:].any()


def test_pieces_of_a_stroke_leave_no_seams(model: DrawingModel) -> None:
    """Along a straight line every column looks the same to the eye, however many pieces it was drawn in."""
    stroke(model, [(x, 300) for x in range(100, 400, 7)], 30.5)
    assert np.ptp(model.ink[:, 130:370].astype(int), axis=1).max() <= 4


def test_touching_the_paper_makes_a_dot_of_the_pens_size(model: DrawingModel) -> None:
    stroke(model, [(200, 200)], 50)
    assert model.ink.sum() / 255 == pytest.approx(np.pi * 25**2, rel=0.01)


def test_the_eraser_removes_what_it_covers_and_no_more(model: DrawingModel) -> None:
    stroke(model, [(100, 300), (250, 300), (400, 300)])
    before = model.ink.copy()
    stroke(model, [(250, 100), (250, 300), (250, 500)], 60, erase=True)
    assert not model.ink[:, 222:279].any()
    assert (model.ink[:, :218] == before[:, :218]).all()
    assert (model.ink[:, 283:] == before[:, 283:]).all()


def test_clearing_is_one_step_and_an_empty_sheet_stays(model: DrawingModel) -> None:
    model.clear()
    assert not model.undo_stack.canUndo()
    stroke(model, [(100, 100), (200, 200)])
    drawn = model.ink.copy()
    model.clear()
    assert model.empty
    model.undo_stack.undo()
    assert (model.ink == drawn).all()


def test_erasing_nothing_is_no_step(model: DrawingModel) -> None:
    stroke(model, [(100, 100), (200, 200)], erase=True)
    assert not model.undo_stack.canUndo()


def test_undo_with_the_pen_down_drops_the_stroke_too(model: DrawingModel) -> None:
    stroke(model, [(100, 100), (200, 200)])
    model.begin_stroke(QPointF(300, 300), 40)
    model.undo_stack.undo()
    assert model.empty
    model.extend_stroke(QPointF(400, 400), 40)
    model.end_stroke()
    assert model.empty
    assert model.undo_stack.canRedo()


def test_clearing_with_the_pen_down_keeps_the_stroke_for_undo(model: DrawingModel) -> None:
    model.begin_stroke(QPointF(300, 300), 40)
    model.clear()
    assert model.empty
    model.undo_stack.undo()
    assert model.ink[300, 300] == 255


@given(st.lists(st.one_of(strokes, st.just("clear"), st.just("undo"), st.just("redo")), max_size=12))
def test_undo_and_redo_are_exact_after_anything(actions: list[object]) -> None:
    model = DrawingModel()
    seen: list[NDArray[np.uint8]] = [model.ink.copy()]
    for action in actions:
        match action:
            case "clear":
                model.clear()
            case "undo":
                model.undo_stack.undo()
            case "redo":
                model.undo_stack.redo()
            case (points, width, erase):
                stroke(model, points, width, erase)
        del seen[model.undo_stack.index() :]
        seen += [model.ink.copy()] * (model.undo_stack.index() + 1 - len(seen))
    assert model.undo_stack.index() + 1 == len(seen)
    for index in reversed(range(len(seen))):
        model.undo_stack.setIndex(index)
        assert (model.ink == seen[index]).all()


@given(strokes)
def test_every_change_is_announced_where_it_happens(action: tuple[list[tuple[int, int]], float, bool]) -> None:
    model = DrawingModel()
    shown = model.ink.copy()
    revisions = []

    def show(part: QRect) -> None:
        rows, columns = slice(part.top(), part.bottom() + 1), slice(part.left(), part.right() + 1)
        shown[rows, columns] = model.ink[rows, columns]
        revisions.append(model.revision)

    model.changed.connect(show)
    points, width, _ = action
    stroke(model, points, width)
    assert (shown == model.ink).all()
    assert revisions == list(range(1, len(revisions) + 1))


@given(st.lists(places, min_size=2, max_size=6), widths)
def test_a_segment_stays_within_its_bounds(points: list[tuple[int, int]], width: float) -> None:
    pen = Stroke(QPointF(*points[0]), width)
    everywhere = QRect(-300, -300, SIDE + 600, SIDE + 600)
    for point in points[1:]:
        segment: Segment = pen.extend(QPointF(*point), width)
        whole = segment.coverage(everywhere)
        inside = segment.bounds().translated(300, 300)
        whole[inside.top() : inside.bottom() + 1, inside.left() : inside.right() + 1] = 0
        assert not whole.any()


def test_a_stroke_ends_where_the_pen_was_lifted_and_bends_smoothly() -> None:
    pen = Stroke(QPointF(0, 0), 10)
    pieces = [pen.extend(QPointF(x, y), 10).path for x, y in ((100, 0), (100, 100), (0, 100))] + [pen.finish().path]
    assert pieces[-1].currentPosition() == QPointF(0, 100)
    for piece, following in pairwise(pieces):
        assert piece.currentPosition() == following.pointAtPercent(0)
        assert piece.angleAtPercent(1) == pytest.approx(following.angleAtPercent(0), abs=1e-6)
