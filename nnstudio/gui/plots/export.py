"""Taking a plot out of the program: as a picture, as a drawing, as a table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRectF, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.files import WriteError, atomic_write
from nnstudio.gui.background import Background
from nnstudio.gui.icons import icon
from nnstudio.gui.images import as_png
from nnstudio.gui.theme import current_theme, theme_source

SCALE = 2
"""Pixels of a PNG along a pixel of the screen."""
Row = Sequence[object]
FORMATS = {"PNG picture": ".png", "SVG drawing": ".svg", "CSV table": ".csv"}


class Exportable(Protocol):
    """A widget that can be taken along. What `rows` gives may be read in another thread."""

    title: str

    def rows(self) -> Iterable[Row]: ...


class ExportButton(QToolButton):
    """A small menu beside a plot that saves it."""

    message = Signal(str, str, str)
    """What came of it: severity, what happened, what to do."""

    def __init__(self, plot: QWidget, name: str) -> None:
        super().__init__()
        self._plot = plot
        self._background = Background(self)
        self.setObjectName(f"plot_{name}_export")
        self.setAccessibleName("Save this plot")
        self.setToolTip("Save this plot as PNG, SVG or CSV")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setObjectName(f"plot_{name}_export_menu")
        for form, suffix in FORMATS.items():
            menu.addAction(f"{form}…", partial(self._ask, form, suffix))
        self.setMenu(menu)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def _ask(self, form: str, suffix: str) -> None:
        title = getattr(self._plot, "title", "plot")
        proposal = str(Path.home() / f"{_file_stem(title)}{suffix}")
        name, _ = QFileDialog.getSaveFileName(self, f"Save “{title}”", proposal, f"{form} (*{suffix})")
        if name:
            path = Path(name)
            self.save_to(path if path.suffix == suffix else path.with_name(path.name + suffix))

    def save_to(self, path: Path) -> None:
        """Write what is shown to ``path``, whose suffix says how, while the window goes on."""
        work = partial(_write, path, content_of(self._plot, path.suffix))
        self._background.run(work, self._tell_saved, self._tell_failed)

    def wait(self) -> None:
        """Let what has begun come to its end."""
        self._background.wait()

    def _tell_saved(self, path: Path) -> None:
        self.message.emit("good", f"Saved {path.name} in {path.parent}.", "")

    def _tell_failed(self, error: NNStudioError) -> None:
        self.message.emit("error", error.message, error.hint)

    def _colour(self) -> None:
        self.setIcon(icon("download", "quiet"))


def content_of(plot: QWidget, suffix: str) -> Callable[[], bytes]:
    """Makes the content of a file: what concerns the screen is done now, the rest when the result is called."""
    if suffix == ".csv":
        rows: Iterable[Row] = plot.rows()  # type: ignore[attr-defined]
        return partial(as_csv, rows)
    if suffix == ".svg":
        svg = as_svg(plot)
        return lambda: svg
    if suffix == ".png":
        return partial(as_png, as_image(plot), "plot")
    raise WriteError(f"A plot cannot be saved as “{suffix}”.", f"Choose {', '.join(FORMATS.values())}.")


@contextmanager
def _as_printed(plot: QWidget) -> Iterator[None]:
    """Meanwhile it has no button to be clicked, and axes are lines and text instead of pixels kept in memory."""
    buttons = [(button, button.icon()) for button in plot.findChildren(ExportButton)]
    keep = getattr(getattr(plot, "canvas", None), "keep_axes", lambda _kept: None)
    for button, _ in buttons:
        button.setIcon(QIcon())
    keep(False)
    yield
    keep(True)
    for button, sign in buttons:
        button.setIcon(sign)


def as_csv(rows: Iterable[Row]) -> bytes:
    """Numbers with all their digits; empty where there is none."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def as_image(plot: QWidget) -> QImage:
    """The plot as it stands in the window, with `SCALE` times the pixels."""
    image = QImage(plot.size() * SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(SCALE)
    image.fill(current_theme().color("panel"))
    with _as_printed(plot):
        plot.render(image, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    return image


def as_svg(plot: QWidget) -> bytes:
    """The plot as lines and text."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setTitle(getattr(plot, "title", ""))
    generator.setDescription("Drawn by NN Studio")
    generator.setSize(plot.size())
    generator.setViewBox(QRectF(0, 0, plot.width(), plot.height()))
    generator.setResolution(plot.logicalDpiX())
    with _as_printed(plot), QPainter(generator) as painter:
        painter.fillRect(plot.rect(), current_theme().color("panel"))
        plot.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    return bytes(data.data())


def _write(path: Path, content: Callable[[], bytes]) -> Path:
    atomic_write(path, content())
    return path


def _file_stem(title: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in title.lower()).split()) or "plot"
