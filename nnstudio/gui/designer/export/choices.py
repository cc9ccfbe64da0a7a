"""What the network can be exported as, and how a picture of it is painted."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from nnstudio.interop.formats import FORMATS, Format


@dataclass(frozen=True)
class Choice:
    """A row of the list: a drawing, or what a format writes."""

    title: str
    suffix: str
    about: str
    form: Format | None = None


SVG = Choice("SVG drawing", ".svg", "Lines and text that stay sharp at any size: for papers and slides.")
PNG = Choice("PNG picture", ".png", "Pixels: for everything that does not take SVG.")
CHOICES = (SVG, PNG, *(Choice(form.title, form.suffix, form.about, form) for form in FORMATS.values()))
_SCALES = {"2×, for screens": 2.0, "3×, for print": 3.0, "4×, for posters": 4.0}


class PictureOptions(QWidget):
    """How large a PNG is, and whether the paper can be seen through."""

    def __init__(self) -> None:
        super().__init__()
        self._scale = QComboBox()
        self._scale.setObjectName("export_scale")
        self._scale.setAccessibleName("Size of the picture")
        self._scale.addItems(list(_SCALES))
        self._scale.setCurrentIndex(1)
        self._transparent = QCheckBox("Transparent background")
        self._transparent.setObjectName("export_transparent")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self._scale)
        row.addWidget(self._transparent)
        row.addStretch(1)

    @property
    def scale(self) -> float:
        """Pixels of the picture along a pixel of the screen."""
        return _SCALES[self._scale.currentText()]

    @property
    def transparent(self) -> bool:
        return self._transparent.isChecked()
