"""``nnstudio bench``: one device, two devices, for people and for programs, and bad arguments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnstudio.cli import bench
from nnstudio.cli.main import main
from nnstudio.engine import devices
from nnstudio.engine.backend import DeviceError
from nnstudio.engine.devices import DeviceInfo, open_backend
from nnstudio.network.presets import two_layer_perceptron
from nnstudio.project import Project, save_project
from nnstudio.training.settings import TrainingSettings

NUMPY = DeviceInfo("numpy", "NumPy (CPU)", "cpu", "NumPy", "", 2, 0, True, "", 100.0, 200.0, 20.0, 3e-6)


@pytest.fixture
def only_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without OpenCL, known to the last figure."""
    for module in (devices, bench):
        monkeypatch.setattr(module, "list_devices", lambda: [NUMPY])


def test_one_device_for_people(only_numpy: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "mlp", "--batch-size", "16"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Two-layer perceptron, batches of 16"
    assert lines[1].startswith("numpy: NumPy (CPU), ")
    assert "images/s" in lines[1]
    assert lines[3].split() == ["time", "GFLOP/s", "GB/s", "share", "limit"]
    table = lines[4:]
    assert [line for line in table if not line.startswith(" ")] == ["forward", "backward", "update"]
    assert [line.split(")")[0].strip() for line in table if line.startswith(" ")] == [
        "input1 (input", "flatten1 (flatten", "dense1 (dense", "dense2 (dense", "output1 (softmax_output",
        "dense2 (dense", "dense1 (dense", "all parameters (momentum",
    ]  # fmt: skip
    assert any("of 200 GFLOP/s" in line or "GB/s" in line or "starting the launch" in line for line in table)


def test_one_device_for_programs(only_numpy: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A project, with its own batch size."""
    path = tmp_path / "two.nnstudio"
    save_project(path, Project(spec=two_layer_perceptron(), settings=TrainingSettings(batch_size=24)))
    assert main(["bench", str(path), "--device", "numpy", "--json"]) == 0
    (xray,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (xray["event"], xray["key"], xray["batch_size"]) == ("xray", "numpy", 24)
    assert xray["peaks"] == {"gflops": 200.0, "gbs": 20.0, "launch_seconds": 3e-6, "copies": []}
    assert xray["images_per_second"] == pytest.approx(24 / xray["step_seconds"])
    dense = next(row for row in xray["rows"] if (row["node"], row["phase"]) == ("dense1", "forward"))
    assert dense["flops"] == 2 * 24 * 784 * 128
    assert dense["gflops"] == pytest.approx(dense["flops"] / dense["seconds"] / 1e9)
    assert dense["limit"] in {"arithmetic", "memory", "launches"}


def test_two_devices_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        key = open_backend("opencl").key
    except DeviceError as error:
        pytest.skip(f"no OpenCL device: {error}")
    arguments = ["bench", "mlp", "--batch-size", "16", "--device", key, "--device", "numpy"]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[1:3]] == [key.split(":")[0], "numpy"]
    assert lines[4].split() == [key, "numpy"]
    assert lines[5].split() == ["time", "GFLOP/s", "GB/s", "share", "limit"] * 2
    assert lines[-1].startswith("Largest difference between their results: ")
    assert main([*arguments, "--json"]) == 0
    first, second, comparison = map(json.loads, capsys.readouterr().out.splitlines())
    assert [row["flops"] for row in first["rows"]] == [row["flops"] for row in second["rows"]]
    assert comparison["devices"] == [key, "numpy"]
    assert 0 <= comparison["largest_difference"] < 1e-4
    assert comparison["where"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nonsense"], "“nonsense” is neither a file nor a preset. Choose a file, or one of lenet5, "),
        (["--batch-size", "0"], "--batch-size (=0) must be at least 1."),
        (["--device", "tpu"], "There is no device “tpu”. Choose one of auto, opencl, numpy."),
        (["--device", "numpy"] * 3, "--device can be given at most twice, and it was 3 times."),
    ],
)
def test_bad_arguments_are_told_in_one_line(
    arguments: list[str], complaint: str, only_numpy: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line


def test_a_batch_that_does_not_fit_is_told_in_one_line(only_numpy: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--batch-size", str(10**9)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "Choose a smaller batch" in line
