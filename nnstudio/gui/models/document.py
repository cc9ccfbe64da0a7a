"""The project on the desk: where it is saved, and whether it differs from what is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from nnstudio.data.names import DATASETS
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import template_of
from nnstudio.paths import resources_dir
from nnstudio.project import Metadata, Project, load_project, save_project
from nnstudio.project.desk import Learned


class Document(QObject):
    """Opens and saves the network, its weights and the training settings together, in the background."""

    changed = Signal()
    """The name, the place or the unsaved mark."""
    opened = Signal(object)
    """The path of a project that now stands on the desk."""
    replaced = Signal()
    """Something else stands on the desk now: new, opened or restored."""
    saved = Signal(object)
    """The path it was saved to."""
    failed = Signal(str, str)
    """What could not be opened or saved and why, and what to do."""
    busyChanged = Signal(bool)

    def __init__(
        self, network: NetworkModel, weights: WeightsModel, training: TrainingModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._network, self._weights, self._training = network, weights, training
        self._background = Background(self)
        self.path: Path | None = None
        self._metadata = Metadata()
        self._saved_weights: object = weights.learned
        self._saved_settings = training.settings
        self._restored = False
        self._loads = self._placed = 0
        """How often something was to be read, and stood on the desk anew."""
        self.busy = False
        network.undo_stack.cleanChanged.connect(self._tell)
        training.stateChanged.connect(self._tell)
        training.settingsChanged.connect(self._tell)

    @property
    def name(self) -> str:
        """What the window's title says."""
        return self.path.stem if self.path else self._network.spec.name

    @property
    def modified(self) -> bool:
        """Whether something would be lost: edits of the network, weights trained since, or the settings of a file.

        Without a file, settings alone are no work of anybody's that a question on leaving would be worth.
        """
        kept = self._training.kept
        trained = kept.weights.learned is not self._saved_weights
        chosen = self.path is not None and kept.settings != self._saved_settings
        return not self._network.undo_stack.isClean() or trained or chosen or self._restored

    def new(self, spec: NetworkSpec) -> None:
        """A network without a past."""
        self._overtake_loads()
        self._training.abandon()
        self._network.set_spec(spec)
        self._weights.reset(self._training.settings.initializer, self._training.settings.seed)
        template, _ = template_of(spec)
        present = self._training.dataset  # pictures of one's own are kept
        data = template.data if template and present in DATASETS and present not in template.data else ()
        self._training.choose(from_current=False, dataset=next(iter(data), None))
        self._training.set_class_names(())
        self._settle(None, Metadata())

    def open(self, path: Path) -> None:
        """Put a saved project on the desk; `opened` or `failed` follows."""
        self._load(path, lambda project: self._place(path, project))

    def open_trained(self) -> None:
        """The trained LeNet-5 that comes with the program; it has no place, and how it was trained is no proposal."""
        settings = self._training.settings
        self._load(trained_model(), lambda project: self._place(None, replace(project, settings=settings)))

    def place(self, project: Project) -> None:
        """Put a project that has no file on the desk, such as that of an earlier run."""
        self._overtake_loads()
        self._place(None, project)

    def restore(self, project: Project, path: Path | None, learned: Learned | None = None) -> None:
        """Put on the desk what stood there when a session broke off; it counts as unsaved until it is saved.

        `learned` is what the last sound network knew, where that of the project has errors.
        """
        self._overtake_loads()
        self._place(path, project, restored=True)
        if learned:
            self._weights.replace(learned.spec, learned.parameters, project.metadata.steps)

    def save(self, path: Path) -> None:
        """Write everything to `path`; `saved` or `failed` follows. Editing may go on meanwhile."""
        project, placed = self.project(), self._placed
        weights = self._training.kept.weights.learned

        def done(_: None) -> None:
            self._set_busy(False)
            if placed == self._placed:  # else something else stands on the desk, which has no place yet
                self._note_saved(path, project, weights)
            self.saved.emit(path)

        self._set_busy(True)
        self._background.run(lambda: save_project(path, project), done, self._fail)

    def _note_saved(self, path: Path, project: Project, weights: object) -> None:
        self._metadata, self.path, self._saved_weights = project.metadata, path, weights
        self._saved_settings, self._restored = project.settings, False
        if self._network.spec is project.spec:  # else it was edited while it was written
            self._network.undo_stack.setClean()
        self.changed.emit()

    def wait(self) -> None:
        """Until what is being written is written."""
        self._background.wait()

    def _load(self, path: Path, done: Callable[[Project], None]) -> None:
        self._loads += 1
        number = self._loads

        def take(project: Project) -> None:
            if number == self._loads:
                done(project)

        self._set_busy(True)
        self._background.run(lambda: load_project(path), take, self._fail)

    def _overtake_loads(self) -> None:
        """What is being read comes too late: something else stands on the desk by then."""
        self._loads += 1
        if self.busy:
            self._set_busy(False)

    def project(self) -> Project:
        """Everything as it is now; nothing in it changes afterwards."""
        training, kept = self._training, self._training.kept
        metadata = self._metadata
        if kept.status.step:  # trained here: what the file said before is no longer true
            metadata = metadata.model_copy(
                update={
                    "dataset": training.dataset,
                    "class_names": training.class_names,
                    "device": kept.status.device,
                    "steps": kept.weights.step,
                    "test_accuracy": kept.status.test_accuracy,
                    "command": "",
                }
            )
        if kept.parameters is not kept.weights.learned:  # nobody has tested this network
            metadata = metadata.model_copy(update={"test_accuracy": None})
        return Project(self._network.spec, kept.settings, kept.parameters, metadata, kept.muted)

    def _place(self, path: Path | None, project: Project, *, restored: bool = False) -> None:
        self._set_busy(False)
        self._training.abandon()
        self._training.set_settings(project.settings)
        self._network.set_spec(project.spec)
        if project.parameters is not None:
            self._weights.load(project.parameters, project.metadata.steps, project.muted)
        else:
            self._weights.reset(project.settings.initializer, project.settings.seed)
        self._training.choose(from_current=path is not None and project.parameters is not None)
        self._training.set_class_names(project.metadata.class_names)
        self._settle(path, project.metadata, restored)
        self.opened.emit(path)

    def _settle(self, path: Path | None, metadata: Metadata, restored: bool = False) -> None:
        self.path, self._metadata, self._saved_weights = path, metadata, self._weights.learned
        self._saved_settings, self._restored = self._training.settings, restored
        self._placed += 1
        self.replaced.emit()
        self.changed.emit()

    def _tell(self) -> None:
        self.changed.emit()

    def _fail(self, error: NNStudioError) -> None:
        self._set_busy(False)
        self.failed.emit(error.message, error.hint)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        self.busyChanged.emit(busy)


def trained_model() -> Path:
    """The trained LeNet-5 that comes with the program."""
    return resources_dir() / "models" / "lenet5.nnstudio"
