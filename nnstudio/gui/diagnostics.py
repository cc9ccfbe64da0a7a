"""What to send along with a report: versions, machine, the last lines of the log. Nothing is swallowed silently."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from collections import deque
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType

import numpy as np
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler, qVersion

import nnstudio

_KEPT_LINES = 300
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_log = logging.getLogger("nnstudio")


class Diagnostics(QObject):
    """Collects the log of the process, Qt's messages and exceptions that nobody caught."""

    crashed = Signal(str)
    """An exception that nobody caught, as one line; may be raised in any thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.device = ""

    def install(self) -> None:
        """Listen to the log, to Qt, and to exceptions in all threads."""
        handler = _Keep(self._lines)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(handler)
        qInstallMessageHandler(_log_qt_message)
        sys.excepthook = self.report
        threading.excepthook = self._report_from_thread

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log an exception with its traceback and tell the window; for `sys.excepthook`."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        _log.error("uncaught exception\n%s", text)
        if sys.stderr is not None:
            sys.stderr.write(text)
        self.crashed.emit(f"{kind.__name__}: {error}")

    def _report_from_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self.report(caught.exc_type, caught.exc_value, caught.exc_traceback)

    def text(self) -> str:
        """Versions, machine and log, for a report."""
        packages = [f"{name} {_version(name)}" for name in ("pyopencl", "pyqtgraph", "pydantic", "safetensors")]
        head = [
            f"NN Studio {nnstudio.__version__}",
            f"Python {platform.python_version()}, {platform.platform()}, {platform.machine()}",
            f"Qt {qVersion()}, PySide {pyside_version}, NumPy {np.__version__}, {', '.join(packages)}",
            f"Device: {self.device or 'none used yet'}",
            "",
            "Log:",
        ]
        return "\n".join([*head, *self._lines]) + "\n"


class _Keep(logging.Handler):
    """Keeps formatted lines."""

    def __init__(self, lines: deque[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _log_qt_message(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), message)
