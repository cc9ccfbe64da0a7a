"""``nnstudio train``: the trainer of the window, in a terminal."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nnstudio.cli.loading import load
from nnstudio.cli.output import InputError, Printer, share, user_input
from nnstudio.cli.report import Reporter
from nnstudio.cli.settings import changed
from nnstudio.data.dataset import Dataset
from nnstudio.engine.devices import open_backend
from nnstudio.engine.plan import compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.files import WriteError
from nnstudio.network.presets import preset
from nnstudio.paths import user_data_dir
from nnstudio.project import SUFFIX, Metadata, Project, load_project, save_project
from nnstudio.training.events import Finished
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer, require_fit


def run(options: argparse.Namespace) -> int:
    with user_input():
        project = _project(options)
        settings = changed(project.settings, options.settings)
        _require_project_name(options.out)
        dataset = load(options.data, quiet=options.json)
        require_fit(compile_plan(project.spec, loss=settings.loss), dataset)
        backend = open_backend(options.device)
    # A slow display costs nothing here, so snapshots are only taken to recover from.
    trainer = Trainer(
        project.spec, dataset, settings, backend=backend, state=project.parameters, snapshots_per_second=5
    )
    reporter = Reporter(trainer, Printer(options.json))
    with _interruptible(trainer):
        for event in trainer.run():
            reporter.show(event)
    if options.out and reporter.finished:
        _save(Path(options.out), _trained(project, settings, dataset, reporter.finished))
    if reporter.problem:
        raise reporter.problem
    return 130 if reporter.finished and reporter.finished.stopped else 0


def _project(options: argparse.Namespace) -> Project:
    if options.file and options.network:
        raise InputError("Give either FILE or --network, not both.")
    if options.file:
        return load_project(options.file)
    spec = preset(options.network or "lenet5")
    return Project(spec, TrainingSettings().fitting(spec))


def _require_project_name(out: str | None) -> None:
    """Better now than after an hour of training."""
    if out is None:
        return
    if not out.endswith(SUFFIX):
        raise InputError(f"--out (={out}) must end in {SUFFIX}.")
    folder = next(parent for parent in Path(out).resolve().parents if parent.exists())
    if Path(out).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(
            f"--out (={out}) cannot be written: “{folder}” is no folder of yours.", "Choose another place."
        )


def _save(path: Path, project: Project) -> None:
    """Where it was wanted, or, when that fails, where the user's data is: what was learned is not lost."""
    try:
        save_project(path, project)
    except WriteError as error:
        rescued = user_data_dir() / "rescued" / path.name
        save_project(rescued, project)
        raise NNStudioError(error.message, f"The trained network is in “{rescued}” instead.") from error


@contextmanager
def _interruptible(trainer: Trainer) -> Iterator[None]:
    """Ctrl-C ends training after the step in progress, so that what was learned can still be saved."""
    before = signal.signal(signal.SIGINT, lambda *_: trainer.stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _trained(project: Project, settings: TrainingSettings, dataset: Dataset, finished: Finished) -> Project:
    """The project with what training made of it, and the command that did."""
    metadata = Metadata(
        dataset=dataset.name,
        class_names=dataset.class_names,
        steps=project.metadata.steps + finished.state.step,
        test_accuracy=share(finished.test_accuracy),
        device=finished.device,
        command=shlex.join(["nnstudio", *sys.argv[1:]]),
    )
    return replace(project, settings=settings, parameters=finished.state.result, metadata=metadata)
