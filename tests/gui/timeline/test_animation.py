"""A run as a file that moves: what is in its frames, how large it is, and that it can be cancelled."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import TrainingState
from nnstudio.errors import CancelledError
from nnstudio.gui.inspect.mosaic import Source, sources
from nnstudio.gui.theme import LIGHT
from nnstudio.gui.timeline import animation as module
from nnstudio.gui.timeline.animation import MOST_PIXELS, Palette, Wish, animation, spread
from nnstudio.gui.timeline.animation_dialog import AnimationDialog, _palette
from nnstudio.network import check, expand
from nnstudio.network.presets import lenet5
from nnstudio.training.timeline import Timeline, TimelineError

SPEC = expand(lenet5()).spec
CONV1, CONV2, *_ = sources(SPEC, check(SPEC))


def palette() -> Palette:
    return _palette(LIGHT)


def timeline_of(source: Source, count: int, folder: Path) -> Timeline:
    """Weights grow from 0 to 1 in `count` moments."""
    timeline = Timeline(SPEC, folder, 2**30, 2**30)
    outputs, inputs, height, width = source.shape
    for number in range(count):
        values = np.full((outputs, inputs, height, width), number / (count - 1), np.float32)
        timeline.put(TrainingState({source.parameter: values}, (), 10 * number), loss=1 / (1 + number))
    return timeline


def made(timeline: Timeline, wish: Wish) -> Image.Image:
    return Image.open(BytesIO(animation(timeline, wish, palette(), lambda _done, _total: None, threading.Event())))


@given(
    steps=st.lists(st.integers(0, 10**6), min_size=1, max_size=50, unique=True).map(sorted), count=st.integers(1, 60)
)
def test_frames_are_spread_evenly(steps: list[int], count: int) -> None:
    found = spread(steps, count)
    assert found == sorted(set(found))
    assert set(found) <= set(steps)
    assert len(found) <= max(2, count)
    assert (found[0], found[-1]) == (steps[0], steps[-1])
    for wanted in np.linspace(steps[0], steps[-1], max(2, count)):
        assert min(abs(step - wanted) for step in found) == min(abs(step - wanted) for step in steps)


@pytest.mark.parametrize("kind", ["GIF", "APNG"])
def test_frames_show_the_weights_of_their_moment(tmp_path: Path, kind: str) -> None:
    picture = made(timeline_of(CONV1, 5, tmp_path), Wish(CONV1, "conv1", 2, 320, kind))
    assert picture.n_frames == 5  # type: ignore[attr-defined]
    for number in range(5):
        picture.seek(number)
        frame = np.asarray(picture.convert("RGB")).astype(int)
        colour = LIGHT.paint_diverging(np.array(number / 4), 1.0).astype(int)
        close = (np.abs(frame - colour) <= 6).all(axis=-1)  # a GIF has only 256 colours
        assert close.sum() > 6 * 25 * 50


def test_it_takes_as_long_as_asked_for_in_proportion_to_the_steps(tmp_path: Path) -> None:
    timeline = timeline_of(CONV1, 3, tmp_path)
    timeline.put(TrainingState(timeline.state(20).parameters, (), 100))
    picture, durations = made(timeline, Wish(CONV1, "conv1", 2, 320, "GIF")), []
    for number in range(picture.n_frames):  # type: ignore[attr-defined]
        picture.seek(number)
        durations.append(picture.info["duration"])
    assert durations == [200, 200, 1600, 2000]


@pytest.mark.parametrize(
    "source", [CONV1, CONV2, Source("big", "big", (512, 512, 3, 3)), Source("d", "d", (300, 1, 28, 28))]
)
@pytest.mark.parametrize("width", [320, 800])
def test_its_size_is_bounded(tmp_path: Path, source: Source, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PIXELS", MOST_PIXELS // 5)
    picture = made(timeline_of(source, 6, tmp_path), Wish(source, source.node, 0.25, width, "GIF"))
    assert picture.width == width
    assert picture.n_frames * picture.width * picture.height <= MOST_PIXELS // 5 * 1.01  # type: ignore[attr-defined]


def test_too_few_moments_are_told(tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match="too few moments"):
        made(timeline_of(CONV1, 2, tmp_path), Wish(CONV2, "conv2", 2, 320, "GIF"))


def test_it_can_be_cancelled_at_any_frame(tmp_path: Path) -> None:
    timeline, cancel, seen = timeline_of(CONV1, 5, tmp_path), threading.Event(), list[int]()

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if done == 7:
            cancel.set()

    with pytest.raises(CancelledError):
        animation(timeline, Wish(CONV1, "conv1", 2, 320, "GIF"), palette(), progress, cancel)
    assert seen == list(range(8))


# ---- the dialog


@pytest.fixture
def dialog(qtbot: QtBot, run: Timeline) -> AnimationDialog:
    dialog = AnimationDialog(run)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def words(dialog: AnimationDialog) -> str:
    return dialog.findChild(QLabel, "animation_told").text()


def test_the_dialog_writes_a_file(qtbot: QtBot, dialog: AnimationDialog, tmp_path: Path) -> None:
    QTest.keyClick(dialog.findChild(QComboBox, "animation_format"), Qt.Key.Key_Down)
    QTest.keyClick(dialog.findChild(QComboBox, "animation_width"), Qt.Key.Key_Home)
    dialog.save_to(tmp_path / "run.png")
    assert words(dialog) == "Drawing…"
    assert dialog.findChild(QPushButton, "animation_cancel").text() == "Cancel"
    qtbot.waitUntil(lambda: words(dialog).startswith("Saved run.png: "))
    with Image.open(tmp_path / "run.png") as picture:
        assert picture.format == "PNG"
        assert picture.n_frames == 11  # type: ignore[attr-defined]
        assert picture.width == 320


def test_the_dialog_cancels(
    qtbot: QtBot, dialog: AnimationDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, pressed = Timeline.state, threading.Event()

    def slow(self: Timeline, step: int) -> TrainingState:
        pressed.wait(10)
        return original(self, step)

    monkeypatch.setattr(Timeline, "state", slow)
    dialog.save_to(tmp_path / "run.gif")
    QTest.mouseClick(dialog.findChild(QPushButton, "animation_cancel"), Qt.MouseButton.LeftButton)
    pressed.set()
    qtbot.waitUntil(lambda: words(dialog) == "Cancelled")
    assert not (tmp_path / "run.gif").exists()
    assert dialog.isVisible()


def test_what_cannot_be_written_is_told(qtbot: QtBot, dialog: AnimationDialog, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    dialog.save_to(tmp_path / "file" / "run.gif")
    qtbot.waitUntil(lambda: "could not be written" in words(dialog))
