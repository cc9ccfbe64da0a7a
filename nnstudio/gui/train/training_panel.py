"""How the network is trained: start and stop, what from, and every setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnstudio.data.names import DATASETS
from nnstudio.gui.icons import icon
from nnstudio.gui.models.memory_model import MemoryModel
from nnstudio.gui.models.preview_model import PreviewModel
from nnstudio.gui.models.range_test_model import RangeTestModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.theme import theme_source
from nnstudio.gui.train.augmentation_dialog import AugmentationDialog
from nnstudio.gui.train.memory_line import MemoryLine
from nnstudio.gui.widgets.fields import combo_box
from nnstudio.gui.widgets.form import DeclarationForm, add_row, form_grid
from nnstudio.gui.widgets.nested_fields import GroupEditor
from nnstudio.training.settings import TrainingSettings

if TYPE_CHECKING:
    from nnstudio.engine.devices import DeviceInfo

_LIVE = (
    "learning_rate", "momentum", "decay", "beta1", "beta2", "epsilon", "weight_decay", "clip_norm", "batch_size",
    "augmentation",
)  # fmt: skip
"""Settings that may be changed while training runs."""
_FOLDER = "…"
_DATA = {**DATASETS, _FOLDER: "From a folder…"}
_AUTOMATIC = "Automatic"
_UNTRIED = {"numpy": "NumPy (CPU)", "opencl": "OpenCL"}


class TrainingPanel(QWidget):
    """On top the buttons and what the run needs, then what it begins with, then the form made from
    `TrainingSettings`."""

    def __init__(self, training: TrainingModel, memory: MemoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training_panel")
        self._training = training
        self._play = self._button("play", "Train", training.toggle)
        self._play.setProperty("primary", True)
        self._step = self._button("step", "Step", training.step)
        self._epoch = self._button("epoch", "Epoch", training.step_epoch)
        self._stop = self._button("stop", "Stop", training.stop)
        self._begin = self._combo("begin", "Start from", "Weights that the next run begins with")
        self._begin.addItem("New weights", False)
        self._begin.addItem("Current weights", True)
        self._begin.activated.connect(lambda _: training.choose(from_current=self._begin.currentData()))
        self._data = self._combo("data", "Data", "Pictures to learn from")
        for key, text in _DATA.items():
            self._data.addItem(text, key)
        self._data.activated.connect(lambda _: self._choose_data())
        self._device = self._combo("device", "Device", "What computes")
        self._device_rows = QStandardItemModel(self)
        self._device.setModel(self._device_rows)
        self._device.addItem(_AUTOMATIC, "auto")
        for key, text in _UNTRIED.items():
            self._device.addItem(text, key)
        self._device.activated.connect(lambda _: training.choose(device=self._device.currentData()))
        self._memory = MemoryLine(memory)
        self._form = DeclarationForm()
        self._form.changed.connect(training.set_settings)
        self._previews = PreviewModel(training, parent=self)
        self._preview = self._button("preview", "Preview…", self._open_preview)
        self._range_test = RangeTestModel(training, parent=self)
        self._find_rate = self._button("find_rate", "Find a learning rate…", self._open_range_test)
        self._arrange()
        training.stateChanged.connect(self._show_state)
        training.settingsChanged.connect(self._show_settings)
        training.choicesChanged.connect(self._show_choices)
        theme_source.themeChanged.connect(self._show_state)
        self._show_settings(training.settings)
        self._group("augmentation").put_beside(self._preview)
        self._show_choices()
        self._show_state()

    def show_devices(self, devices: Sequence[DeviceInfo]) -> None:
        """Offer these devices with their speed; those that are not healthy say why and cannot be chosen."""
        self._device.clear()
        self._device.addItem(_AUTOMATIC, "auto")
        self._device.setItemData(0, "The fastest healthy device", Qt.ItemDataRole.ToolTipRole)
        for device in devices:
            speed = f" ({device.images_per_second:,.0f} images/s)" if device.images_per_second else ""
            self._device.addItem(f"{device.label}{speed}", device.key)
            item = self._device_rows.item(self._device.count() - 1)
            item.setEnabled(device.healthy)
            item.setToolTip(device.reason or device.label)
        self._device.setCurrentIndex(max(0, self._device.findData(self._training.device)))

    def shut_down(self) -> None:
        """End what goes on in the background; for the end of the program."""
        self._previews.shut_down()
        self._range_test.shut_down()

    def _open_preview(self) -> None:
        """Show what augmentation does to the data; the window may stay open while settings are changed."""
        shown = self.findChild(AugmentationDialog)
        _bring_up(shown or AugmentationDialog(self._previews, self))

    def _open_range_test(self) -> None:
        """Find out which learning rate suits what the next run begins with."""
        from nnstudio.gui.train.range_test_dialog import RangeTestDialog  # pyqtgraph takes long to import

        _bring_up(self.findChild(RangeTestDialog) or RangeTestDialog(self._range_test, self))

    # ---- what it shows

    def _show_settings(self, settings: TrainingSettings) -> None:
        self._form.set_value(settings)

    def _show_choices(self) -> None:
        training = self._training
        self._begin.setCurrentIndex(self._begin.findData(training.from_current))
        if self._data.findData(training.dataset) < 0:
            self._data.insertItem(self._data.count() - 1, training.dataset, training.dataset)
        self._data.setCurrentIndex(self._data.findData(training.dataset))
        self._device.setCurrentIndex(max(0, self._device.findData(training.device)))
        self._show_state()

    def _show_state(self) -> None:
        state, idle = self._training.state, not self._training.active
        going_on = "Continue" if self._training.from_current else "Train"
        text, picture = {
            TrainingPhase.IDLE: (going_on, "play"),
            TrainingPhase.PREPARING: ("Preparing…", "timer-sand"),
            TrainingPhase.RUNNING: ("Pause", "pause"),
            TrainingPhase.PAUSED: ("Continue", "play"),
        }[state]
        self._play.setText(text)
        self._play.setAccessibleName(text)
        self._play.setIcon(icon(picture, "on_accent"))
        self._play.setEnabled(state is not TrainingPhase.PREPARING)
        self._step.setIcon(icon("skip-next"))
        self._step.setEnabled(state is not TrainingPhase.PREPARING)
        self._epoch.setIcon(icon("skip-forward"))
        self._epoch.setEnabled(state is not TrainingPhase.PREPARING)
        self._stop.setIcon(icon("stop"))
        self._stop.setEnabled(not idle)
        for choice in (self._begin, self._data, self._device):
            choice.setEnabled(idle)
        self._form.set_editable(None if idle else _LIVE)

    def _choose_data(self) -> None:
        key = self._data.currentData()
        if key == _FOLDER:
            key = (
                QFileDialog.getExistingDirectory(
                    self, "A folder with IDX files, or with a folder of pictures for each class"
                )
                or self._training.dataset
            )
        self._training.choose(dataset=key)

    # ---- how it is made

    def _group(self, name: str) -> GroupEditor:
        editor = self._form.editor(name)
        assert isinstance(editor, GroupEditor)
        return editor

    def _button(self, name: str, text: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"training_{name}")
        button.setAccessibleName(text)
        button.clicked.connect(lambda _=False: slot())
        return button

    def _combo(self, name: str, title: str, tip: str) -> QComboBox:
        combo = combo_box()
        combo.setObjectName(f"training_{name}")
        combo.setAccessibleName(title)
        combo.setToolTip(tip)
        combo.setStatusTip(tip)
        return combo

    def _arrange(self) -> None:
        self._step.setToolTip("Do one step, then wait (→)")
        self._play.setToolTip("Start, pause or go on (Space)")
        self._preview.setToolTip("See what augmentation makes of some pictures of the data")
        self._epoch.setToolTip("Run to the end of the epoch, then wait")
        self._find_rate.setToolTip("A short test that suggests a learning rate for this network and these data")
        self._stop.setToolTip("End the run; the weights stay as they are")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._step, self._epoch, self._stop):
            buttons.addWidget(button, 1)
        choices = form_grid()
        for combo in (self._begin, self._data, self._device):
            add_row(choices, combo.accessibleName(), combo)
        line = QFrame()
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(16)
        column.addLayout(choices)
        column.addWidget(self._find_rate, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(line)
        column.addWidget(self._form)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("training_scroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = QWidget()
        above = QVBoxLayout(top)
        above.setContentsMargins(16, 12, 16, 4)
        above.setSpacing(8)
        above.addWidget(self._play)
        above.addLayout(buttons)
        above.addWidget(self._memory)
        layout.addWidget(top)
        layout.addWidget(scroll, 1)
        self.setMinimumWidth(320)


def _bring_up(dialog: QDialog) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
