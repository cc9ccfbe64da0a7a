"""How a run shall become an animation, and how far that is."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.errors import CancelledError, NNStudioError
from nnstudio.files import atomic_write
from nnstudio.gui.background import Background
from nnstudio.gui.inspect.mosaic import sources
from nnstudio.gui.theme import Theme, current_theme
from nnstudio.gui.timeline.animation import FORMATS, Colour, Palette, Wish, animation
from nnstudio.gui.widgets.fields import combo_box
from nnstudio.network import check
from nnstudio.training.timeline import Timeline
from nnstudio.units import bytes_text

_SECONDS = (2, 5, 10)
_WIDTHS = {"Small (320 pixels)": 320, "Medium (480 pixels)": 480, "Large (800 pixels)": 800}
_NOTHING = "This network has no filters that could be shown."


class AnimationDialog(QDialog):
    """Choices on top, progress and buttons below. Writing goes on in the background and can be cancelled."""

    _progressed = Signal(int, int)

    def __init__(self, timeline: Timeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("animation_dialog")
        self.setWindowTitle("Export as an animation")
        self._timeline = timeline
        self._sources = sources(timeline.spec, check(timeline.spec))
        self._background = Background(self)
        self._cancel: Event | None = None
        self._left = False
        self._layer = self._choice("layer", "Layer whose filters are shown", [s.title for s in self._sources])
        self._format = self._choice("format", "File format", list(FORMATS))
        self._length = self._choice("length", "How long it plays", [f"{s} seconds" for s in _SECONDS])
        self._length.setCurrentIndex(1)
        self._width = self._choice("width", "Size of the picture", list(_WIDTHS))
        self._width.setCurrentIndex(1)
        self._progress = QProgressBar()
        self._progress.setObjectName("animation_progress")
        self._progress.setAccessibleName("Progress of the animation")
        self._progress.setTextVisible(False)
        self._told = QLabel()
        self._told.setObjectName("animation_told")
        self._told.setWordWrap(True)
        self._save = QPushButton("Save…")
        self._save.setObjectName("animation_save")
        self._save.setAccessibleName("Save")
        self._save.setProperty("primary", "true")
        self._save.setDefault(True)
        self._save.clicked.connect(lambda _=False: self._ask_place())
        self._stop = QPushButton("Cancel")
        self._stop.setObjectName("animation_cancel")
        self._stop.setAccessibleName("Cancel")
        self._stop.clicked.connect(lambda _=False: self._give_up())
        self._progressed.connect(self._show_progress)
        self.finished.connect(lambda _: self._leave())
        self._arrange()
        self._make_ready(True)
        self._tell("" if self._sources else _NOTHING)

    def save_to(self, path: Path) -> None:
        """Make what is chosen and write it to `path`, while the window goes on."""
        source = self._sources[self._layer.currentIndex()]
        seconds, width = _SECONDS[self._length.currentIndex()], _WIDTHS[self._width.currentText()]
        wish = Wish(source, f"{source.node}: its filters", seconds, width, self._format.currentText())
        palette, cancel = _palette(current_theme()), Event()
        self._cancel = cancel

        def work() -> int:
            data = animation(self._timeline, wish, palette, self._progressed.emit, cancel)
            atomic_write(path, data)
            return len(data)

        self._make_ready(False)
        self._tell("Drawing…")
        self._background.run(work, lambda size: self._done(f"Saved {path.name}: {bytes_text(size)}"), self._fail)

    def _ask_place(self) -> None:
        suffix = FORMATS[self._format.currentText()]
        proposal = str(Path.home() / f"training{suffix}")
        filters = f"{self._format.currentText()} (*{suffix})"
        name, _ = QFileDialog.getSaveFileName(self, "Export as an animation", proposal, filters)
        if name:
            path = Path(name)
            self.save_to(path if path.suffix == suffix else path.with_name(path.name + suffix))

    # ---- what is going on

    def _show_progress(self, done: int, total: int) -> None:
        self._progress.setMaximum(total)
        self._progress.setValue(done)

    def _done(self, words: str) -> None:
        self._end()
        self._tell(words, "good")

    def _fail(self, error: NNStudioError) -> None:
        self._end()
        cancelled = isinstance(error, CancelledError)
        self._tell("Cancelled" if cancelled else str(error), "quiet" if cancelled else "error")

    def _end(self) -> None:
        self._cancel = None
        self._make_ready(True)
        if self._left:
            self.deleteLater()

    def _give_up(self) -> None:
        """End what is being made, or else the dialog."""
        if self._cancel:
            self._cancel.set()
        else:
            self.reject()

    def _leave(self) -> None:
        self._left = True
        if self._cancel:
            self._cancel.set()
        else:
            self.deleteLater()

    def _make_ready(self, ready: bool) -> None:
        for part in (self._layer, self._format, self._length, self._width, self._save):
            part.setEnabled(ready and bool(self._sources))
        self._progress.setValue(0)
        self._progress.setEnabled(not ready)
        self._stop.setText("Close" if ready else "Cancel")

    def _tell(self, words: str, role: str = "quiet") -> None:
        self._told.setText(words)
        self._told.setProperty("role", role)
        self._told.style().polish(self._told)

    # ---- how it is made

    def _choice(self, name: str, text: str, items: list[str]) -> QComboBox:
        box = combo_box()
        box.setObjectName(f"animation_{name}")
        box.setAccessibleName(text)
        box.addItems(items)
        return box

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        rows = {"Filters of": self._layer, "Format": self._format, "Length": self._length, "Size": self._width}
        for text, box in rows.items():
            form.addRow(text, box)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._told, 1)
        buttons.addWidget(self._save)
        buttons.addWidget(self._stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self._progress)
        layout.addLayout(buttons)
        self.setMinimumWidth(480)


def _palette(theme: Theme) -> Palette:
    return Palette(
        ground=_rgb(theme.panel),
        text=_rgb(theme.text),
        quiet=_rgb(theme.quiet),
        border=_rgb(theme.border),
        curve=_rgb(theme.series[0]),
        diverge=theme.paint_diverging,
    )


def _rgb(colour: str) -> Colour:
    named = QColor(colour)
    return named.red(), named.green(), named.blue()
