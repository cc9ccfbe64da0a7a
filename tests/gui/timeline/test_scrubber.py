"""The bar in the window: mouse, keys, playing, and going on from the past."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.theme import apply_theme
from nnstudio.gui.timeline.scrubber import HEIGHT, Scrubber
from nnstudio.gui.timeline.timeline_model import TimelineModel
from nnstudio.network.layers.dense import Dense
from nnstudio.training.timeline import Timeline

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def scrubber(qtbot: QtBot, model: TimelineModel) -> Scrubber:
    scrubber = Scrubber(model)
    scrubber.resize(1200, HEIGHT)
    qtbot.addWidget(scrubber)
    with qtbot.waitExposed(scrubber):
        scrubber.show()
    return scrubber


def told(scrubber: Scrubber) -> str:
    return scrubber.findChild(QLabel, "timeline_told").text()


def button(scrubber: Scrubber, name: str) -> QToolButton | QPushButton:
    return scrubber.findChild(QToolButton, f"timeline_{name}") or scrubber.findChild(QPushButton, f"timeline_{name}")


def place(scrubber: Scrubber, step: float) -> QPoint:
    return QPoint(round(scrubber.bar.x_of(step)), scrubber.bar.height() // 2)


def press(scrubber: Scrubber, name: str) -> None:
    QTest.mouseClick(button(scrubber, name), LEFT)


def test_without_a_past_it_says_what_will_be_there(scrubber: Scrubber) -> None:
    assert told(scrubber) == "The past of a run is kept here while it trains"
    assert not scrubber.bar.isEnabled()
    for name in ("first", "back", "play", "forward", "live", "branch", "export"):
        assert not button(scrubber, name).isEnabled()
    assert scrubber.height() == HEIGHT


def test_the_past_of_another_network_is_not_offered(scrubber: Scrubber, run: Timeline, network: NetworkModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=50)))
    assert told(scrubber) == "The network has no past yet: the last run was of another"
    assert not scrubber.bar.isEnabled()


def test_a_click_goes_to_the_moment(scrubber: Scrubber, run: Timeline, model: TimelineModel) -> None:
    assert told(scrubber) == "now · step 1,000"
    QTest.mouseClick(scrubber.bar, LEFT, pos=place(scrubber, 420))
    assert model.cursor == 400
    assert scrubber.bar.value() == 400
    assert told(scrubber) == "step 400 · epoch 4 of 10"
    assert scrubber.bar.accessibleDescription() == "step 400 · epoch 4 of 10"


def test_dragging_moves_through_time_and_the_end_is_the_present(
    scrubber: Scrubber, run: Timeline, model: TimelineModel
) -> None:
    seen = list[object]()
    model.shownChanged.connect(seen.append)
    QTest.mousePress(scrubber.bar, LEFT, pos=place(scrubber, 200))
    for step in (300, 500, 800):
        QTest.mouseMove(scrubber.bar, place(scrubber, step))
    assert model.cursor == 800
    QTest.mouseMove(scrubber.bar, QPoint(scrubber.bar.width() - 1, 10))
    QTest.mouseRelease(scrubber.bar, LEFT, pos=QPoint(scrubber.bar.width() - 1, 10))
    assert model.cursor is None
    assert seen == [200, 300, 500, 800, None]


def test_keys(scrubber: Scrubber, run: Timeline, model: TimelineModel) -> None:
    scrubber.bar.setFocus()
    found = []
    for key in ("Left", "Left", "Right", "Home", "Left", "Right", "PageUp", "Down", "PageDown", "End"):
        QTest.keyClick(scrubber.bar, getattr(Qt.Key, f"Key_{key}"))
        found.append(model.cursor)
    assert found == [1000, 900, 1000, 0, 0, 100, None, 1000, 0, None]


def test_buttons(scrubber: Scrubber, run: Timeline, model: TimelineModel) -> None:
    assert not button(scrubber, "live").isEnabled()
    found = []
    for name in ("back", "back", "forward", "first", "forward", "live"):
        press(scrubber, name)
        found.append(model.cursor)
    assert found == [1000, 900, 1000, 0, 100, None]


def test_playing_goes_from_the_first_moment_to_the_present(
    qtbot: QtBot, scrubber: Scrubber, run: Timeline, model: TimelineModel
) -> None:
    seen = list[object]()
    model.cursorChanged.connect(seen.append)
    scrubber.player.set_seconds(0.3)
    with qtbot.waitSignals([scrubber.player.playingChanged] * 2):
        press(scrubber, "play")
    assert seen[0] == 0
    assert seen[-1] is None
    steps = [step for step in seen if isinstance(step, int)]
    assert len(steps) >= 3
    assert steps == sorted(steps)


def test_playing_can_be_stopped_and_its_speed_be_chosen(
    scrubber: Scrubber, run: Timeline, model: TimelineModel
) -> None:
    speed = scrubber.findChild(QComboBox, "timeline_speed")
    QTest.keyClick(speed, Qt.Key.Key_End)
    assert scrubber.player.seconds == 60
    press(scrubber, "play")
    assert button(scrubber, "play").accessibleName() == "Stop playing"
    press(scrubber, "play")
    assert not scrubber.player.playing
    assert model.cursor == 0
    press(scrubber, "play")
    press(scrubber, "live")
    assert not scrubber.player.playing


def test_going_on_from_the_past(qtbot: QtBot, scrubber: Scrubber, run: Timeline, model: TimelineModel) -> None:
    assert not button(scrubber, "branch").isEnabled()
    model.set_cursor(300)
    with qtbot.waitSignal(scrubber.branchAsked) as asked:
        press(scrubber, "branch")
    step, state = asked.args
    assert step == state.step == 300
    assert float(state.parameters["conv1.weight"].flat[0]) == pytest.approx(0.3)


def test_how_much_room_it_takes_is_told(qtbot: QtBot, scrubber: Scrubber, run: Timeline) -> None:
    assert scrubber.toolTip().startswith("11 moments: 2.6 MiB of 256.0 MiB memory, ")
    assert "of 512.0 MiB on disk\nBest on validation: step 700 (diamond)" in scrubber.toolTip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_moments_epochs_and_the_best_are_marked(scrubber: Scrubber, run: Timeline, qapp: object, scheme: str) -> None:
    apply_theme(qapp, scheme)  # type: ignore[arg-type]
    image, bar = scrubber.bar.grab().toImage(), scrubber.bar
    ground, middle = image.pixelColor(2, 2), bar.height() // 2

    def marked(step: float, y: int) -> bool:
        return image.pixelColor(round(bar.x_of(step)), y) != ground

    assert all(marked(step, middle - 7) for step in (100, 300, 900))
    assert not any(marked(step, middle - 7) for step in (150, 350, 950))
    assert marked(500, middle + 8)
    assert not marked(550, middle + 8)
    assert marked(705, middle - 8)  # a diamond is wider than a tick
    assert not marked(805, middle - 8)
    apply_theme(qapp, "light")  # type: ignore[arg-type]


def test_export_opens_its_dialog(qtbot: QtBot, scrubber: Scrubber, run: Timeline) -> None:
    press(scrubber, "export")
    dialog = scrubber.findChild(QDialog, "animation_dialog")
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: scrubber.findChild(QDialog, "animation_dialog") is None)


def test_every_control_has_a_name(scrubber: Scrubber) -> None:
    for kind in (QToolButton, QPushButton, QComboBox):
        for control in scrubber.findChildren(kind):
            assert control.objectName()
            assert control.accessibleName()
