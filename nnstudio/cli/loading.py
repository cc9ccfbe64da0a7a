"""Data sets for the commands, with a progress bar where loading takes long."""

from __future__ import annotations

import sys

from tqdm import tqdm

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset


def load(name_or_path: str, quiet: bool) -> Dataset:
    """`load_dataset`, shown on a terminal unless ``quiet``; a bar appears when there is something to wait for."""
    silent = quiet or not sys.stderr.isatty()
    with tqdm(desc=f"Loading {name_or_path}", unit_scale=True, disable=silent, leave=False, delay=0.5) as bar:

        def show(done: int, all_of_it: int) -> None:
            bar.total = all_of_it
            bar.update(done - bar.n)

        return load_dataset(name_or_path, progress=show)
