"""The answer in one big sign and a few plain words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from nnstudio.gui.draw.probability_bars import percent
from nnstudio.gui.models.prediction_model import Prediction, PredictionModel
from nnstudio.gui.theme import tabular
from nnstudio.network.layers import shape_text

_CERTAINTY = ((0.995, "Very sure"), (0.9, "Quite sure"), (0.7, "Fairly sure"), (0.0, "Not sure"))
_NONE = "–"
_UNTRAINED = "This network has not learned yet: press Train."
_WORTH_A_MENTION = 0.01
_SIGN_POINTS, _LONG_SIGN_POINTS = 44, 15
_WORDS_LARGER = 3
_NOTE_LINES = 2


class Verdict(QWidget):
    """The predicted class, how sure the network is, and what else it might be; or why there is no prediction."""

    def __init__(self, predictions: PredictionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._predictions = predictions
        self._sign = QLabel(objectName="predicted_class", alignment=Qt.AlignmentFlag.AlignCenter)
        self._sign.setAccessibleName("Predicted class")
        self._sign.setMinimumWidth(48)
        self._words = QLabel(objectName="certainty", wordWrap=True)
        self._words.setFont(_font(tabular(self.font()), self.font().pointSizeF() + _WORDS_LARGER))
        self._note = QLabel(objectName="prediction_note", wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self._note.setProperty("role", "quiet")
        self._note.setMinimumHeight(_NOTE_LINES * QFontMetrics(self.font()).lineSpacing())  # text may come, not jump
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(16)
        layout.setVerticalSpacing(2)
        layout.addWidget(self._sign, 0, 0, 2, 1)
        layout.addWidget(self._words, 0, 1, Qt.AlignmentFlag.AlignBottom)
        layout.addWidget(self._note, 1, 1)
        layout.setColumnStretch(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._show(predictions.prediction)
        predictions.changed.connect(self._show)

    def _show(self, prediction: Prediction) -> None:
        sign, words, note = describe(prediction, self._predictions.class_name)
        if self._sign.text() != sign:
            self._sign.setFont(_font(self.font(), _SIGN_POINTS if len(sign) <= 2 else _LONG_SIGN_POINTS, sign != _NONE))
            role = QPalette.ColorRole.PlaceholderText if sign == _NONE else QPalette.ColorRole.WindowText
            self._sign.setForegroundRole(role)
            self._sign.setText(sign)
        self._words.setText(words)
        self._note.setText(note)


def describe(prediction: Prediction, class_name: Callable[[int], str]) -> tuple[str, str, str]:
    """A sign, a few words, and a sentence for a prediction."""
    if prediction.obstacle:
        return _NONE, "No prediction", f"{prediction.obstacle.message} {prediction.obstacle.hint}"
    if prediction.drawing is not None:
        return _describe_drawing(prediction, prediction.drawing)
    if prediction.probabilities is None:
        return (
            _NONE,
            "Nothing drawn yet",
            f"The network {'draws it again' if prediction.draws else 'answers'} while you draw.",
        )
    best, *others = prediction.ranking
    share = float(prediction.probabilities[best])
    if prediction.untrained:
        figure = f"{share:.2f}" if prediction.scores else percent(share)
        return class_name(best), f"Only a guess · {figure}", _UNTRAINED
    if prediction.scores:
        return class_name(best), f"Highest score · {share:.2f}", "This network gives scores, not probabilities."
    words = next(words for least, words in _CERTAINTY if share >= least)
    rivals = [index for index in others[:2] if prediction.probabilities[index] >= _WORTH_A_MENTION]
    note = " or ".join(f"{class_name(index)} ({percent(float(prediction.probabilities[index]))})" for index in rivals)
    return class_name(best), f"{words} · {percent(share)}", f"It might also be {note}." if note else ""


def _describe_drawing(prediction: Prediction, drawing: NDArray[np.floating]) -> tuple[str, str, str]:
    """How far what the network draws is from what it sees."""
    note = _UNTRAINED if prediction.untrained else "This network draws the picture again; it knows no classes."
    if drawing.shape != (1, *prediction.picture.shape):
        return _NONE, f"A picture of {shape_text(drawing.shape)}", note
    difference = float(np.abs(drawing[0] - prediction.picture / 255).mean())
    return "≈", f"Off by {difference:.3f} a pixel on average", note


def _font(font: QFont, points: float, strong: bool = True) -> QFont:
    large = QFont(font)
    large.setPointSizeF(points)
    large.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Light)
    return large
