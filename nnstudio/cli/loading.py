"""What the commands work on: networks, trained projects, and data sets with a progress bar where loading takes long."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from nnstudio.cli.output import InputError
from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Array
from nnstudio.engine.plan import compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import PRESETS, preset
from nnstudio.project import Project, load_project


def load(name_or_path: str, quiet: bool) -> Dataset:
    """`load_dataset`, shown on a terminal unless ``quiet``; a bar appears when there is something to wait for."""
    silent = quiet or not sys.stderr.isatty()
    with tqdm(desc=f"Loading {name_or_path}", unit_scale=True, disable=silent, leave=False, delay=0.5) as bar:

        def show(done: int, all_of_it: int) -> None:
            bar.total = all_of_it
            bar.update(done - bar.n)

        return load_dataset(name_or_path, progress=show)


def load_trained(path: str) -> tuple[Project, Mapping[str, Array]]:
    """A project and its weights; `InputError` when it has none."""
    project = load_project(path)
    if project.parameters is None:
        raise InputError(f"“{path}” has no trained weights.", "Train it first: nnstudio train FILE --out NEW.")
    return project, project.parameters


def project_or_preset(name: str) -> Project:
    """What a file has, or a preset, not trained."""
    if name in PRESETS:
        return Project(spec=preset(name))
    if Path(name).exists():
        return load_project(name)
    raise InputError(f"“{name}” is neither a file nor a preset.", f"Choose a file, or one of {', '.join(PRESETS)}.")


def network_and_batch(name: str, batch_size: int | None) -> tuple[NetworkSpec, int]:
    """A network that can be computed: a preset, or what a file has; and the size of its batches, if not given the
    file's."""
    project = project_or_preset(name)
    compile_plan(project.spec)
    batch_size = project.settings.batch_size if batch_size is None else batch_size
    if batch_size < 1:
        raise InputError(f"--batch-size (={batch_size}) must be at least 1.")
    return project.spec, batch_size
