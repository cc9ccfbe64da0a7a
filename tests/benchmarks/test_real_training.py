"""Both sides of the comparison do the same: networks, augmentation, whole runs; and a run that is done stays done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the peer of the benchmarks is PyTorch")

from nnstudio.data.dataset import Dataset, Samples  # noqa: E402
from nnstudio.engine.initializers import Initializer, initial_parameters  # noqa: E402
from nnstudio.engine.numpy import NumpyBackend  # noqa: E402
from nnstudio.engine.plan import compile_plan  # noqa: E402
from tests.benchmarks import real_training, torch_training  # noqa: E402
from tests.benchmarks.assignments import ASSIGNMENTS, Assignment  # noqa: E402
from tests.benchmarks.real_training import Store, learn, our_run, report, verdict, with_epochs  # noqa: E402
from tests.benchmarks.run_record import OURS, PYTORCH, RunRecord  # noqa: E402
from tests.benchmarks.torch_networks import load  # noqa: E402

EVERY = pytest.mark.parametrize("work", ASSIGNMENTS, ids=[work.key for work in ASSIGNMENTS])


def noise_for(work: Assignment, counts: tuple[int, int, int] = (40, 10, 10)) -> Dataset:
    """Pictures of noise that fit the network."""
    plan = compile_plan(work.spec(), loss=work.settings.loss)
    generator = np.random.default_rng(0)
    classes = plan.classes or 10
    parts = [
        Samples(
            generator.uniform(0, 1, (count, *plan.input.shape)).astype(np.float32),
            generator.integers(0, classes, count).astype(np.int32),
        )
        for count in counts
    ]
    return Dataset("noise", *parts, tuple(map(str, range(classes))))


def briefly(work: Assignment, epochs: int) -> Assignment:
    return replace(work, settings=work.settings.model_copy(update={"epochs": epochs, "batch_size": 16}))


@EVERY
def test_both_networks_give_the_same_scores(work: Assignment) -> None:
    plan = compile_plan(work.spec(), keep=[work.spec().nodes[-2].id])
    drawn = initial_parameters(plan, Initializer.HE_NORMAL, 3)
    parameters = {name: values + np.float32(0.01) for name, values in drawn.items()}
    network = work.torch_network()
    load(network, plan, parameters)
    network.eval()
    images = noise_for(work).test
    assert images is not None
    executable = NumpyBackend().prepare(plan, batch_size=10)
    executable.write_parameters(parameters)
    (found,) = executable.activations(images.images, [work.spec().nodes[-2].id]).values()
    with torch.no_grad():
        expected = network(torch.from_numpy(images.images.copy())).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@EVERY
def test_both_sides_learn_the_same(work: Assignment) -> None:
    """Three short epochs, the last batch smaller; in double precision, since rounding grows from step to step."""
    work = briefly(work, epochs=3)
    dataset = noise_for(work)
    ours = our_run(work, dataset, 1, NumpyBackend(dtype=np.float64))
    theirs = torch_training.run(work, dataset, 1, 1, np.float64)
    assert ours.curves.keys() == theirs.curves.keys()
    for name in ("training_loss", "validation_loss"):
        np.testing.assert_allclose(ours.curves[name], theirs.curves[name], rtol=1e-6, err_msg=name)
    assert ours.test_loss == pytest.approx(theirs.test_loss, rel=1e-6)
    assert (ours.test_accuracy is None) == (theirs.test_accuracy is None) == (work.judged == "loss")


def test_what_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, path = briefly(ASSIGNMENTS[-1], epochs=1), tmp_path / "runs.json"
    dataset, backend = noise_for(work), NumpyBackend()
    learn(work, dataset, 1, backend, 1, Store(path))
    learn(work, dataset, 2, backend, 1, Store(path))
    runs = Store(path).runs
    assert [(run.side, run.seed) for run in runs] == [(OURS, 0), (PYTORCH, 0), (OURS, 1), (PYTORCH, 1)]
    monkeypatch.setattr(real_training, "our_run", lambda *_: pytest.fail("done again"))
    learn(work, dataset, 2, backend, 1, Store(path))
    assert json.loads(path.read_text())["runs"][0]["curves"]["training_loss"] == runs[0].curves["training_loss"]
    lines = list(report([work], runs, seeds=2))
    assert len(lines) == 2
    assert "| 40 pictures of spirals, epochs: 1 | test accuracy |" in lines[-1]


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_training.machine, "description", lambda threads: f"a machine, {threads} threads")
    options = ["--data", str(tmp_path), "--only", "points", "--epochs", "1", "--pictures", "64", "--seeds", "1"]
    real_training.main([*options, "--device", "numpy", "--json", str(tmp_path / "runs.json"), "--threads", "1"])
    assert "| Two layers for points | 64 pictures of spirals, epochs: 1 |" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        real_training.main(["--data", str(tmp_path), "--only", "nothing"])


def test_within_one_standard_deviation() -> None:
    assert verdict(-0.5, 1.0) == "yes (0.50)"
    assert verdict(1.5, 1.0) == "no (1.50)"
    assert (verdict(0.0, 0.0), verdict(0.1, 0.0)) == ("yes", "no")
    assert "not known" in verdict(0.0, None)
    work = with_epochs(ASSIGNMENTS[0], 40)
    ours, theirs = (
        [RunRecord("vgg", side, seed, 40, 100, "", 60.0, 1.0, value) for seed, value in enumerate(values)]
        for side, values in ((OURS, (0.70, 0.72)), (PYTORCH, (0.70, 0.74)))
    )
    assert real_training.row(work, ours, theirs) == (
        "| VGG-small | 100 pictures of cifar10-subset.zip, epochs: 40 | test accuracy | 71.00% ± 1.41% (2) | "
        "72.00% ± 2.83% (2) | -1.00% | yes (0.35) | 1.0 and 1.0 |"
    )
