"""The whole program on a virtual X server: start, draw, be recognised, train, save, reopen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).with_name("whole_app_driver.py")
TOOLS = ("Xvfb", "xdotool")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a virtual X server is only found on Linux"),
    pytest.mark.skipif(
        not all(map(shutil.which, TOOLS)), reason="needs Xvfb and xdotool, which `python3 start.py test` installs"
    ),
]


@pytest.fixture
def display() -> Iterator[str]:
    """The name of a virtual screen, and nobody else on it."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x720x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


def person(display: str, *arguments: str | Path) -> dict[str, Any]:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    done = subprocess.run(
        [sys.executable, DRIVER, *arguments], env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen = json.loads(done.stdout)
    assert "failure" not in seen, seen
    return dict(seen)


def test_draw_train_save_reopen(display: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.nnstudio"
    seen = person(display, "learn", file)
    assert seen["prediction"] == "7"
    assert seen["epochs"] == 1
    assert seen["steps"] == 469  # 30,000 built-in digits in batches of 64
    assert seen["filters_changed"]
    again = person(display, "reopen", file)
    assert again["weights"] == seen["weights"]
    assert again["title"].startswith("mine")
