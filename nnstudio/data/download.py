"""Fetching MNIST: four files from the first mirror that has them right, checked by SHA-256."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests

from nnstudio.data.dataset import Progress
from nnstudio.errors import CancelledError, NNStudioError

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


@dataclass(frozen=True)
class RemoteFile:
    size: int
    sha256: str


MNIST_FILES: Mapping[str, RemoteFile] = {
    "train-images-idx3-ubyte.gz": RemoteFile(
        9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": RemoteFile(
        28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": RemoteFile(
        1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": RemoteFile(4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}

_CHUNK = 1 << 15
_TIMEOUT = (5.0, 10.0)  # seconds to connect, and without a byte

_log = logging.getLogger(__name__)


class DownloadError(NNStudioError):
    """No mirror gave the right file."""


def download_mnist(
    folder: Path,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    mirrors: Sequence[str] = MIRRORS,
    files: Mapping[str, RemoteFile] = MNIST_FILES,
    timeout: tuple[float, float] = _TIMEOUT,
) -> None:
    """Put MNIST's files into `folder`. Those already there and whole are kept, so an interrupted download goes on with
    the next file. Blocks; a set `cancel` ends it within a chunk, or within `timeout` when the line is dead.

    `progress` counts bytes. Raises `DownloadError` when no mirror could give a file, and `CancelledError`; files that
    were complete stay, nothing else does.
    """
    pooch.get_logger().setLevel(logging.WARNING)  # what happens is told here, by `progress` and this module's log
    order = list(mirrors)
    meter = _Meter(sum(file.size for file in files.values()), progress, cancel)
    for name, file in files.items():
        meter.begin(file.size)
        mirror = _fetch(name, file, folder, order, meter, timeout)
        order.sort(key=mirror.__ne__)  # stable: the one that worked comes first
        meter.end()


def _fetch(
    name: str, file: RemoteFile, folder: Path, mirrors: Sequence[str], meter: _Meter, timeout: tuple[float, float]
) -> str:
    """Fetch one file and return the mirror that had it."""
    reasons = []
    downloader = pooch.HTTPDownloader(progressbar=meter, chunk_size=_CHUNK, timeout=timeout)
    for mirror in mirrors:
        meter.restart()
        try:
            pooch.retrieve(mirror + name, f"sha256:{file.sha256}", name, folder, downloader=downloader)
        except requests.RequestException as error:
            reasons.append(f"{mirror}: {_reason(error)}")
        except (ValueError, _TooLongError):
            reasons.append(f"{mirror}: the file is not the right one")
        except OSError as error:
            raise DownloadError(f"“{folder}” cannot be written to: {error.strerror or error}.") from error
        else:
            return mirror
        _log.warning("%s not fetched from %s", name, reasons[-1])
    raise DownloadError(
        f"{name} could not be downloaded ({'; '.join(reasons)}).", "Look at the connection, and try again later."
    )


def _reason(error: requests.RequestException) -> str:
    if error.response is not None:
        return f"answer {error.response.status_code}"
    return "no answer in time" if isinstance(error, requests.Timeout) else "no connection"


class _TooLongError(Exception):
    """A server sends more than the file has."""


class _Meter:
    """What pooch takes for a progress bar (`total`, `update`, `reset`, `close`): counts over all files, and is where a
    download stops."""

    def __init__(self, total: int, progress: Progress | None, cancel: threading.Event | None) -> None:
        self.total = 0  # set by pooch to the current answer's length, which is not to be believed
        self._all, self._progress, self._cancel = total, progress, cancel
        self._before = self._done = self._size = 0

    def begin(self, size: int) -> None:
        self._done, self._size = 0, size
        self._report()

    def restart(self) -> None:
        self._done = 0
        self._report()

    def end(self) -> None:
        self._before += self._size
        self._done = 0
        self._report()

    def update(self, count: int) -> None:
        if self._done > self._size:
            raise _TooLongError
        self._done += count
        self._report()

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Part of pooch's protocol; the meter goes on with the next file."""

    def _report(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise CancelledError("The download was cancelled.")
        if self._progress is not None:
            self._progress(self._before + min(self._done, self._size), self._all)
