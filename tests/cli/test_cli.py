"""The command line, as its own process where that matters and as a function where it does not."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from nnstudio import files
from nnstudio.cli.main import main
from nnstudio.project import load_project


def nnstudio(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nnstudio", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="session")
def trained(bars: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict]]:
    """A project file that `nnstudio train` made, and what it said as JSON."""
    out = tmp_path_factory.mktemp("trained") / "bars.nnstudio"
    options = (
        "--network",
        "mlp",
        "--data",
        bars,
        "--epochs",
        "3",
        "--device",
        "numpy",
        "--seed",
        "3",
        "--out",
        out,
        "--json",
    )
    done = nnstudio("train", *options)
    assert done.returncode == 0, done.stderr
    return out, [json.loads(line) for line in done.stdout.splitlines()]


def test_train_tells_what_happened_as_json(trained: tuple[Path, list[dict]]) -> None:
    path, events = trained
    assert path.is_file()
    assert [event["event"] for event in events] == ["training_started", *["epoch_finished"] * 3, "training_finished"]
    assert 10**5 < events[0]["memory"] < 10**8
    last = events[-1]
    assert last["test_accuracy"] == 1.0
    assert last["images_per_second"] > 0
    assert last["device"] == events[0]["device"]


def test_train_goes_on_from_a_project(trained: tuple[Path, list[dict]], bars: Path) -> None:
    path, events = trained
    done = nnstudio("train", path, "--data", bars, "--epochs", "1", "--device", "numpy", "--json")
    assert done.returncode == 0, done.stderr
    first_epoch = json.loads(done.stdout.splitlines()[1])
    assert first_epoch["training_loss"] < events[1]["training_loss"] / 2


def test_train_for_people(bars: Path) -> None:
    done = nnstudio("train", "--network", "perceptron", "--data", bars, "--epochs", "1", "--device", "numpy")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Training Single-layer perceptron on ")
    assert re.search(r"NumPy \(CPU\), at most \d+\.\d [KM]iB of memory$", lines[0])
    assert lines[1].startswith("Epoch 1: training loss ")
    assert "of the test pictures right" in lines[-1]


def test_evaluate(trained: tuple[Path, list[dict]], bars: Path) -> None:
    path, events = trained
    done = nnstudio("evaluate", path, "--data", bars, "--device", "numpy", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["event"], result["part"], result["count"]) == ("evaluated", "test", 100)
    assert result["accuracy"] == events[-1]["test_accuracy"]


def test_predict(trained: tuple[Path, list[dict]], tmp_path: Path) -> None:
    path, _ = trained
    pictures = []
    for name, paper, ink in (("dark", "white", "black"), ("light", "black", "white")):
        picture = Image.new("RGB", (120, 160), paper)
        ImageDraw.Draw(picture).line((60, 20, 60, 140), fill=ink, width=12)
        pictures.append(tmp_path / f"{name}.png")
        picture.save(pictures[-1])
    done = nnstudio("predict", path, *pictures, "--top", "2", "--json")
    assert done.returncode == 0, done.stderr
    dark, light = (json.loads(line) for line in done.stdout.splitlines())
    assert dark["image"] == str(pictures[0])
    assert len(dark["predictions"]) == 2
    assert dark["predictions"][0]["probability"] >= dark["predictions"][1]["probability"]
    assert [answer["class"] for answer in dark["predictions"]] == [answer["class"] for answer in light["predictions"]]


def test_devices_names_numpy() -> None:
    done = nnstudio("devices", "--json")
    assert done.returncode == 0, done.stderr
    devices = [json.loads(line) for line in done.stdout.splitlines()]
    numpy = next(device for device in devices if device["key"] == "numpy")
    assert numpy["healthy"] and numpy["images_per_second"] > 0


BAD = {
    "unknown command": ["fly"],
    "unknown option": ["train", "--fast"],
    "unknown preset": ["train", "--network", "vgg99"],
    "unknown optimizer": ["train", "--optimizer", "magic"],
    "momentum for adam": ["train", "--optimizer", "adam", "--momentum", "0.5"],
    "no epochs": ["train", "--epochs", "0"],
    "not a number": ["train", "--epochs", "many"],
    "negative rate": ["train", "--learning-rate", "-1"],
    "NaN rate": ["train", "--learning-rate", "nan"],
    "no such data": ["train", "--data", "no/such/folder"],
    "no such file": ["train", "no-such-file.nnstudio"],
    "file and preset": ["train", "x.nnstudio", "--network", "mlp"],
    "no such device": ["train", "--device", "abacus"],
    "out of the wrong kind": ["train", "--out", "model.txt"],
    "out in a file": ["train", "--out", str(Path(__file__) / "model.nnstudio")],
    "evaluate without data": ["evaluate", "x.nnstudio"],
    "evaluate nothing": ["evaluate", "no-such-file.nnstudio", "--data", "digits"],
    "top zero": ["predict", "x.nnstudio", "y.png", "--top", "0"],
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD.keys())
def test_bad_arguments_are_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(arguments)
    except SystemExit as leaving:
        status = leaving.code
    assert status == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert captured.err.startswith("nnstudio")


def test_damaged_project_is_one_line_and_status_2(trained: tuple[Path, list[dict]], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.nnstudio"
    damaged.write_bytes(trained[0].read_bytes()[:-40])
    done = nnstudio("evaluate", damaged, "--data", "digits")
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (2, 1, "")


def test_picture_that_is_none(trained: tuple[Path, list[dict]], tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    done = nnstudio("predict", trained[0], text)
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (2, 1, "")


def test_nothing_of_qt_is_imported(bars: Path) -> None:
    """Training must work where Qt's system libraries are missing."""
    program = (
        "import sys; from nnstudio.cli.main import main\n"
        f"data = ['--data', {str(bars)!r}, '--network', 'perceptron', '--epochs', '1', '--device', 'numpy']\n"
        "status = main(['train', *data])\n"
        "loaded = [name for name in sys.modules if name.startswith(('PySide6', 'pyqtgraph', 'shiboken6', 'qtpy'))]\n"
        "sys.exit(status or bool(loaded))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_help_and_version() -> None:
    for arguments in (["--help"], ["train", "--help"], ["--version"]):
        done = nnstudio(*arguments)
        assert done.returncode == 0 and done.stdout and not done.stderr


@pytest.mark.parametrize("arguments", [[], ["mine.nnstudio"], ["network.json"]])
def test_a_file_or_nothing_opens_the_window(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[list[str]] = []
    monkeypatch.setattr("nnstudio.gui.app.main", lambda given: opened.append(given) or 0)
    assert main(arguments) == 0
    assert opened == [arguments]


def test_what_was_learned_is_not_lost_when_it_cannot_be_saved(
    bars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when the disk fills up, or is taken away, during an hour of training."""
    out = tmp_path / "wanted" / "mine.nnstudio"
    write = files._replace

    def no_space(target: Path, data: bytes) -> None:
        if "wanted" in target.parts:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(target, data)

    monkeypatch.setattr(files, "_replace", no_space)
    monkeypatch.setenv("NNSTUDIO_DATA_DIR", str(tmp_path / "data"))
    options = ["--network", "perceptron", "--data", str(bars), "--epochs", "1", "--device", "numpy", "--out", str(out)]
    assert main(["train", *options]) == 1
    rescued = tmp_path / "data" / "rescued" / "mine.nnstudio"
    assert f"No space left on device. The trained network is in “{rescued}” instead." in capsys.readouterr().err
    assert load_project(rescued).parameters is not None
