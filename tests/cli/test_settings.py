"""Every training setting from the command line: what is chosen, what is refused, and what `--help` says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio.cli.main import build_parser, main
from nnstudio.cli.output import InputError
from nnstudio.cli.settings import SHORT, changed
from nnstudio.engine.initializers import Initializer
from nnstudio.engine.losses import LOSSES, CrossEntropy, Huber
from nnstudio.engine.optimizers import OPTIMIZERS, SGD, Adam, Momentum
from nnstudio.engine.schedules import SCHEDULES, Constant, Cosine, Step
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.presets import PRESETS, chain
from nnstudio.project import load_project
from nnstudio.training.settings import TrainingSettings

BEFORE = TrainingSettings(
    epochs=9,
    optimizer=Adam(learning_rate=0.5, beta1=0.8),
    schedule=Step(every=4),
    loss=CrossEntropy(label_smoothing=0.2),
)
"""A project's."""


def chosen(*arguments: str, before: TrainingSettings = BEFORE) -> TrainingSettings:
    return changed(before, build_parser("train").parse_args(["train", *arguments]).settings)


def with_(**settings: object) -> TrainingSettings:
    return BEFORE.model_copy(update=settings)


CHOICES: dict[str, tuple[list[str], TrainingSettings]] = {
    "nothing": ([], BEFORE),
    "numbers": (["--epochs", "3", "--batch-size=7", "--seed", "5"], with_(epochs=3, batch_size=7, seed=5)),
    "a setting of what is chosen": (
        ["--learning-rate", "1e-3"], with_(optimizer=Adam(learning_rate=0.001, beta1=0.8)),
    ),
    "the same again changes nothing": (["--optimizer", "adam"], BEFORE),
    "another begins with its usual settings": (["--optimizer", "sgd"], with_(optimizer=SGD())),
    "in any order": (
        ["--learning-rate", "0.2", "--optimizer", "momentum"], with_(optimizer=Momentum(learning_rate=0.2)),
    ),
    "momentum for SGD": (["--optimizer", "sgd", "--momentum", "0.7"], with_(optimizer=Momentum(momentum=0.7))),
    "clipping and averaging": (
        ["--clip-norm", "2", "--average", "0.99"],
        with_(optimizer=Adam(learning_rate=0.5, beta1=0.8, clip_norm=2, average=0.99)),
    ),
    "a schedule": (["--schedule", "cosine", "--warmup", "0.5"], with_(schedule=Cosine(warmup=0.5))),
    "a loss": (["--loss", "huber"], with_(loss=Huber())),
    "a list": (
        ["--class-weights", "1,2.5,0", "--label-smoothing", "0.1"],
        with_(loss=CrossEntropy(class_weights=(1, 2.5, 0), label_smoothing=0.1)),
    ),
    "a list in JSON": (
        ["--class-weights", "[1, 2]"], with_(loss=CrossEntropy(class_weights=(1, 2), label_smoothing=0.2)),
    ),
    "early stopping": (["--early-stopping", "4"], with_(early_stopping=4)),
    "by path": (
        ["--set", "schedule.factor=0.2", "--set", "epochs=2"], with_(epochs=2, schedule=Step(every=4, factor=0.2)),
    ),
    "a kind by path": (["--set", "schedule.kind=cosine", "--set", "schedule.end=0.1"], with_(schedule=Cosine(end=0.1))),
    "a kind by the name alone": (["--set", "schedule=constant"], with_(schedule=Constant())),
    "a word": (["--set", "initializer=he_uniform"], with_(initializer=Initializer.HE_UNIFORM)),
    "a whole declaration": (["--set", 'loss={"kind": "huber", "delta": 2}'], with_(loss=Huber(delta=2))),
    "the last one counts": (["--epochs", "3", "--set", "epochs=4"], with_(epochs=4)),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_what_is_chosen(arguments: list[str], expected: TrainingSettings) -> None:
    assert chosen(*arguments) == TrainingSettings.model_validate(expected.model_dump())


REFUSED = {
    "out of range": (["--epochs", "0"], r"--epochs \(=0\): input should be greater than or equal to 1\."),
    "no number": (["--epochs", "many"], r"--epochs \(=many\): input should be a valid integer"),
    "out of range, nested": (["--warmup", "-1"], r"--warmup \(=-1\): .* greater than or equal to 0"),
    "not finite": (["--clip-norm", "inf"], r"--clip-norm \(=inf\): .*finite"),
    "in a list": (["--class-weights", "1,-2"], r"--class-weights \(=\[1, -2\]\): "),
    "of another kind": (
        ["--momentum", "0.5"], "--momentum: the optimizer adam has no momentum. These have: momentum, nesterov."
    ),
    "of another loss": (
        ["--loss", "huber", "--label-smoothing", "0.1"],
        "--label-smoothing: the loss huber has no label_smoothing. These have: cross_entropy.",
    ),
    "unknown kind": (["--schedule", "triangle"], "--schedule: there is no schedule “triangle”. Choose one of const"),
    "unknown name": (["--set", "speed=3"], "--set speed: there is no setting “speed”. Known are epochs, "),
    "unknown path": (["--set", "schedule.speed=3"], "--set schedule.speed: there is no setting “speed”. Known are "),
    "path too long": (["--set", "epochs.first=3"], "--set epochs.first: “epochs” has no settings of its own."),
    "out of range by path": (["--set", "schedule.factor=7"], r"--set schedule.factor \(=7\): .*less than or equal"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_names_its_option(arguments: list[str], words: str) -> None:
    with pytest.raises(InputError) as refusal:
        chosen(*arguments)
    assert re.search(words, str(refusal.value)), str(refusal.value)


def test_set_wants_an_equals_sign(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["train", "--set", "epochs"])
    assert leaving.value.code == 2
    assert "--set (=epochs) must be NAME=VALUE" in capsys.readouterr().err


def test_every_setting_can_be_reached() -> None:
    """As it is, by the path that the settings themselves give it."""

    def paths(document: dict, before: str = "") -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = []
        for name, value in document.items():
            path = f"{before}{name}"
            found += paths(value, f"{path}.") if isinstance(value, dict) else [(path, value)]
        return found

    document = json.loads(BEFORE.model_dump_json())
    everything = [f"{path}={value if isinstance(value, str) else json.dumps(value)}" for path, value in paths(document)]
    assert len(everything) > 15
    assert chosen(*(word for each in everything for word in ("--set", each)), before=TrainingSettings()) == BEFORE


# ---- help


def test_help_knows_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.replace("-\n", "-").split()).replace("- ", "-")
    for names in (OPTIMIZERS, LOSSES, SCHEDULES, PRESETS, SHORT):
        assert [name for name in names if name not in text] == []
    assert "adam (default)" in text and "constant (default)" in text


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["devices", "--help"]])
def test_help_needs_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom nnstudio.cli.main import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "print([name for name in ('numpy', 'pydantic', 'pyopencl', 'PIL', 'tqdm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


# ---- all the way


def test_a_run_with_everything(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "all.nnstudio"
    arguments = [
        "--network", "perceptron", "--data", str(bars), "--epochs", "30", "--device", "numpy",
        "--schedule", "one_cycle", "--average", "0.8", "--clip-norm", "5", "--early-stopping", "1",
        "--learning-rate", "0.5", "--optimizer", "nesterov", "--set", "schedule.rise=0.1", "--out", str(out), "--json",
    ]  # fmt: skip
    assert main(["train", *arguments]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    epochs = [event for event in events if event["event"] == "epoch_finished"]
    done = events[-1]
    assert (done["stopped_early"], done["best_epoch"], done["epoch"]) == (True, len(epochs) - 1, len(epochs))
    assert epochs[done["best_epoch"] - 1]["validation_loss"] == min(epoch["validation_loss"] for epoch in epochs)
    assert len({epoch["learning_rate"] for epoch in epochs}) == len(epochs)
    project = load_project(out)
    assert (project.settings.schedule.kind, project.settings.early_stopping) == ("one_cycle", 1)
    assert project.metadata.steps == done["best_epoch"] * done["step"] // done["epoch"]
    assert main(["evaluate", str(out), "--data", str(bars), "--device", "numpy", "--json"]) == 0
    judged = json.loads(capsys.readouterr().out)
    assert judged["loss"] == pytest.approx(done["test_loss"], rel=1e-6), "of the best epoch's average"


def test_of_pictures_only_the_loss_is_told(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network, out = tmp_path / "net.json", tmp_path / "out.nnstudio"
    layers = [Input(channels=1, height=28, width=28), Convolution(filters=1, kernel=(3, 3), padding=(1, 1))]
    network.write_text(chain("copy", [*layers, SigmoidOutput()]).to_json(), encoding="utf-8")
    train = ["train", str(network), "--data", str(bars), "--epochs", "1", "--device", "numpy"]
    assert main([*train, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "right" not in told and "nan" not in told.lower()
    assert "Training finished: test loss 0." in told
    assert main([*train, "--json"]) == 0
    events = [json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()]
    assert events[1]["training_accuracy"] is events[1]["validation_accuracy"] is events[-1]["test_accuracy"] is None
    assert main(["evaluate", str(out), "--data", str(bars), "--device", "numpy"]) == 0
    assert capsys.readouterr().out.startswith("mean loss 0.")
    assert main(["predict", str(out), "none.png"]) == 2
    assert "answers with pictures" in capsys.readouterr().err
