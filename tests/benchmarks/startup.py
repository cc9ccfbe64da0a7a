"""How long until the window can be used?

    xvfb-run -a -s "-screen 0 1280x800x24" python -m tests.benchmarks.startup [--rounds 7]

From the start of the process until the window is painted and its event loop turns, and until the trained network is
loaded, so that a drawn digit would be recognised. The first round warms the disk and is not counted.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

TARGET_SECONDS = 1.5


def child(began: float) -> int:
    from nnstudio.gui import app

    usual = app.open_first

    def open_first(window: app.MainWindow, arguments: list[str]) -> None:
        window.repaint()
        painted = time.time() - began
        usual(window, arguments)

        def loaded() -> None:
            print(painted, time.time() - began, flush=True)
            QApplication.exit()

        window.document.opened.connect(lambda _: QTimer.singleShot(0, loaded))

    app.open_first = open_first
    return app.main([])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    rounds = []
    for _ in range(options.rounds + 1):
        command = [sys.executable, "-m", "tests.benchmarks.startup", "--child", repr(time.time())]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rounds.append([float(word) for word in output.split()])
    for name, values in zip(("window painted", "network loaded"), zip(*rounds[1:], strict=True), strict=True):
        print(f"{name}: median {median(values):.2f} s, worst {max(values):.2f} s (wanted: {TARGET_SECONDS} s)")


if __name__ == "__main__":
    if "--child" in sys.argv:
        sys.exit(child(float(sys.argv[-1])))
    main()
