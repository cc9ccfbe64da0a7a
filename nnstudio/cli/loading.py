"""What the commands work on: trained projects, and data sets with a progress bar where loading takes long."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tqdm import tqdm

from nnstudio.cli.output import InputError
from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Array
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
