"""The confusion matrix: its numbers by plain counting, its cells by mouse and keyboard, their pictures."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from nnstudio.data.dataset import Dataset
from nnstudio.errors import NNStudioError
from nnstudio.gui.models.curves import Judgement
from nnstudio.gui.models.pictures_model import Asked, PicturesModel
from nnstudio.gui.plots.colours import sequential
from nnstudio.gui.plots.confusion import ConfusionView, confusion
from nnstudio.gui.plots.confusion_panel import ConfusionPanel
from nnstudio.gui.plots.picture_strip import PictureStrip
from nnstudio.gui.theme import DARK, LIGHT
from nnstudio.training.events import Judged
from tests.gui.plots.course import judged

NAMES = tuple("0123456789")


@pytest.fixture
def panel(qtbot: QtBot, pictures: PicturesModel) -> Iterator[ConfusionPanel]:
    panel = ConfusionPanel(pictures)
    panel.resize(600, 700)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    parts = {"validation": judged(3), "train": judged(2, "train")}
    panel.show_judgements({part: Judgement(of, "digits", NAMES) for part, of in parts.items()})
    return panel


def strip(panel: ConfusionPanel) -> PictureStrip:
    return panel.findChild(PictureStrip, "confusion_pictures")


def test_counts_are_those_of_plain_counting() -> None:
    generator = np.random.default_rng(5)
    labels, answers = generator.integers(0, 4, 200), generator.integers(0, 4, 200)
    found = confusion(Judged(1, 1, "train", np.arange(200), labels, answers, np.ones(200, np.float32)), ("a", "b", "c"))
    assert found.names == ("a", "b", "c", "3")  # a class without a name has its number
    for right in range(4):
        for answered in range(4):
            assert found.counts[right, answered] == sum(
                (label, answer) == (right, answered) for label, answer in zip(labels, answers, strict=True)
            )
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)
    assert found.accuracy == np.mean(labels == answers)


def test_a_click_on_a_cell_lists_its_pictures_the_surest_first(qtbot: QtBot, panel: ConfusionPanel) -> None:
    cell = panel.view.cell_rect(3, 5).center()
    with qtbot.waitSignal(panel.cellChosen) as chosen:
        qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=cell)
    part, right, answered, numbers = chosen.args
    assert (part, right, answered, numbers.tolist()) == ("validation", 3, 5, [31, 32])
    qtbot.waitUntil(lambda: strip(panel).count() == 2)
    assert [strip(panel).item(at).text() for at in (0, 1)] == ["94%", "75%"]
    colour = QColor(strip(panel).item(0).icon().pixmap(56, 56).toImage().pixel(28, 28))
    assert colour.red() == 31  # every pixel of picture 31 is 31
    assert panel.findChild(QLabel, "confusion_about").text() == "3 taken for 5: 2 (20.0% of all 3)"


def test_cells_by_keyboard(qtbot: QtBot, panel: ConfusionPanel) -> None:
    panel.view.setFocus()
    for key, times in ((Qt.Key.Key_Down, 3), (Qt.Key.Key_Right, 6), (Qt.Key.Key_Left, 1)):
        for _ in range(times):
            qtbot.keyClick(panel.view, key)
    assert "3 taken for 5: 2" in panel.view.accessibleName()
    with qtbot.waitSignal(panel.cellChosen) as chosen:
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert chosen.args[:3] == ["validation", 3, 5]
    for _ in range(12):
        qtbot.keyClick(panel.view, Qt.Key.Key_Up)  # there is nothing above the first row
    assert "0 taken for 5: 0" in panel.view.accessibleName()


def test_the_other_part_and_percent(qtbot: QtBot, panel: ConfusionPanel) -> None:
    assert "epoch 3" in panel.findChild(QLabel, "confusion_told").text()
    assert "98.00% right" in panel.findChild(QLabel, "confusion_told").text()
    part = panel.findChild(QComboBox, "confusion_part")
    part.setFocus()
    qtbot.keyClick(part, Qt.Key.Key_Down)
    assert "epoch 2" in panel.findChild(QLabel, "confusion_told").text()
    before = panel.view.grab().toImage()
    qtbot.mouseClick(panel.findChild(QCheckBox, "confusion_percent"), Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert panel.view.grab().toImage() != before


def test_a_new_epoch_takes_the_pictures_away(qtbot: QtBot, panel: ConfusionPanel) -> None:
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=panel.view.cell_rect(3, 5).center())
    qtbot.waitUntil(lambda: strip(panel).count() == 2)
    panel.show_judgements({"validation": Judgement(judged(4), "digits", NAMES)})
    assert not strip(panel).isVisible()


def test_before_the_first_epoch_it_says_what_will_be_there(qtbot: QtBot, panel: ConfusionPanel) -> None:
    panel.show_judgements({})
    assert panel.findChild(QLabel, "confusion_empty").isVisible()
    assert list(panel.rows()) == []
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)


def test_a_hundred_classes_scroll(qtbot: QtBot, panel: ConfusionPanel) -> None:
    labels = np.repeat(np.arange(100), 20)
    many = Judged(1, 1, "validation", np.arange(2000), labels, labels, np.ones(2000, np.float32))
    names = tuple(f"class {number}" for number in range(100))
    panel.show_judgements({"validation": Judgement(many, "digits", names)})
    scroll = panel.findChild(QScrollArea, "confusion_scroll")
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().maximum() > 0)
    panel.view.setFocus()
    for _ in range(60):
        qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert scroll.verticalScrollBar().value() > 0  # the cell was brought into sight


def test_pictures_that_cannot_be_loaded(qtbot: QtBot) -> None:
    def fail(_name: str, _cancel: threading.Event) -> Dataset:
        raise NNStudioError("The folder is gone.", "Bring it back.")

    pictures = PicturesModel(load=fail)
    panel = ConfusionPanel(pictures)
    qtbot.addWidget(panel)
    panel.show_judgements({"validation": Judgement(judged(1), "digits", NAMES)})
    with qtbot.waitSignal(pictures.failed):
        panel.view.cellChosen.emit(3, 5)
    assert "The folder is gone." in panel.findChild(QLabel, "confusion_about").text()
    pictures.shut_down()


def test_the_data_set_is_loaded_once_and_only_the_newest_question_counts(qtbot: QtBot, dataset: Dataset) -> None:
    loaded, go_on = [], threading.Event()

    def load(name: str, _cancel: threading.Event) -> Dataset:
        loaded.append(name)
        go_on.wait(10)
        return dataset

    model, answers = PicturesModel(load=load), []
    model.arrived.connect(lambda asked, found: answers.append((asked.numbers, found[:, 0, 0, 0].tolist())))
    for number in (1, 2, 3):
        model.ask(Asked("digits", "train", (number,)))
    go_on.set()
    qtbot.waitUntil(lambda: answers == [((3,), [3])])
    model.ask(Asked("digits", "validation", (7, 5)))
    qtbot.waitUntil(lambda: answers[-1] == ((7, 5), [7, 5]))
    assert loaded == ["digits"]
    with qtbot.waitSignal(model.failed):
        model.ask(Asked("digits", "train", (100,)))
    model.shut_down()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_lightness_of_the_map_goes_one_way(theme: object) -> None:
    colours = sequential(theme).astype(float) / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = np.diff(linear @ [0.2126, 0.7152, 0.0722])
    assert (luminance < 1e-3).all() if theme is LIGHT else (luminance > -1e-3).all()


def test_nothing_is_painted_without_numbers(qtbot: QtBot) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.grab()
    assert "nothing yet" in view.accessibleName()
