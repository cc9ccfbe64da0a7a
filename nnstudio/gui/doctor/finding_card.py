"""One finding: what is wrong, by what evidence, and what can be done at a click."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.doctor.doctor_model import DoctorModel
from nnstudio.gui.doctor.sparkline import Sparkline
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.training.doctor import Evidence, Finding, Severity

SIGNS = {
    Severity.NOTE: ("information-outline", "quiet", "Note"),
    Severity.WARNING: ("alert-outline", "warning", "Warning"),
    Severity.ERROR: ("alert-circle-outline", "error", "Error"),
}
"""Icon, colour role and word of each severity."""
_PADDING, _GAP = 12, 6


class FindingCard(QFrame):
    """A finding of the model with its remedies; the model says what was done about it."""

    dismissed = Signal(str)
    """The cause."""

    def __init__(self, doctor: DoctorModel, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._doctor, self.finding = doctor, finding
        self.setObjectName(f"finding_{finding.cause}")
        self.setProperty("role", "panel")
        self.setAccessibleName(f"{SIGNS[finding.severity][2]}: {finding.title}")
        self.setAccessibleDescription(finding.text)
        self._sign = QLabel()
        self._close = QToolButton()
        self._close.setObjectName(f"dismiss_{finding.cause}")
        self._close.setAccessibleName(f"Dismiss: {finding.title}")
        self._close.setToolTip("Dismiss: say no more about this in this run")
        self._close.clicked.connect(lambda _=False: self.dismissed.emit(finding.cause))
        self.buttons = [self._remedy(number) for number in range(len(doctor.remedies(finding)))]
        self._done_sign, self._done = QLabel(), QLabel()
        self._undo = QPushButton("Undo")
        self._arrange()
        theme_source.themeChanged.connect(self._colour)
        self._colour()
        self.show_treatment()

    def show_treatment(self) -> None:
        """What was done about it, and whether it can be taken back."""
        treatment = self._doctor.treatments.get(self.finding.cause)
        self._done_row.setVisible(treatment is not None)
        if treatment:
            when = "" if treatment.now else " Takes effect when training is started again."
            self._done.setText(f"Done: {treatment.title}.{when}")
        self._undo.setVisible(self._doctor.can_undo(self.finding.cause))

    def take_focus(self) -> None:
        """Begin at the way to dismiss it."""
        self._close.setFocus()

    def _remedy(self, number: int) -> WrappingButton:
        remedy = self._doctor.remedies(self.finding)[number]
        button = WrappingButton(remedy.title)
        button.setObjectName(f"remedy_{self.finding.cause}_{number}")
        button.setAccessibleDescription(f"Remedy for: {self.finding.title}")
        button.clicked.connect(lambda _=False: self._doctor.apply(self.finding, remedy))
        return button

    def _colour(self) -> None:
        name, role, _ = SIGNS[self.finding.severity]
        self._sign.setPixmap(icon(name, role).pixmap(SIZE, SIZE))
        self._done_sign.setPixmap(icon("check", "good").pixmap(SIZE, SIZE))
        self._close.setIcon(icon("close", "quiet"))

    def _arrange(self) -> None:
        title = QLabel(self.finding.title)
        title.setProperty("role", "title")
        title.setWordWrap(True)
        text = QLabel(self.finding.text)
        text.setObjectName("finding_text")
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(title, 1)
        top.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_PADDING, _PADDING, _PADDING, _PADDING)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(text)
        layout.addLayout(_figures(self.finding.evidence))
        if self.finding.series and len(self.finding.series.values) > 1:
            layout.addWidget(_quiet(self.finding.series.title))
            layout.addWidget(Sparkline(self.finding.series))
        for button in self.buttons:
            layout.addWidget(button)
        layout.addWidget(self._arrange_done())

    def _arrange_done(self) -> QWidget:
        self._done.setObjectName(f"done_{self.finding.cause}")
        self._done.setWordWrap(True)
        self._undo.setObjectName(f"undo_{self.finding.cause}")
        self._undo.setAccessibleName(f"Undo what was done about: {self.finding.title}")
        self._undo.clicked.connect(lambda _=False: self._doctor.undo(self.finding.cause))
        self._done_row = QWidget()
        row = QHBoxLayout(self._done_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._done_sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._done, 1)
        row.addWidget(self._undo, 0, Qt.AlignmentFlag.AlignTop)
        return self._done_row


def _figures(evidence: tuple[Evidence, ...]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(0, 1)
    for row, figure in enumerate(evidence):
        value = QLabel(figure.value)
        value.setFont(tabular(value.font()))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(_quiet(figure.label), row, 0)
        grid.addWidget(value, row, 1)
    return grid


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "quiet")
    label.setWordWrap(True)
    return label


class WrappingButton(QPushButton):
    """A button whose words may take several lines, as a narrow panel needs."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(text)
        self._words = QLabel(text, self)
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def words(self) -> str:
        return self._words.text()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._words.heightForWidth(max(1, width - 2 * _PADDING)) + 2 * _GAP

    def sizeHint(self) -> QSize:
        width = self._words.sizeHint().width() + 2 * _PADDING
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(8 * _PADDING, self.fontMetrics().height() + 2 * _GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._words.setGeometry(self.rect().adjusted(_PADDING, 0, -_PADDING, 0))
