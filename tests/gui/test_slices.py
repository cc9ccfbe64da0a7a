"""Work in pieces, while the window goes on."""

from __future__ import annotations

from time import perf_counter

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from nnstudio.errors import NNStudioError
from nnstudio.gui.slices import Slices, Steps, at_once


def counting(until: int, left: list[int]) -> Steps[int]:
    """Half a millisecond of work a step."""
    try:
        for _ in range(until):
            end = perf_counter() + 0.0005
            while perf_counter() < end:
                pass
            yield
    finally:
        left.append(until)
    return until


def failing() -> Steps[int]:
    yield
    raise NNStudioError("It went wrong.")


def test_all_at_once() -> None:
    assert at_once(counting(3, [])) == 3
    with pytest.raises(NNStudioError, match="It went wrong"):
        at_once(failing())


def test_others_have_their_turn(qtbot: QtBot) -> None:
    slices, results, ticks = Slices(), list[int](), list[float]()
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(perf_counter()))
    timer.start(0)
    slices.run(counting(100, []), results.append, lambda _: None)
    qtbot.waitUntil(lambda: bool(results))
    assert results == [100]
    assert len(ticks) >= 4


def test_a_second_work_ends_the_first(qtbot: QtBot) -> None:
    slices, results, left = Slices(), list[int](), list[int]()
    slices.run(counting(1000, left), results.append, lambda _: None)
    qtbot.wait(1)
    slices.run(counting(2, left), results.append, lambda _: None)
    qtbot.waitUntil(lambda: bool(results))
    assert (results, left) == ([2], [1000, 2]) or (results, left) == ([2], [2])


def test_errors_are_told(qtbot: QtBot) -> None:
    slices, errors = Slices(), list[NNStudioError]()
    slices.run(failing(), lambda _: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert str(errors[0]) == "It went wrong."
