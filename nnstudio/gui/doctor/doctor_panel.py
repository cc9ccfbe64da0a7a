"""The panel of the doctor: all findings, or that there are none and what is watched."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.gui.doctor.doctor_model import DoctorModel
from nnstudio.gui.doctor.finding_card import FindingCard
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.theme import theme_source
from nnstudio.training.doctor import WATCHED

_HEALTHY = "Training looks healthy"
_WAITING = "Nobody to look after yet"
_INVITATION = "Press Train: the doctor watches, and says here when something goes wrong and what helps."


class DoctorPanel(QWidget):
    """A card for each finding, the worst on top."""

    def __init__(self, doctor: DoctorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("doctor_panel")
        self.setAccessibleName("What the doctor has found")
        self._doctor = doctor
        self._cards: dict[str, FindingCard] = {}
        self._healthy = _Healthy()
        self._refusal = QLabel()
        self._refusal.setObjectName("doctor_refusal")
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        self._arrange()
        doctor.refused.connect(self._show_refusal)
        doctor.changed.connect(self._show)
        self._show()

    def _arrange(self) -> None:
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(12, 12, 12, 12)
        self._list.setSpacing(8)
        self._list.addWidget(self._healthy)
        self._list.addWidget(self._refusal)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("doctor_scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def _show(self) -> None:
        """Cards that say the same stay, so that the focus and a click under way do too."""
        findings = {finding.cause: finding for finding in self._doctor.findings}
        for cause, card in list(self._cards.items()):
            if findings.get(cause) != card.finding:
                self._cards.pop(cause).deleteLater()
                card.hide()
        for place, (cause, finding) in enumerate(findings.items()):
            if cause not in self._cards:
                card = self._cards[cause] = FindingCard(self._doctor, finding)
                card.dismissed.connect(self._dismiss)
            self._list.insertWidget(2 + place, self._cards[cause])
            self._cards[cause].show_treatment()
        self._healthy.setVisible(not findings)
        self._healthy.tell(watching=self._doctor.watching)
        self._refusal.hide()

    def _dismiss(self, cause: str) -> None:
        """The next card takes the focus, so that several can be dismissed in a row by keyboard."""
        self._doctor.dismiss(cause)
        if self._cards:
            next(iter(self._cards.values())).take_focus()

    def _show_refusal(self, text: str) -> None:
        self._refusal.setText(text)
        self._refusal.show()


class _Healthy(QWidget):
    """That there is nothing to say, and what is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("doctor_healthy")
        self._sign, self._title, self._text = QLabel(), QLabel(), QLabel()
        self._title.setObjectName("doctor_headline")
        self._title.setProperty("role", "title")
        self._text.setProperty("role", "quiet")
        self._text.setWordWrap(True)
        watched = QLabel("\n".join(f"•  {what[0].upper()}{what[1:]}" for what in WATCHED))
        watched.setObjectName("doctor_watched")
        watched.setProperty("role", "quiet")
        watched.setWordWrap(True)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._sign)
        top.addWidget(self._title, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._text)
        layout.addWidget(watched)
        self._watching = False
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def tell(self, *, watching: bool) -> None:
        self._watching = watching
        self._title.setText(_HEALTHY if watching else _WAITING)
        self._text.setText("These are watched:" if watching else f"{_INVITATION} These are watched:")
        self._colour()

    def _colour(self) -> None:
        name, role = ("check-circle-outline", "good") if self._watching else ("stethoscope", "quiet")
        self._sign.setPixmap(icon(name, role).pixmap(SIZE, SIZE))
