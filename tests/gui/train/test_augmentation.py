"""What augmentation does, as pictures: made by the code that trains, off the GUI thread, following the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.data.dataset import DataError
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.numpy.augment import preview
from nnstudio.errors import CancelledError
from nnstudio.gui.models.memory_model import MemoryModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.preview_model import PICTURES, VARIANTS, Pictures, PreviewModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.train.augmentation_dialog import AugmentationDialog, PictureGrid, image_of
from nnstudio.gui.train.training_panel import TrainingPanel
from nnstudio.gui.widgets.number_box import NumberBox
from tests.gui.fake_trainer import FakeTrainer

LEFT = Qt.MouseButton.LeftButton


class Shelf:
    """Data sets by name; the loading can be held up, and is noted."""

    def __init__(self) -> None:
        generator = np.random.default_rng(0)
        self.sets: dict[str, Pictures | Exception] = {
            "digits": generator.integers(0, 256, (20, 1, 12, 10), np.uint8),
            "mnist": generator.integers(0, 256, (9, 3, 8, 8), np.uint8),
            "spirals": generator.normal(0, 1, (5, 2, 1, 1)).astype(np.float32),
            "broken": DataError("The disk is full.", "Empty it."),
        }
        self.go = threading.Event()
        self.go.set()
        self.loaded: list[str] = []
        self.threads: set[int] = set()

    def load(self, name: str, progress: Callable[[int, int], None], cancel: threading.Event) -> Pictures:
        self.threads.add(threading.get_ident())
        progress(1, 4)
        while not self.go.wait(0.01):
            if cancel.is_set():
                raise CancelledError("cancelled")
        self.loaded.append(name)
        found = self.sets[name]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def previews(training: TrainingModel, shelf: Shelf) -> Iterator[PreviewModel]:
    model = PreviewModel(training, load=shelf.load)
    yield model
    model.shut_down()


@pytest.fixture
def dialog(qtbot: QtBot, previews: PreviewModel) -> Iterator[AugmentationDialog]:
    owner = QWidget()
    qtbot.addWidget(owner)
    yield AugmentationDialog(previews, owner)


def augment(training: TrainingModel, **changes: object) -> None:
    augmentation = Augmentation(**changes)  # type: ignore[arg-type]
    training.set_settings(training.settings.model_copy(update={"augmentation": augmentation}))


def ready(qtbot: QtBot, previews: PreviewModel) -> np.ndarray:
    qtbot.waitUntil(lambda: previews.preview is not None and previews.preview.wanted == previews.wanted)
    assert previews.preview is not None
    return previews.preview.pictures


def words(dialog: AugmentationDialog) -> QLabel:
    return dialog.findChild(QLabel, "augmentation_words")


def grid(dialog: AugmentationDialog) -> PictureGrid:
    return dialog.findChild(PictureGrid)


def test_rows_begin_with_the_original_and_go_on_as_training_would(
    qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, training: TrainingModel, shelf: Shelf
) -> None:
    augment(training, shift=2, rotate=20)
    dialog.show()
    pictures = ready(qtbot, previews)
    assert pictures.shape == (PICTURES, 1 + VARIANTS, 1, 12, 10)
    pool = shelf.sets["digits"]
    assert isinstance(pool, np.ndarray)
    rows = [int(np.flatnonzero((np.abs(pool / 255 - row[0]) < 1e-6).all((1, 2, 3)))[0]) for row in pictures]
    assert len(set(rows)) == PICTURES
    again = preview(pool[rows], training.settings.augmentation, training.settings.seed, step=3)
    np.testing.assert_allclose(pictures[:, 4], again, atol=1e-6)
    assert not np.allclose(pictures[:, 1], pictures[:, 2])
    assert shelf.threads.isdisjoint({threading.get_ident()})


def test_it_follows_the_settings_without_loading_again(
    qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, training: TrainingModel, shelf: Shelf
) -> None:
    dialog.show()
    still = ready(qtbot, previews)
    np.testing.assert_array_equal(still[:, 0], still[:, 5])
    assert "stays as it is" in dialog.findChild(QLabel, "augmentation_hint").text()
    picture = grid(dialog).grab().toImage()
    augment(training, noise=0.5)
    moved = ready(qtbot, previews)
    np.testing.assert_array_equal(moved[:, 0], still[:, 0])
    assert not np.allclose(moved[:, 1], still[:, 1])
    assert "new change" in dialog.findChild(QLabel, "augmentation_hint").text()
    assert grid(dialog).grab().toImage() != picture
    assert shelf.loaded == ["digits"]


def test_other_ones(qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, shelf: Shelf) -> None:
    dialog.show()
    before = ready(qtbot, previews)
    qtbot.mouseClick(dialog.findChild(QPushButton, "augmentation_others"), LEFT)
    assert not np.array_equal(ready(qtbot, previews), before)
    assert shelf.loaded == ["digits"]


def test_while_data_are_loaded_it_says_so(
    qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, shelf: Shelf
) -> None:
    shelf.go.clear()
    dialog.show()
    assert words(dialog).isVisible()
    qtbot.waitUntil(lambda: words(dialog).text() == "Loading the data: 25%")
    assert not dialog.findChild(QPushButton, "augmentation_others").isEnabled()
    shelf.go.set()
    qtbot.waitUntil(grid(dialog).isVisible)
    assert not words(dialog).isVisible()


def test_another_data_set_takes_the_place_of_one_that_is_still_loading(
    qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, training: TrainingModel, shelf: Shelf
) -> None:
    shelf.go.clear()
    dialog.show()
    training.choose(dataset="mnist")
    qtbot.wait(50)
    shelf.go.set()
    assert ready(qtbot, previews).shape[2:] == (3, 8, 8)
    assert shelf.loaded == ["mnist"]


def test_closing_gives_the_loading_up(
    qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, shelf: Shelf
) -> None:
    shelf.go.clear()
    dialog.show()
    qtbot.mouseClick(dialog.findChild(QPushButton, "augmentation_close"), LEFT)
    previews.shut_down()
    assert shelf.loaded == []
    assert previews.preview is None


def test_data_that_cannot_be_loaded_say_why_and_are_tried_again(
    qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, training: TrainingModel, shelf: Shelf
) -> None:
    training.choose(dataset="broken")
    dialog.show()
    qtbot.waitUntil(lambda: words(dialog).text() == "The disk is full. Empty it.")
    dialog.close()
    shelf.sets["broken"] = shelf.sets["digits"]
    dialog.show()
    assert ready(qtbot, previews).shape[-2:] == (12, 10)


def test_points_are_no_pictures(qtbot: QtBot, dialog: AugmentationDialog, training: TrainingModel) -> None:
    training.choose(dataset="spirals")
    dialog.show()
    qtbot.waitUntil(lambda: words(dialog).text().startswith("These data are points"))


def test_grey_and_colour_have_their_own_colours() -> None:
    red = np.zeros((3, 2, 2), np.float32)
    red[0] = 1.2
    assert image_of(red).pixelColor(1, 1).getRgb()[:3] == (255, 0, 0)
    assert image_of(np.full((1, 2, 3), 0.5, np.float32)).pixelColor(2, 1).getRgb()[:3] == (128, 128, 128)
    assert image_of(np.array([[[0.0]], [[1.0]]])).width() == 1


@pytest.mark.parametrize("size", [(420, 320), (700, 560), (1600, 900)])
def test_every_picture_is_in_sight(
    qtbot: QtBot, dialog: AugmentationDialog, previews: PreviewModel, size: tuple[int, int]
) -> None:
    dialog.resize(*size)
    dialog.show()
    ready(qtbot, previews)
    shown = grid(dialog)
    cells = [shown._cell(row, column) for row in range(PICTURES) for column in range(1 + VARIANTS)]
    assert all(shown.rect().toRectF().contains(cell) for cell in cells)
    assert not any(one.intersects(two) for index, one in enumerate(cells) for two in cells[:index])


# ---- in the training panel


def folder_of_pictures(folder: Path) -> Path:
    generator = np.random.default_rng(1)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(generator.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / name / f"{number}.png")
    return folder


def test_the_panel_opens_it_and_shows_the_chosen_data(
    qtbot: QtBot, network: NetworkModel, training: TrainingModel, tmp_path: Path
) -> None:
    panel = TrainingPanel(training, MemoryModel(network, training))
    qtbot.addWidget(panel)
    panel.resize(340, 1200)
    panel.show()
    training.choose(dataset=str(folder_of_pictures(tmp_path / "pets")))
    button = panel.findChild(QPushButton, "training_preview")
    qtbot.waitUntil(lambda: button.height() > 16)  # it has found its place
    qtbot.mouseClick(button, LEFT)
    dialog = panel.findChild(AugmentationDialog)
    assert dialog.isVisible()
    qtbot.waitUntil(grid(dialog).isVisible)
    assert panel._previews.preview is not None
    assert panel._previews.preview.pictures.shape[2] == 3
    dialog.close()
    qtbot.mouseClick(button, LEFT)
    assert len(panel.findChildren(AugmentationDialog)) == 1
    panel.shut_down()


def test_augmentation_may_change_while_training_runs(
    qtbot: QtBot, network: NetworkModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    panel = TrainingPanel(training, MemoryModel(network, training))
    qtbot.addWidget(panel)
    panel.resize(340, 1200)
    panel.show()
    head = panel.findChild(QToolButton, "field_augmentation_fold")
    qtbot.mouseClick(head, LEFT)
    training.play()
    shift = panel.findChild(NumberBox, "field_shift_input")
    assert shift.isEnabled()
    assert not panel.findChild(NumberBox, "field_epochs_input").isEnabled()
    shift.setFocus()
    qtbot.keyClick(shift, Qt.Key.Key_Up)
    assert trainer.told.get(timeout=5) == Augmentation(shift=1)
    assert training.settings.augmentation == Augmentation(shift=1)
