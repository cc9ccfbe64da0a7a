"""Writing files so that a crash, a full disk or a second program never leaves half of one behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nnstudio.errors import NNStudioError


class WriteError(NNStudioError):
    """A file could not be written: no space, no permission, or the folder cannot be made."""


def atomic_write(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Replace the file at `path` with `data` (text as UTF-8, line ends as given), whole or not at all.

    The bytes go to a temporary file in the same folder, reach the disk, and take the name in one step. A link is
    followed, an existing file keeps its permissions, and missing folders are made. Raises `WriteError`, with the old
    file untouched.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data.encode() if isinstance(data, str) else data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"“{path}” could not be written: {reason}.", "Choose another place or make room.") from error


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_permissions(target))
        temporary.replace(target)
    except BaseException:
        temporary.unlink()
        raise


def _permissions(target: Path) -> int:
    """The old file's mode, or what a newly made file gets (`mkstemp` alone would make every file private)."""
    if target.exists():
        return target.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
