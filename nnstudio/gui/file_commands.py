"""New, open, save: the questions asked on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from nnstudio.gui.designer.templates.dialog import NewNetworkDialog
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.models.document import Document
from nnstudio.gui.preferences import Preferences
from nnstudio.network import NetworkSpec
from nnstudio.project import SUFFIX

_FILTER = f"NN Studio projects (*{SUFFIX});;Networks (*.json);;All files (*)"


class FileCommands(QObject):
    """What the File menu does. Nothing that is unsaved is lost without a question."""

    recentChanged = Signal()

    def __init__(self, window: QWidget, document: Document, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._document, self._preferences = window, document, preferences
        self._after_saving: Callable[[], object] | None = None
        document.saved.connect(self._saved)
        document.opened.connect(self._remember)
        document.failed.connect(self._forget_plan)

    def new(self) -> None:
        dialog = NewNetworkDialog(self._window)
        dialog.chosen.connect(self._make)
        dialog.open()

    def open(self) -> None:
        def choose() -> None:
            folder = str(self._document.path.parent) if self._document.path else ""
            name, _ = QFileDialog.getOpenFileName(self._window, "Open a project", folder, _FILTER)
            if name:
                self._document.open(Path(name))

        self.ask_then(choose)

    def open_path(self, path: Path) -> None:
        self.ask_then(lambda: self._document.open(path))

    def save(self) -> None:
        if self._document.path and self._document.path.suffix == SUFFIX:
            self._document.save(self._document.path)
        else:
            self.save_as()

    def save_as(self) -> None:
        folder = self._document.path.parent if self._document.path else Path.home()
        proposal = str(folder / f"{self._document.name}{SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the project", proposal, f"NN Studio (*{SUFFIX})")
        if name:
            path = Path(name)
            self._document.save(path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX))
        else:
            self._after_saving = None

    def ask_then(self, action: Callable[[], object]) -> None:
        """Do `action`, after a question when something would be lost by it."""
        if not self._document.modified:
            action()
            return
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setObjectName("unsaved_question")
        box.setIconPixmap(icon("content-save-alert-outline", "accent").pixmap(2 * SIZE, 2 * SIZE))
        box.setText(f"Save the changes to “{self._document.name}”?")
        box.setInformativeText("Without saving, what was edited or learned since then is lost.")
        box.setStandardButtons(button.Save | button.Discard | button.Cancel)
        box.setDefaultButton(button.Save)

        def answered() -> None:
            answer = box.standardButton(box.clickedButton())
            if answer == button.Save:
                self._after_saving = action
                self.save()
            elif answer == button.Discard:
                action()

        box.finished.connect(answered)
        box.open()

    def accepts(self, urls: list[QUrl]) -> bool:
        """Whether something dragged in is a single project or network file."""
        return len(urls) == 1 and Path(urls[0].toLocalFile()).suffix in (SUFFIX, ".json")

    def _make(self, spec: NetworkSpec | None) -> None:
        self.ask_then(lambda: self._document.new(spec) if spec else self._document.open_trained())

    def _saved(self, path: Path) -> None:
        self._remember(path)
        plan, self._after_saving = self._after_saving, None
        if plan:
            plan()

    def _remember(self, path: Path | None) -> None:
        if path:
            self._preferences.add_recent(path)
            self.recentChanged.emit()

    def _forget_plan(self) -> None:
        self._after_saving = None
