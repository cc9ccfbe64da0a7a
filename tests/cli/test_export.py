"""``nnstudio export``, as a function; what it writes is tried out elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnstudio.cli.main import main
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.network.presets import lenet5, resnet20
from nnstudio.project import Metadata, Project, save_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    spec = lenet5()
    weights = initial_parameters(compile_plan(spec), Initializer.LECUN_NORMAL, seed=5)
    save_project(
        tmp_path / "mine.nnstudio",
        Project(spec, parameters=weights, metadata=Metadata(class_names=tuple("abcdefghij"))),
    )
    return tmp_path / "mine.nnstudio"


def test_code_that_runs(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out" / "mine.py"
    assert main(["export", str(project), "--to", "numpy", "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"Wrote {out} and {out.with_suffix('.npz')}\n"
    np.save(tmp_path / "pictures.npy", np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.uint8))
    done = subprocess.run(
        [sys.executable, out, tmp_path / "pictures.npy"], capture_output=True, text=True, timeout=60, check=True
    )
    answers = done.stdout.splitlines()
    assert len(answers) == 3 and all(line.split()[1] in "abcdefghij" for line in answers)


@pytest.mark.parametrize("target", ["pytorch", "keras"])
def test_code_of_a_preset(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "net.py"
    assert main(["export", "resnet20", "--to", target, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"event": "exported", "format": target, "files": [str(out), str(out.with_suffix(".npz"))]}
    compile(out.read_text(encoding="utf-8"), out.name, "exec")
    with np.load(out.with_suffix(".npz")) as arrays:
        assert len(arrays.files) == len(compile_plan(resnet20()).slots)


def test_weights_are_told_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, end in (("mlp", "is not trained: its weights are random\n"), ("vgg16", "has no weights yet\n")):
        assert main(["export", name, "--to", "pytorch", "-o", str(tmp_path / f"{name}.py")]) == 0
        assert capsys.readouterr().out.endswith(end)
    assert (tmp_path / "mlp.npz").exists() and not (tmp_path / "vgg16.npz").exists()


def test_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "lenet5", "--to", "text"]) == 0
    assert capsys.readouterr().out.startswith("LeNet-5\n\nName ")
    assert main(["export", "lenet5", "--to", "markdown", "-o", str(tmp_path / "lenet5.md")]) == 0
    assert (tmp_path / "lenet5.md").read_text(encoding="utf-8").startswith("# LeNet-5\n")
    capsys.readouterr()
    assert main(["export", "lenet5", "--to", "text", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["content"].startswith("LeNet-5\n\nName ")


def test_a_network_with_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its table tells them; code is refused."""
    file = tmp_path / "broken.json"
    file.write_text(lenet5().disconnect("pool2").to_json(), encoding="utf-8")
    assert main(["export", str(file), "--to", "text"]) == 0
    assert "Error: pool2: Max pooling has no input" in capsys.readouterr().out
    assert main(["export", str(file), "--to", "numpy"]) == 2
    assert "cannot be written as code: pool2" in capsys.readouterr().err


BAD = {
    "no format": ["lenet5"],
    "unknown format": ["lenet5", "--to", "fortran"],
    "a drawing": ["lenet5", "--to", "svg"],
    "no network": ["--to", "text"],
    "unknown network": ["lenet99", "--to", "text"],
    "out of the wrong kind": ["lenet5", "--to", "numpy", "-o", "lenet5.npz"],
    "out is a folder": ["lenet5", "--to", "text", "-o", "/"],
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD.keys())
def test_bad_arguments_are_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["export", *arguments])
    except SystemExit as leaving:
        status = leaving.code
    captured = capsys.readouterr()
    assert (status, captured.out, len(captured.err.splitlines())) == (2, "", 1)
    assert captured.err.startswith("nnstudio")


def test_a_place_that_takes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["export", "mlp", "--to", "text", "-o", str(tmp_path / "file" / "mlp.txt")]) == 1
    assert "could not be written" in capsys.readouterr().err
