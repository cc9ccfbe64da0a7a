"""Uses the whole program as a person would: real X events from outside, while the program runs as it always does.

Started by `test_whole_app.py` as a process of its own, with DISPLAY on a virtual X server: with the arguments
`learn FILE` it draws a digit, trains an epoch and saves; with `reopen FILE` it opens what was saved; with `pose FOLDER`
it takes pictures. What was seen is printed as one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from hashlib import sha256
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from nnstudio.gui import app
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.models.training_model import TrainingPhase
from nnstudio.network.presets import preset

SECONDS = 60
SEVEN = [(0.30, 0.25), (0.50, 0.25), (0.70, 0.25), (0.62, 0.45), (0.53, 0.62), (0.45, 0.80)]


class GuiThread(QObject):
    """Runs functions on the GUI thread, where it lives, for a thread that is not it."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(self._work, Qt.ConnectionType.QueuedConnection)

    def __call__(self, function: Callable[[], Any]) -> Any:
        """What `function` returned; what it raised is raised here."""
        future: Future[Any] = Future()
        self.asked.emit((function, future))
        return future.result(timeout=SECONDS)

    @Slot(object)
    def _work(self, asked: tuple[Callable[[], Any], Future[Any]]) -> None:
        function, future = asked
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - it belongs to who asked
            future.set_exception(error)


class Person(threading.Thread):
    """Looks at the window, moves the mouse, types."""

    def __init__(self, window: MainWindow, task: str, file: Path) -> None:
        super().__init__(daemon=True)
        self.window, self.task, self.file = window, task, file
        self.gui = GuiThread()
        self.seen: dict[str, Any] = {}

    def run(self) -> None:
        try:
            getattr(self, self.task)()
        except BaseException as error:  # noqa: BLE001 - the other process reads it
            self.seen["failure"] = repr(error)
        print(json.dumps(self.seen), flush=True)
        self.gui.asked.emit((self.window.close_without_asking, Future()))

    # ---- what it does

    def learn(self) -> None:
        window = self.window
        self.wait(window.document.changed, lambda: window.weights.step > 0)
        self.draw(SEVEN)
        predictions = window.draw.predictions
        self.wait(predictions.changed, lambda: predictions.prediction.probabilities is not None and self.top() == "7")
        self.seen["prediction"] = self.gui(self.top)
        self.keys("alt+3")
        self.write("field_epochs_input", "1")
        before = self.gui(self.filters)
        self.click("tool_training.toggle")
        self.wait(window.training.stateChanged, lambda: window.training.state is TrainingPhase.RUNNING)
        self.wait(window.training.stateChanged, lambda: window.training.state is TrainingPhase.IDLE)
        self.seen["epochs"] = self.gui(lambda: len(window.training.curves.validation_loss))
        self.seen["steps"] = self.gui(lambda: len(window.training.curves.training_loss))
        self.seen["filters_changed"] = before != self.gui(self.filters)
        self.keys("ctrl+s")
        self.wait(self.application().focusChanged, lambda: isinstance(QApplication.activeModalWidget(), QFileDialog))
        self.keys("ctrl+a")
        self.type(str(self.file))
        self.xdotool("key", "Return")
        self.wait(window.document.saved, self.file.is_file)
        self.seen["weights"] = self.gui(self.digest)

    def reopen(self) -> None:
        window = self.window
        self.wait(window.document.opened, lambda: window.document.path == self.file)
        self.seen["weights"] = self.gui(self.digest)
        self.seen["title"] = self.gui(window.windowTitle)

    def pose(self) -> None:
        """A picture of each workspace, into the folder `file`."""
        window = self.window
        self.gui(lambda: window.set_scheme(os.environ["NNSTUDIO_TEST_COLOURS"]))
        self.gui(lambda: window.setGeometry(window.screen().geometry()))
        self.wait(window.document.changed, lambda: window.weights.step > 0)
        self.draw(SEVEN)
        predictions = window.draw.predictions
        self.wait(predictions.changed, lambda: predictions.prediction.probabilities is not None and self.top() == "7")
        self.picture("draw")
        self.keys("alt+2")
        self.gui(lambda: window.designer.selection.select("conv1"))
        self.picture("design")
        self.keys("alt+3")
        self.click("tool_training.toggle")
        self.wait(window.training.curvesChanged, lambda: len(window.training.curves.validation_loss) >= 3)
        self.picture("train")
        self.keys("alt+4")
        self.wait(window.training.curvesChanged, lambda: len(window.training.curves.validation_loss) >= 5)
        self.picture("inspect")
        self.keys("ctrl+shift+x")
        xray = window.xray
        self.wait(xray.changed, lambda: len(xray.devices) > 1)
        self.gui(lambda: xray.choose(second="numpy"))
        self.click("xray_start")
        self.wait(xray.changed, lambda: xray.findings is not None)
        self.click("xray_table")
        self.picture("xray")
        self.keys("alt+2")
        self.gui(lambda: window.document.new(preset("resnet20")))
        self.gui(lambda: window.designer.selection.select("add1"))
        self.picture("graph")
        self.keys("ctrl+n")
        self.picture("gallery")

    def picture(self, name: str) -> None:
        """What stands on the screen, with the mouse out of the way and all that is due painted."""
        self.xdotool("mousemove", "0", "0", "sleep", "0.5")
        screen = self.window.screen()
        self.gui(lambda: screen.grabWindow(0).save(str(self.file / f"{name}.png")))

    # ---- eyes

    def wait(self, signal: Any, seen: Callable[[], bool]) -> None:
        """Until `seen`, looking now and whenever `signal` comes."""
        happened = threading.Event()

        def look(*_: object) -> None:
            if seen():
                happened.set()

        self.gui(lambda: signal.connect(look))
        self.gui(look)
        if not happened.wait(SECONDS):
            raise TimeoutError(f"never happened: line {seen.__code__.co_firstlineno} of the driver")
        self.gui(lambda: signal.disconnect(look))

    def top(self) -> str:
        predictions = self.window.draw.predictions
        return predictions.class_name(int(predictions.prediction.ranking[0]))

    def filters(self) -> str:
        image = self.widget("filter_view").grab().toImage()
        return sha256(bytes(image.constBits())).hexdigest()

    def digest(self) -> str:
        parameters = self.window.weights.parameters
        return sha256(b"".join(parameters[name].tobytes() for name in sorted(parameters))).hexdigest()

    def widget(self, name: str) -> QWidget:
        found = [widget for widget in self.window.findChildren(QWidget, name) if widget.isVisible()]
        assert len(found) == 1, f"{len(found)} visible widgets named {name}"
        return found[0]

    def application(self) -> QApplication:
        app_ = QApplication.instance()
        assert isinstance(app_, QApplication)
        return app_

    # ---- hands

    def xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True, timeout=SECONDS)

    def keys(self, *keys: str) -> None:
        if self.gui(QApplication.activeModalWidget) is None:
            self.gui(self.window.activateWindow)
        self.xdotool("key", "--delay", "30", *keys)

    def type(self, text: str) -> None:
        self.xdotool("type", "--delay", "10", text)

    def place(self, widget: QWidget, x: float = 0.5, y: float = 0.5) -> tuple[str, str]:
        point = widget.mapToGlobal(QPoint(round(x * widget.width()), round(y * widget.height())))
        return str(point.x()), str(point.y())

    def click(self, name: str) -> None:
        self.xdotool("mousemove", *self.gui(lambda: self.place(self.widget(name))), "click", "1")

    def write(self, name: str, text: str) -> None:
        self.click(name)
        self.keys("ctrl+a")
        self.type(text)
        self.keys("Tab")

    def draw(self, points: list[tuple[float, float]]) -> None:
        places = self.gui(lambda: [self.place(self.widget("drawing_canvas"), x, y) for x, y in points])
        moves = [word for place in places[1:] for word in ("mousemove", *place, "sleep", "0.03")]
        self.xdotool("mousemove", *places[0], "mousedown", "1", *moves, "mouseup", "1")


def main() -> int:
    task, file = sys.argv[1], Path(sys.argv[2])
    person: list[Person] = []
    usual = app.open_first

    def open_first(window: MainWindow, arguments: list[str]) -> None:
        usual(window, arguments)
        person.append(Person(window, task, file))
        person[0].start()

    app.open_first = open_first  # the one moment when there is a window and nothing has happened yet
    return app.main([str(file)] if task == "reopen" else [])


if __name__ == "__main__":
    sys.exit(main())
