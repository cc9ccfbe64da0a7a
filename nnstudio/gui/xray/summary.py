"""The totals over the table: a card for each device, and one for how two compare."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.theme import tabular
from nnstudio.gui.xray.export import difference, peaks, totals
from nnstudio.gui.xray.table import Findings, ratio, times


class Summary(QWidget):
    """Who, how fast, and out of what; side by side like the columns below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards = [_Card(name) for name in ("first", "second", "comparison")]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(24)
        for card in self._cards:
            layout.addWidget(card, 1)

    def show_findings(self, findings: Findings) -> None:
        """Tell the totals of these."""
        told = [(xray.device, totals(xray), peaks(xray)) for xray in findings.xrays]
        told += [(_verdict(findings), difference(findings), "")] if findings.comparison else []
        for place, card in enumerate(self._cards):
            card.setVisible(place < len(told))
            if place < len(told):
                card.show_texts(*told[place])


def _verdict(findings: Findings) -> str:
    factor = ratio([xray.step_seconds for xray in findings.xrays]) or 1.0
    slower = "second" if factor >= 1 else "first"
    return f"The {slower} takes {times(max(factor, 1 / factor))} as long"


class _Card(QWidget):
    """A title and two lines; they break where there is little room."""

    def __init__(self, name: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._labels = []
        for part, role in (("title", "title"), ("figures", ""), ("details", "quiet")):
            label = QLabel()
            label.setObjectName(f"xray_{name}_{part}")
            label.setProperty("role", role)
            label.setFont(tabular(label.font()))
            label.setWordWrap(True)
            self._labels.append(label)
            layout.addWidget(label)
        layout.addStretch(1)

    def show_texts(self, *texts: str) -> None:
        for label, text in zip(self._labels, texts, strict=True):
            label.setText(text)
            label.setVisible(bool(text))
