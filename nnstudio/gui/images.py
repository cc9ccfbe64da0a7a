"""Images as the content of files."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage

from nnstudio.files import WriteError


def as_png(image: QImage, what: str) -> bytes:
    """An image as the content of a file; takes its time, and may be done in any thread. ``what`` it is, such as a
    drawing, is told in a ``WriteError``."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise WriteError(f"The {what} could not be made into a PNG.", "Choose SVG.")
    return bytes(data.data())
