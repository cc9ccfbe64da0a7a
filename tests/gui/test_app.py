"""The start: what it must not import, and that nothing is swallowed afterwards."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QtMsgType
from pytestqt.qtbot import QtBot

from nnstudio.gui import diagnostics as diagnostics_module
from nnstudio.gui.diagnostics import Diagnostics

HEAVY = ("pyqtgraph", "pyopencl", "pooch", "requests", "scipy", "qtawesome", "PIL")


def test_the_window_comes_before_what_takes_long_to_import() -> None:
    code = f"import sys, nnstudio.gui.app; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_diagnostics_tell_versions_device_and_log(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    installed: list[object] = []
    monkeypatch.setattr(diagnostics_module, "qInstallMessageHandler", installed.append)
    diagnostics = Diagnostics()
    handlers = list(logging.getLogger().handlers)
    diagnostics.install()
    try:
        logging.getLogger("nnstudio").warning("the sky is falling")
        installed[0](QtMsgType.QtWarningMsg, None, "a message of Qt")  # type: ignore[operator]
        diagnostics.device = "Test device"
        text = diagnostics.text()
    finally:
        logging.getLogger().handlers = handlers
    for part in ("NN Studio", "Python", "NumPy", "Test device", "the sky is falling", "a message of Qt"):
        assert part in text


def test_an_exception_in_any_thread_is_told(qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    diagnostics = Diagnostics()
    with qtbot.waitSignal(diagnostics.crashed) as crashed:
        diagnostics.report(KeyError, KeyError("x"), None)
    assert crashed.args == ["KeyError: 'x'"]
    assert "KeyError" in capsys.readouterr().err


CRASH = """
import threading
from PySide6.QtCore import QTimer
from nnstudio.gui import app

def crash():
    raise ArithmeticError("in " + threading.current_thread().name)

def open_first(window, arguments):
    def look():
        text = window.banner.findChild(object, "banner_text").text() if window.banner.isVisible() else ""
        if "in MainThread" in text and not seen:
            seen.append(text)
            threading.Thread(target=crash, name="another thread").start()
        elif "in another thread" in text:
            seen.append(text)
            print(*seen, sep="\\n")
            window.close_without_asking()

    seen = []
    window.timer = QTimer(window)
    window.timer.timeout.connect(look)
    window.timer.start(10)
    QTimer.singleShot(0, crash)

app.open_first = open_first
raise SystemExit(app.main([]))
"""


def test_the_window_survives_a_bug_and_tells_it() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Something went wrong inside the program: ArithmeticError: in MainThread." in done.stdout
    assert "ArithmeticError: in another thread." in done.stdout
    assert done.stderr.count("Traceback") == 2
