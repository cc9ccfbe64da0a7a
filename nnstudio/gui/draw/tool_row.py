"""Pen, eraser, width, undo, redo, clear."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QSlider, QToolButton, QWidget

from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.models.drawing_model import DrawingModel
from nnstudio.gui.models.pen_model import PenModel
from nnstudio.gui.theme import theme_source


class ToolRow(QWidget):
    """The buttons above the canvas; what they do can be done by keyboard on the canvas, too."""

    def __init__(self, drawing: DrawingModel, pen: PenModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pen, undo = pen, drawing.undo_stack
        self._icons: dict[QToolButton, str] = {}
        self._pen_button = self._button("pen_button", "pencil", "Pen", "P")
        self._eraser_button = self._button("eraser_button", "eraser", "Eraser", "E, or the right mouse button")
        self._undo_button = self._button("undo_drawing", "undo", "Undo", "Ctrl+Z")
        self._redo_button = self._button("redo_drawing", "redo", "Redo", "Ctrl+Shift+Z")
        self._clear_button = self._button("clear_drawing", "delete-outline", "Clear", "Delete")
        self._clear_button.setText("Clear")
        self._clear_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        tools = QButtonGroup(self)
        for button in (self._pen_button, self._eraser_button):
            button.setCheckable(True)
            tools.addButton(button)
        self._slider = self._width_slider()
        self._lay_out()

        self._pen_button.clicked.connect(lambda: pen.set_erases(False))
        self._eraser_button.clicked.connect(lambda: pen.set_erases(True))
        self._slider.valueChanged.connect(pen.set_width)
        self._undo_button.clicked.connect(undo.undo)
        self._redo_button.clicked.connect(undo.redo)
        self._clear_button.clicked.connect(drawing.clear)
        undo.canUndoChanged.connect(self._undo_button.setEnabled)
        undo.canRedoChanged.connect(self._redo_button.setEnabled)
        drawing.changed.connect(lambda: self._clear_button.setEnabled(not drawing.empty))
        pen.changed.connect(self._show_pen)
        theme_source.themeChanged.connect(self._draw_icons)

        self._undo_button.setEnabled(undo.canUndo())
        self._redo_button.setEnabled(undo.canRedo())
        self._clear_button.setEnabled(not drawing.empty)
        self._draw_icons()
        self._show_pen()

    def _button(self, name: str, glyph: str, text: str, keys: str) -> QToolButton:
        button = QToolButton(objectName=name, toolTip=f"{text} ({keys})")
        button.setAccessibleName(text)
        button.setIconSize(QSize(SIZE, SIZE))
        self._icons[button] = glyph
        return button

    def _width_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, objectName="pen_width", toolTip="Pen width ([ thinner, ] thicker)")
        slider.setAccessibleName("Pen width")
        slider.setRange(PenModel.THINNEST, PenModel.THICKEST)
        slider.setPageStep(10)
        slider.setMinimumWidth(48)
        slider.setMaximumWidth(160)
        slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return slider

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._pen_button)
        row.addWidget(self._eraser_button)
        row.addSpacing(8)
        row.addWidget(self._slider, 1)
        row.addStretch(1)
        row.addWidget(self._undo_button)
        row.addWidget(self._redo_button)
        row.addWidget(self._clear_button)

    def _show_pen(self) -> None:
        self._pen_button.setChecked(not self._pen.erases)
        self._eraser_button.setChecked(self._pen.erases)
        self._slider.setValue(self._pen.width)

    def _draw_icons(self) -> None:
        for button, glyph in self._icons.items():
            button.setIcon(icon(glyph))
