"""Offers to go on where a session ended suddenly; lies over the window without stopping anybody's work."""

from __future__ import annotations

from time import localtime, strftime

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.recovery_model import RecoveryModel
from nnstudio.gui.widgets.floating import MARGIN, Floating
from nnstudio.gui.widgets.labels import text_label
from nnstudio.project.recovery import Recovery

_WIDTH = 640


class RecoveryBanner(Floating):
    """One session after another, the newest first: *Continue*, *Not now*, *Discard*."""

    continueAsked = Signal(object)
    """The `Recovery` that shall stand on the desk, in place of what stands there."""

    def __init__(self, recovery: RecoveryModel, window: QWidget, below: QWidget) -> None:
        super().__init__(window, _WIDTH, lambda _: below.mapTo(window, QPoint(0, below.height())).y() + MARGIN)
        self._recovery = recovery
        self.setObjectName("recovery_banner")
        self._icon = QLabel()
        self._text = text_label("recovery_text", "title")
        self._details = text_label("recovery_details", "quiet")
        self._continue = _button("recovery_continue", "&Continue", "Put it on the desk; training can go on from there")
        self._continue.setProperty("primary", True)
        self._later = _button("recovery_later", "&Not now", "Keep it and ask again at the next start")
        self._discard = _button("recovery_discard", "&Discard …", "Remove it for good, after a question")
        self._continue.clicked.connect(lambda: self.continueAsked.emit(self._shown))
        self._later.clicked.connect(lambda: recovery.put_off(self._shown))
        self._discard.clicked.connect(lambda: self._ask_discard(self._shown))
        self._arrange()
        recovery.changed.connect(self._show)
        self._show()

    @property
    def _shown(self) -> Recovery:
        offer = self._recovery.offer
        assert offer, "the buttons are only there while something is offered"
        return offer

    def _show(self) -> None:
        offer = self._recovery.offer
        if offer is None:
            self.hide()
            return
        self._icon.setPixmap(icon("backup-restore", "accent").pixmap(SIZE, SIZE))
        self._text.setText(question(offer))
        self._details.setText(details(offer, len(self._recovery.offers) - 1))
        self._continue.setVisible(offer.readable)
        for button in (self._continue, self._later, self._discard):
            button.setEnabled(not self._recovery.busy)
        self.setAccessibleName(f"{self._text.text()} {self._details.text()}")
        self.bring_up()

    def _ask_discard(self, offer: Recovery) -> None:
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setObjectName("recovery_question")
        box.setIconPixmap(icon("delete-outline", "accent").pixmap(2 * SIZE, 2 * SIZE))
        box.setText(f"Discard what was left of “{offer.name}”?")
        box.setInformativeText("It cannot be had back afterwards.")
        box.setStandardButtons(button.Discard | button.Cancel)
        box.setDefaultButton(button.Cancel)
        box.finished.connect(
            lambda: self._recovery.discard(offer) if box.standardButton(box.clickedButton()) == button.Discard else None
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self._discard, self._later, self._continue):
            buttons.addWidget(button)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._text)
        words.addWidget(self._details)
        words.addSpacing(4)
        words.addLayout(buttons)
        self.row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self.row.addLayout(words, 1)


def question(offer: Recovery) -> str:
    """Such as "Continue where the last session ended (LeNet-5, epoch 7, 20 s before the end)?"."""
    if not offer.readable:
        return "The last session ended suddenly, and what it left is damaged."
    parts = [offer.name]
    if offer.epoch:
        parts.append(f"epoch {offer.epoch:,}")
    parts.append(_before_the_end(offer.lost_seconds))
    return f"Continue where the last session ended ({', '.join(parts)})?"


def details(offer: Recovery, others: int = 0) -> str:
    """What there is, when it was saved, what is the matter with it, and how many more offers wait."""
    moment = strftime("%d %B at %H:%M", localtime(offer.saved)).lstrip("0")
    sentences = [f"Saved on {moment}."] if offer.readable else []
    if offer.run:
        ended = "had ended" if offer.run.finished else "can go on exactly where it was saved"
        sentences.append(f"Training, at step {offer.step:,}, {ended}.")
    elif offer.desk:
        sentences.append("The network, its weights and the settings are there.")
    sentences += offer.problems
    if others:
        sentences.append("One more session is offered next." if others == 1 else f"{others} more sessions follow.")
    return " ".join(sentences)


def _before_the_end(seconds: float) -> str:
    if seconds < 1:
        return "as it ended"
    if seconds < 90:
        return f"{seconds:.0f} s before the end"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min before the end"
    return f"{seconds / 3600:.0f} h before the end"


def _button(name: str, text: str, description: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleDescription(description)
    button.setToolTip(description)
    return button
