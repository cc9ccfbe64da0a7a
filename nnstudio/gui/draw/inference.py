"""Live inference: the newest drawing, seen by the newest weights, on a thread and an executable of its own.

Nothing queues up. While an answer is worked out, newer questions replace each other; so drawing never waits for
anything, and while a network learns the drawing in front of it is judged again with every snapshot.
"""

from __future__ import annotations

import threading
from functools import partial

from PySide6.QtCore import QObject, QThread, Signal, Slot

from nnstudio.gui.draw.predictor import NO_WEIGHTS, Predictor, Question, find_obstacle
from nnstudio.gui.models.drawing_model import DrawingModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.prediction_model import PredictionModel
from nnstudio.gui.models.weights_model import WeightsModel


class LiveInference(QObject):
    """Asks whenever the drawing, the weights or the network change, and gives the answers to a `PredictionModel`.

    It begins at rest: `watch` says whether anybody looks at the answers.
    """

    def __init__(
        self,
        drawing: DrawingModel,
        network: NetworkModel,
        weights: WeightsModel,
        predictions: PredictionModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._drawing, self._network, self._weights = drawing, network, weights
        self._ink, self._revision = drawing.ink.copy(), drawing.revision
        self._watched = False
        self._thread, self._worker = QThread(self), InferenceWorker(Predictor())
        self._thread.setObjectName("inference")
        self._worker.moveToThread(self._thread)
        self._worker.answered.connect(predictions.set_prediction)
        self._thread.start()
        self.destroyed.connect(partial(_end, self._thread))
        for signal in (drawing.changed, weights.changed, network.checkChanged):
            signal.connect(self._ask)

    def watch(self, watched: bool) -> None:
        """Whether to answer; what changed meanwhile is answered when somebody looks again."""
        self._watched = watched
        self._ask()

    def shut_down(self) -> None:
        """End the thread; for the end of the program."""
        _end(self._thread)

    @Slot()
    def _ask(self) -> None:
        if not self._watched:
            return
        weights, drawing = self._weights.shown, self._drawing
        if self._revision != drawing.revision:
            self._ink, self._revision = drawing.ink.copy(), drawing.revision
        obstacle = find_obstacle(self._network.flat, self._network.check) or (NO_WEIGHTS if weights.missing else None)
        self._worker.ask(
            Question(self._revision, self._ink, weights.spec, weights.parameters, weights.untrained, obstacle)
        )


class InferenceWorker(QObject):
    """Lives on the inference thread, except for `ask`, which any thread may call."""

    answered = Signal(object)
    """A `Prediction`."""
    _asked = Signal()

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self._predictor = predictor
        self._lock = threading.Lock()
        self._newest: Question | None = None
        self._asked.connect(self._work)

    def ask(self, question: Question) -> None:
        """Put `question` in place of the one that still waits, if one does."""
        with self._lock:
            waiting, self._newest = self._newest, question
        if waiting is None:
            self._asked.emit()

    @Slot()
    def _work(self) -> None:
        with self._lock:
            question, self._newest = self._newest, None
        if question is not None:
            self.answered.emit(self._predictor.answer(question))


def _end(thread: QThread) -> None:
    thread.quit()
    thread.wait()
