"""Downloads against a local server that can fail in the ways real ones do."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.download import (
    MIRRORS,
    MNIST_FILES,
    DownloadError,
    RemoteFile,
    download_mnist,
)
from nnstudio.errors import CancelledError

CONTENT = {"a.gz": np.random.default_rng(1).bytes(200_000), "b.gz": np.random.default_rng(2).bytes(70_000)}
FILES = {name: RemoteFile(len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENT.items()}
WHOLE = sum(file.size for file in FILES.values())


class Server(ThreadingHTTPServer):
    """The first part of a path chooses what happens; `asked` lists the paths."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.closing = threading.Event()

    def mirror(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        _, behaviour, name = self.path.split("/")
        data = CONTENT[name]
        if behaviour == "silent":
            self.server.closing.wait()
            return
        if behaviour == "missing":
            self.send_error(404)
            return
        self.send_response(200)
        if behaviour != "endless":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        sent = {"wrong": bytes(len(data)), "cut": data[: len(data) // 2], "endless": data * 100}.get(behaviour, data)
        with suppress(ConnectionError):  # the client may have had enough
            self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


def fetch(folder: Path, *mirrors: str, **how) -> None:
    download_mnist(folder, mirrors=mirrors, files=FILES, timeout=(2, 0.3), **how)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_files_arrive_whole_and_progress_goes_from_nothing_to_all(server, tmp_path):
    seen: list[tuple[int, int]] = []
    fetch(tmp_path / "mnist", server.mirror("good"), progress=lambda done, total: seen.append((done, total)))
    assert contents(tmp_path / "mnist") == CONTENT
    assert seen[0] == (0, WHOLE)
    assert seen[-1] == (WHOLE, WHOLE)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(seen) > 8


@pytest.mark.parametrize("behaviour", ["missing", "wrong", "cut", "silent", "endless"])
def test_the_next_mirror_is_asked_and_then_stayed_with(server, tmp_path, behaviour):
    fetch(tmp_path, server.mirror(behaviour), server.mirror("good"))
    assert contents(tmp_path) == CONTENT
    assert server.asked == [f"/{behaviour}/a.gz", "/good/a.gz", "/good/b.gz"]


def test_a_mirror_that_is_not_there_is_passed_over(server, tmp_path):
    fetch(tmp_path, "http://127.0.0.1:9/", server.mirror("good"))
    assert contents(tmp_path) == CONTENT


def test_when_all_fail_each_reason_is_given_and_nothing_is_left(server, tmp_path):
    with pytest.raises(DownloadError) as failure:
        fetch(tmp_path, *map(server.mirror, ("missing", "wrong", "silent")), "http://127.0.0.1:9/")
    message = str(failure.value)
    for reason in ("a.gz", "answer 404", "not the right one", "no answer in time", "no connection", "try again"):
        assert reason in message
    assert contents(tmp_path) == {}


def test_cancel_in_mid_download_leaves_only_whole_files_and_goes_on_later(server, tmp_path):
    cancel = threading.Event()

    def stop_in_the_second_file(done: int, _total: int) -> None:
        if done > FILES["a.gz"].size:
            cancel.set()

    with pytest.raises(CancelledError):
        fetch(tmp_path, server.mirror("good"), progress=stop_in_the_second_file, cancel=cancel)
    assert contents(tmp_path) == {"a.gz": CONTENT["a.gz"]}
    fetch(tmp_path, server.mirror("good"))
    assert contents(tmp_path) == CONTENT
    assert server.asked == ["/good/a.gz", "/good/b.gz", "/good/b.gz"]


def test_a_cancel_before_the_start_asks_nobody(server, tmp_path):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        fetch(tmp_path, server.mirror("good"), cancel=cancel)
    assert server.asked == []


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    (tmp_path / "a.gz").write_bytes(CONTENT["a.gz"][:-1])
    (tmp_path / "b.gz").write_bytes(CONTENT["b.gz"])
    fetch(tmp_path, server.mirror("good"))
    assert contents(tmp_path) == CONTENT
    assert server.asked == ["/good/a.gz"]


def test_a_folder_that_cannot_be_made_is_told(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(tmp_path / "file" / "mnist", server.mirror("good"))


def test_the_checksums_are_those_of_the_real_files(test_data: Path):
    for name, file in MNIST_FILES.items():
        data = (test_data / "mnist" / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in MIRRORS)
