"""Taking the network out of the program: as a drawing, as a table, as code."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QSize
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QListWidget, QPushButton, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.files import atomic_write
from nnstudio.gui.background import Background
from nnstudio.gui.designer.canvas.scene import NetworkScene
from nnstudio.gui.designer.export.choices import CHOICES, PNG, SVG, Choice, PictureOptions
from nnstudio.gui.designer.export.drawing import Drawing, MakeScene
from nnstudio.gui.designer.export.preview import ExportPreview
from nnstudio.gui.images import as_png
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.slices import Slices, Steps
from nnstudio.gui.widgets.labels import text_label
from nnstudio.interop.code.names import file_stem
from nnstudio.interop.formats import Content, Format, write


class ExportDialog(QDialog):
    """What the network looks like in each format, to be copied or saved.

    It shows the network as it is when the dialog is made: ``opened`` are the blocks whose layers the canvas shows,
    ``classes`` the names of the answers. It deletes itself when it is closed and nothing is being written any more.
    """

    def __init__(
        self,
        network: NetworkModel,
        weights: WeightsModel,
        parent: QWidget | None = None,
        *,
        classes: tuple[str, ...] = (),
        opened: Collection[str] = (),
        make_scene: MakeScene = NetworkScene,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("export_dialog")
        self.setWindowTitle("Export network")
        self._network = network
        parameters = weights.parameters if weights.parameters and weights.spec == network.flat else None
        self._content = Content(network.spec, parameters, classes)
        self._draw = partial(Drawing, network, weights, opened, make_scene)
        self._drawing: Drawing | None = None
        self._background, self._slices = Background(self), Slices(self)
        self._running, self._left = 0, False
        self._text = ""
        self._make_parts()
        self.finished.connect(self._leave)
        self.list.setCurrentRow(0)

    @property
    def choice(self) -> Choice:
        return CHOICES[self.list.currentRow()]

    # ---- parts

    def _make_parts(self) -> None:
        self.list = QListWidget()
        self.list.setObjectName("export_formats")
        self.list.setAccessibleName("Formats")
        self.list.setFixedWidth(160)
        self.list.addItems([choice.title for choice in CHOICES])
        for row in range(len(CHOICES)):
            self.list.item(row).setSizeHint(QSize(0, 32))
        self.list.currentRowChanged.connect(self._show_choice)
        self._about = text_label("export_about", "quiet")
        self._note = text_label("export_note", "quiet")
        self.preview, self._options = ExportPreview(), PictureOptions()
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._about)
        right.addWidget(self.preview, 1)
        right.addWidget(self._options)
        right.addWidget(self._note)
        upper = QHBoxLayout()
        upper.setSpacing(16)
        upper.addWidget(self.list)
        upper.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(upper, 1)
        layout.addLayout(self._make_buttons())
        self.resize(960, 600)

    def _make_buttons(self) -> QHBoxLayout:
        self._told = text_label("export_status", "quiet")
        self.copy_button, self.save_button, close = (QPushButton(text) for text in ("Copy", "Save…", "Close"))
        self.save_button.setProperty("primary", "true")
        self.save_button.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._told, 1)
        actions = ((self.copy_button, self._copy), (self.save_button, self._save), (close, self.reject))
        for button, action in actions:
            button.setObjectName(f"export_{button.text().rstrip('…').lower()}")
            button.setAccessibleName(button.text())
            button.clicked.connect(lambda _=False, action=action: action())
            row.addWidget(button)
        return row

    # ---- looking

    def _show_choice(self) -> None:
        choice = self.choice
        self._slices.stop()
        self._about.setText(choice.about)
        self._note.setText(self._about_weights(choice.form))
        self._note.setVisible(bool(self._note.text()))
        self._options.setVisible(choice is PNG)
        self._tell("")
        self._make_ready(False)
        self.preview.show_nothing()
        if choice.form is None:
            self._try(self._begin_picture)
        else:
            self._in_background(partial(choice.form.text, self._content), partial(self._show_text, choice), choice)

    def _begin_picture(self) -> None:
        scale = self.devicePixelRatioF()
        self._slices.run(self._drawn().image_steps(scale), self._show_picture, self._fail)

    def _drawn(self) -> Drawing:
        if self._drawing is None:
            self._drawing = self._draw()
        return self._drawing

    def _show_picture(self, image: QImage) -> None:
        self.preview.show_picture(image, image.width() / self._drawn().size.width())
        self._make_ready(True)

    def _show_text(self, choice: Choice, text: str) -> None:
        if choice is self.choice:
            self._text = text
            self.preview.show_text(text)
            self._make_ready(True)

    def _about_weights(self, form: Format | None) -> str:
        if form is None or not form.has_weights:
            return ""
        if self._content.parameters is None:
            return "The network has no weights yet, so there will be none beside the code."
        return "Save… puts the weights beside it, in a file of the same name that ends in .npz."

    # ---- taking along

    def _copy(self) -> None:
        if self.choice.form:
            QGuiApplication.clipboard().setText(self._text)
            self._tell("Copied")
        elif self.choice is SVG:
            self._paint(self._drawn().svg_steps(), self._copy_svg)
        else:
            self._paint(self._png_steps(), self._copy_image)

    def _copy_svg(self, svg: bytes) -> None:
        data = QMimeData()
        data.setData("image/svg+xml", svg)
        data.setText(svg.decode())
        QGuiApplication.clipboard().setMimeData(data)
        self._finish("Copied")

    def _copy_image(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self._finish("Copied")

    def _save(self) -> None:
        choice, stem = self.choice, file_stem(self._network.spec.name)
        proposal = str(Path.home() / f"{stem}{choice.suffix}")
        filters = f"{choice.title} (*{choice.suffix})"
        name, _ = QFileDialog.getSaveFileName(self, "Export network", proposal, filters)
        if name:
            path = Path(name)
            self.save_to(path if path.suffix == choice.suffix else path.with_name(path.name + choice.suffix))

    def save_to(self, path: Path) -> None:
        """Write what is chosen to ``path``, while the window goes on."""
        if self.choice.form:
            self._make_ready(False)
            self._write(partial(write, path, self.choice.form, self._content))
        elif self.choice is SVG:
            self._paint(self._drawn().svg_steps(), lambda svg: self._write(partial(_written, path, lambda: svg)))
        else:
            self._paint(
                self._png_steps(), lambda image: self._write(partial(_written, path, partial(as_png, image, "drawing")))
            )

    def _png_steps(self) -> Steps[QImage]:
        return self._drawn().image_steps(self._options.scale, transparent=self._options.transparent)

    def _paint(self, steps: Steps[Any], done: Callable[[Any], object]) -> None:
        self._make_ready(False)
        self._tell("Drawing…")
        self._slices.run(steps, done, self._fail)

    def _write(self, work: Callable[[], tuple[Path, ...]]) -> None:
        self._tell("Writing…")
        self._in_background(work, self._show_written)

    def _show_written(self, files: tuple[Path, ...]) -> None:
        self._finish(f"Saved {' and '.join(file.name for file in files)} in {files[0].parent}")

    # ---- what is going on

    def _in_background(
        self, work: Callable[[], Any], done: Callable[[Any], object], choice: Choice | None = None
    ) -> None:
        """Of work for a choice nothing is told any more once there is another."""
        self._running += 1
        failed = partial(self._fail_if, choice)
        self._background.run(work, partial(self._receive, done), partial(self._receive, failed))

    def _receive(self, done: Callable[[Any], object], result: Any) -> None:
        self._running -= 1
        if not self._left:
            done(result)
        elif not self._running:
            self.deleteLater()

    def _fail_if(self, choice: Choice | None, error: NNStudioError) -> None:
        if choice in (None, self.choice):
            self._fail(error)

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except NNStudioError as error:
            self._fail(error)

    def _fail(self, error: NNStudioError) -> None:
        """What could be seen can still be taken along."""
        self._make_ready(self.preview.filled)
        self._tell(str(error), "error")

    def _finish(self, words: str) -> None:
        self._make_ready(True)
        self._tell(words)

    def _make_ready(self, ready: bool) -> None:
        self.copy_button.setEnabled(ready)
        self.save_button.setEnabled(ready)

    def _tell(self, words: str, role: str = "quiet") -> None:
        self._told.setText(words)
        self._told.setProperty("role", role)
        self._told.style().polish(self._told)

    def _leave(self) -> None:
        self._left, self._drawing = True, None
        self._slices.stop()
        if not self._running:
            self.deleteLater()


def _written(path: Path, content: Callable[[], bytes]) -> tuple[Path, ...]:
    atomic_write(path, content())
    return (path,)
