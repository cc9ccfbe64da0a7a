"""The weights that a run came to: a safetensors file for each, beside the database and bounded in all.

Files, because what is large would make every look through the database slow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from nnstudio.files import atomic_write

MOST_OF_A_RUN = 256 * 2**20
"""Bytes; the weights of larger networks are not kept with their runs."""
MOST_IN_ALL = 2 * 2**30
"""Bytes; where runs together have more, the oldest files go first."""


class WeightFiles:
    """Weights by the uuid of their run, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, uuid: str, parameters: Mapping[str, NDArray[np.floating]]) -> bool:
        """Keep weights, whole or not at all; whether they were small enough. `WriteError` where there is no place."""
        if sum(array.nbytes for array in parameters.values()) > MOST_OF_A_RUN:
            return False
        arrays = {name: np.ascontiguousarray(array) for name, array in parameters.items()}
        atomic_write(self._path(uuid), save(arrays))
        return True

    def read(self, uuid: str) -> bytes | None:
        """The file as it is, or ``None`` where none was kept. `OSError` where it cannot be read."""
        path = self._path(uuid)
        return path.read_bytes() if path.is_file() else None

    def remove(self, uuid: str) -> None:
        self._path(uuid).unlink(missing_ok=True)

    def prune(self, spared: Collection[str], most: int = MOST_IN_ALL) -> None:
        """Remove the oldest files, except those of ``spared`` runs, until all take at most ``most`` bytes."""
        found = [(path.stat(), path) for path in self._folder.glob("*.safetensors")]
        total = sum(status.st_size for status, _ in found)
        for status, path in sorted(found, key=lambda pair: pair[0].st_mtime_ns):
            if total <= most:
                return
            if path.stem not in spared:
                path.unlink(missing_ok=True)
                total -= status.st_size

    def _path(self, uuid: str) -> Path:
        if not re.fullmatch("[0-9a-f]{32}", uuid):
            raise ValueError(f"“{uuid}” is no identifier of a run")
        return self._folder / f"{uuid}.safetensors"
