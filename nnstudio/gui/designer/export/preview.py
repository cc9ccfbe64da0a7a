"""What is about to be exported: a picture on white paper, or text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QImage, QPixmap
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QScrollArea, QStackedWidget, QWidget


class ExportPreview(QStackedWidget):
    """Pages for nothing, a picture and text; what is larger than the room can be scrolled."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("export_preview")
        self._picture = QLabel()
        self._picture.setObjectName("export_picture")
        self._picture.setAccessibleName("The drawing")
        self._paper = QScrollArea()
        self._paper.setObjectName("export_paper")
        self._paper.setAccessibleName("Preview of the drawing")
        self._paper.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._paper.setWidget(self._picture)
        self._text = QPlainTextEdit()
        self._text.setObjectName("export_text")
        self._text.setAccessibleName("Preview of the text")
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        for page in (QWidget(), self._paper, self._text):
            self.addWidget(page)

    @property
    def filled(self) -> bool:
        """Whether there is something to be seen."""
        return self.currentIndex() > 0

    def show_nothing(self) -> None:
        self.setCurrentIndex(0)

    def show_picture(self, image: QImage, scale: float) -> None:
        """Show an image that has ``scale`` pixels for each of the screen's coordinates."""
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(scale)
        self._picture.setPixmap(pixmap)
        self._picture.adjustSize()
        self.setCurrentWidget(self._paper)

    def show_text(self, text: str) -> None:
        self._text.setPlainText(text)
        self.setCurrentWidget(self._text)
