"""Reading a zip archive that may be damaged, or made to harm.

Parts are read by the names we know and into memory only, so no name in the archive can point anywhere. The size of a
part is limited before it is read and while it is read, since the size it declares may be a lie.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from nnstudio.project.errors import ProjectError

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError,
    RuntimeError, LookupError,
)  # fmt: skip
"""What `zipfile` raises for damaged bytes (an unknown method is a `NotImplementedError`, a `RuntimeError`)."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Archive:
    """The parts of an open zip file."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGE as error:
            raise _damaged(str(error)) from error

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def read(self, name: str, limit: int) -> bytes:
        """The part `name`, of at most `limit` bytes; `ProjectError` for a missing, too large or damaged one."""
        if name not in self:
            raise _damaged(f"its part “{name}” is missing")
        info = self._zip.getinfo(name)
        if info.file_size > limit:
            raise _too_large(name, info.file_size, limit)
        if info.compress_type not in _METHODS or info.flag_bits & _ENCRYPTED:
            raise _damaged(f"its part “{name}” is packed in a way that NN Studio never uses")
        try:
            with self._zip.open(info) as part:
                data = part.read(limit + 1)
        except _DAMAGE as error:
            raise _damaged(str(error)) from error
        if len(data) > limit:
            raise _too_large(name, len(data), limit)
        return data


def pack(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive of `parts`; the same parts give the same bytes. Only text is compressed: weights hardly shrink."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
            archive.writestr(info, data)
    return buffer.getvalue()


def _damaged(reason: str) -> ProjectError:
    return ProjectError(f"The project file is damaged: {reason.rstrip('.')}.", "Open a copy saved earlier.")


def _too_large(name: str, size: int, limit: int) -> ProjectError:
    return ProjectError(
        f"The project's part “{name}” has {size:,} bytes or more, and at most {limit:,} make sense.",
        "Only open files from people you trust.",
    )
