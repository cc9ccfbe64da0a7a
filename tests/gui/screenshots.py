"""Takes the pictures of the README: `python -m tests.gui.screenshots`.

The program runs on a virtual X server and is used by real X events: a digit is drawn, a layer selected, a network
trained for some seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from nnstudio.paths import resources_dir

DRIVER = Path(__file__).with_name("whole_app_driver.py")
MAX_BYTES = 300_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--colours", default="light", choices=("light", "dark"))
    parser.add_argument("--out", type=Path, default=resources_dir() / "screenshots")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{options.size}x24", "-nolisten", "tcp"]
    with (
        tempfile.TemporaryDirectory() as user,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server,
    ):
        assert server.stdout is not None
        environment = {
            **os.environ,
            "DISPLAY": f":{server.stdout.readline().strip()}",
            "QT_QPA_PLATFORM": "xcb",
            "NNSTUDIO_CONFIG_DIR": user,
            "NNSTUDIO_TEST_COLOURS": options.colours,
        }
        status = subprocess.run([sys.executable, DRIVER, "pose", options.out], env=environment).returncode
        server.terminate()
    for path in sorted(options.out.glob("*.png")):
        shrink(path)
        print(f"{path}: {path.stat().st_size // 1000} kB")
    return status


def shrink(path: Path) -> None:
    """As small as PNG gets without losing a colour."""
    with Image.open(path) as picture:
        picture.convert("RGB").save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes; at most {MAX_BYTES} are wanted.")


if __name__ == "__main__":
    sys.exit(main())
