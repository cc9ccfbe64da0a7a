"""``nnstudio augment``: a sheet of training pictures with their changed copies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnstudio.cli.augment import GAP, sheet
from nnstudio.cli.main import main
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.numpy.augment import preview
from nnstudio.network.presets import lenet5
from nnstudio.project import Project, save_project
from nnstudio.training.settings import TrainingSettings

SMALL = ["--images", "2", "--copies", "3"]


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of 32 × 32 in two classes."""
    folder, generator = tmp_path_factory.mktemp("colours"), np.random.default_rng(0)
    for number, name in enumerate(("cool", "warm")):
        (folder / name).mkdir()
        for place in range(12):
            values = generator.integers(0, 256, (32, 32, 3)).astype(np.uint8)
            values[:, :, 2 * number] = 255
            Image.fromarray(values).save(folder / name / f"{place}.png")
    return folder


def test_a_row_for_each_picture_with_the_original_first() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 70, 60)).astype(np.uint8)
    case = Augmentation(rotate=30, noise=0.1)
    whole = sheet(images, case, seed=4, copies=2)
    assert whole.shape == (1, 3 * (70 + GAP) + GAP, 3 * (60 + GAP) + GAP)
    for row in range(3):
        expected = [images[row] / 255, *(preview(images, case, 4, step)[row] for step in range(2))]
        for column, picture in enumerate(expected):
            top, left = GAP + row * (70 + GAP), GAP + column * (60 + GAP)
            np.testing.assert_allclose(whole[:, top : top + 70, left : left + 60], picture, rtol=1e-6)


def test_small_pictures_are_shown_larger() -> None:
    whole = sheet(np.full((1, 1, 20, 30), 255, np.uint8), Augmentation(), 0, 1)
    assert whole.shape == (1, 60 + 2 * GAP, 2 * (90 + GAP) + GAP)


def test_a_png_of_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.png"
    arguments = ["--data", "digits", "--out", str(out), *SMALL]
    assert main(["augment", *arguments, "--set", "rotate=20", "--set", "augmentation.erase=0.5", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["augmentation"] == Augmentation(rotate=20, erase=0.5).model_dump()
    with Image.open(out) as picture:
        assert picture.mode == "L" and picture.size == (4 * (56 + GAP) + GAP, 2 * (56 + GAP) + GAP)
        columns = np.asarray(picture)[GAP:-GAP, GAP:].reshape(-1, 4, 56 + GAP).swapaxes(0, 1)
    assert columns[0].std() > 20
    assert not any(np.array_equal(columns[0], other) for other in columns[1:])


def test_settings_of_a_project_and_colours(colours: Path, tmp_path: Path) -> None:
    project, out, other = tmp_path / "kept.nnstudio", tmp_path / "sheet.png", tmp_path / "other.png"
    settings = TrainingSettings(seed=3, augmentation=Augmentation(shift=8))
    save_project(project, Project(lenet5(), settings))
    assert main(["augment", str(project), "--data", str(colours), "--out", str(out), *SMALL]) == 0
    by_hand = ["--set", "shift=8", "--seed", "3"]
    assert main(["augment", "--data", str(colours), "--out", str(other), *SMALL, *by_hand]) == 0
    assert out.read_bytes() == other.read_bytes()
    with Image.open(out) as picture:
        assert picture.mode == "RGB"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--out", "sheet.jpg"], "--out (=sheet.jpg) must end in .png."),
        (["--set", "rotate"], "--set (=rotate) must be NAME=VALUE."),
        (["--set", "rotate=500"], "--set rotate (=500): input should be less than or equal to 180."),
        (["--set", "twirl=5"], "--set twirl: there is no setting “twirl”. Known are shift, rotate,"),
        (["--copies", "0"], "--copies (=0) must be at least 1."),
        (["--data", "spirals"], "“spirals” has 2 channels; 1 or 3 can be shown."),
    ],
)
def test_what_cannot_be_shown(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["augment", "--out", "sheet.png", *arguments]) == 2
    assert complaint in capsys.readouterr().err
    assert not Path("sheet.png").exists()
