"""The one window. It makes the models and the panels, and nothing else wires them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QUndoGroup
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QTabWidget, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.actions import ActionRegistry
from nnstudio.gui.background import Background
from nnstudio.gui.designer import DesignerPanel, PalettePanel
from nnstudio.gui.diagnostics import Diagnostics
from nnstudio.gui.doctor.doctor_model import DoctorModel
from nnstudio.gui.draw import DrawPanel
from nnstudio.gui.engine_commands import EngineCommands
from nnstudio.gui.file_commands import FileCommands
from nnstudio.gui.help import ShortcutDialog
from nnstudio.gui.models.autosave_model import AutosaveModel
from nnstudio.gui.models.block_options import BlockOptions
from nnstudio.gui.models.curve_keeper import CurveKeeper
from nnstudio.gui.models.document import Document
from nnstudio.gui.models.memory_model import MemoryModel
from nnstudio.gui.models.micro_step_model import MicroStepModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.pictures_model import PicturesModel
from nnstudio.gui.models.speed_model import SpeedModel
from nnstudio.gui.models.tensorboard_model import TensorBoardModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.tuning_model import TuningModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.models.xray_model import XRayModel
from nnstudio.gui.panels import make_panels
from nnstudio.gui.preferences import Preferences
from nnstudio.gui.recovery_banner import RecoveryBanner
from nnstudio.gui.recovery_model import RecoveryModel
from nnstudio.gui.runs.past_curves import PastCurves
from nnstudio.gui.runs.race_model import RaceModel
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.runs.sweep_model import SweepModel
from nnstudio.gui.status_bar import StatusBar
from nnstudio.gui.theme import Scheme, theme_source
from nnstudio.gui.timeline.scrubber import Scrubber
from nnstudio.gui.timeline.timeline_model import TimelineModel
from nnstudio.gui.train.training_panel import TrainingPanel
from nnstudio.gui.training_commands import TrainingCommands
from nnstudio.gui.widgets.banner import Banner
from nnstudio.gui.widgets.command_palette import CommandPalette
from nnstudio.gui.widgets.dock import Dock
from nnstudio.gui.window_actions import make_actions, make_menus, make_tool_bars
from nnstudio.gui.workspaces import Workspaces
from nnstudio.network.presets import lenet5

if TYPE_CHECKING:
    from nnstudio.engine.devices import DeviceInfo

_SIZE = (1280, 800)
_TOLD_MS = 8000
"""How long it is told what was done, or why something cannot be."""


class MainWindow(QMainWindow):
    """Models, docks, menus and tool bars."""

    closing = Signal()
    """For panels that are made late: what they are about must be done now."""

    def __init__(self, preferences: Preferences, diagnostics: Diagnostics) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.preferences, self._diagnostics = preferences, diagnostics
        self._may_close = False
        self._make_models()
        self._make_docks()
        self.workspaces = Workspaces(self, self.docks, preferences)
        self.setStatusBar(StatusBar(self.training, self.tuning, self))
        self.banner = Banner(self, self.statusBar())
        self.recent_menu = QMenu("Open &recent", self)
        self.commands = ActionRegistry(self)
        make_actions(self, self.commands)
        make_menus(self, self.commands)
        tools = make_tool_bars(self, self.commands)
        self.recovery_banner = RecoveryBanner(self.recovery, self, tools)
        self._wire()
        self.setAcceptDrops(True)
        self.resize(QSize(*_SIZE).boundedTo(self.screen().availableSize()))
        if geometry := preferences.layout("window"):
            self.restoreGeometry(geometry)
        self.workspaces.switch("draw")
        self._fill_recent()
        self._show_title()

    def _make_models(self) -> None:
        self.network = NetworkModel(lenet5(), self)
        self.weights = WeightsModel(self.network, self)
        self.training = TrainingModel(self.network, self.weights, parent=self)
        self.memory = MemoryModel(self.network, self.training, parent=self)
        self.xray = XRayModel(self.network, self.training, parent=self)
        self.tuning = TuningModel(self.network, self.training, self.xray, parent=self)
        self.tuning.set_by_itself(self.preferences.tunes_after_training)
        self.doctor = DoctorModel(self.network, self.training, parent=self)
        self.micro_step = MicroStepModel(self.training, parent=self)
        self.curve_keeper = CurveKeeper(self.training, parent=self)
        self.pictures = PicturesModel(parent=self)
        self.timeline = TimelineModel(self.network, self.weights, parent=self)
        self.runs = RunsModel(parent=self)
        self.training.recorders += [self.timeline.recorder, self.runs.make_recorder]
        self.sweep = SweepModel(self.training, self.runs, parent=self)
        self.race = RaceModel(self.training, self.runs, parent=self)
        self.race.recorders.append(self.runs.make_recorder)
        self.tensorboard = TensorBoardModel(self.training, self)
        self.tensorboard.set_wanted(self.preferences.writes_tensorboard)
        self.block_options = BlockOptions(self)
        self.block_options.restore(self.preferences.block_look)
        show_xray = partial(self.show_panel, "xray", "inspect")
        self.engine_commands = EngineCommands(self.xray, self.tuning, self.preferences, show_xray, self)
        self.speed = SpeedModel(self.network, self.training, parent=self, busy=lambda: self.engine_commands.busy)
        self.document = Document(self.network, self.weights, self.training, self)
        self.autosave = AutosaveModel(self.network, self.weights, self.training, self.document, parent=self)
        self.recovery = RecoveryModel(self.document, self.training, self.autosave, self)
        self.files = FileCommands(self, self.document, self.preferences)
        self.past_curves = PastCurves(self.runs, self.training, self)
        self.training_commands = TrainingCommands(self)
        self.undo_group = QUndoGroup(self)
        self._background = Background(self)

    def _make_docks(self) -> None:
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.draw = DrawPanel(self.network, self.weights)
        self.designer = DesignerPanel(self.network, self.weights, self.block_options)
        self.layers = PalettePanel(self.network, self.designer.selection)
        self.training_panel = TrainingPanel(self.training, self.memory)
        self.docks = {name: Dock(name, title, panel, self) for name, (title, panel) in make_panels(self).items()}
        self.scrubber = Scrubber(self.timeline)

    def _wire(self) -> None:
        for stack in (self.draw.undo_stack, self.network.undo_stack):
            self.undo_group.addStack(stack)
        QApplication.instance().focusChanged.connect(self._give_undo)  # type: ignore[union-attr]
        self.workspaces.switched.connect(self._enter_workspace)
        self.training.message.connect(self.banner.show_message)
        self.training.stateChanged.connect(lambda _: self._show_training())
        self.training.choicesChanged.connect(self._show_training)
        self.training.choicesChanged.connect(lambda: self.draw.set_class_names(self.training.class_names))
        self.training.statusChanged.connect(self._note_device)
        self.tuning.changed.connect(self._enable_xray)  # which follows the X-ray
        self.engine_commands.told.connect(self.tell)
        for signal in (self.draw.drawing.changed, self.workspaces.switched):
            signal.connect(self.tuning.wait_for_quiet)
        for refused in (self.designer.refused, self.layers.refused):
            refused.connect(self.tell)
        self.document.changed.connect(self._show_title)
        self.document.failed.connect(lambda text, hint: self.banner.show_message("error", text, hint))
        self.document.saved.connect(lambda path: self.tell(f"Saved {path}"))
        self.autosave.failed.connect(lambda text, hint: self.banner.show_message("warning", text, hint))
        self.recovery.failed.connect(lambda text, hint: self.banner.show_message("error", text, hint))
        self.recovery_banner.continueAsked.connect(
            lambda offer: self.files.ask_then(lambda: self.recovery.resume(offer))
        )
        self.race.keepAsked.connect(self.training_commands.keep_lane)
        self.timeline.shownChanged.connect(lambda _: self.training_commands.offer_past())
        for model in (self.timeline, self.runs, self.sweep, self.tensorboard):
            model.message.connect(self.banner.show_message)
        self.scrubber.branchAsked.connect(self.training_commands.go_on_from)
        self.runs.openAsked.connect(
            lambda project, _, curves: self.files.ask_then(lambda: self.training_commands.open_run(project, curves))
        )
        self.recovery.runContinued.connect(self.past_curves.go_on)
        self.timeline.open_last()
        self.block_options.changed.connect(lambda: self.preferences.keep_block_look(self.block_options.plain()))
        self.speed.changed.connect(lambda: self.designer.show_speed(self.speed.speed))
        self.docks["designer"].visibilityChanged.connect(self.speed.look)
        self.files.recentChanged.connect(self._fill_recent)
        self.banner.copyDiagnostics.connect(self.copy_diagnostics)
        self._diagnostics.crashed.connect(self._tell_crash)
        commands = self.designer.commands
        commands.motion.setChecked(self.preferences.shows_motion)
        commands.map.setChecked(self.preferences.shows_map)
        commands.motion.toggled.connect(self.preferences.keep_motion)
        commands.map.toggled.connect(self.preferences.keep_map)
        self._show_training()
        self._enable_xray()

    def find_devices(self) -> None:
        """Look for devices in the background and offer them; the first time this takes a while."""
        from nnstudio.engine.devices import list_devices  # not needed for the first picture

        self._background.run(list_devices, self._offer_devices, self._tell_failure)

    # ---- what the actions do

    def set_scheme(self, scheme: Scheme) -> None:
        self.preferences.scheme = scheme
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme_source.apply(app, scheme)

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ self.windowState().WindowFullScreen)

    def open_palette(self) -> None:
        CommandPalette(self.commands, self).popup()

    def show_shortcuts(self) -> None:
        ShortcutDialog(self.commands, self).open()

    def copy_diagnostics(self) -> None:
        QGuiApplication.clipboard().setText(self._diagnostics.text())
        self.tell("Diagnostics copied")

    def export(self) -> None:
        """Ask in which form the network shall leave the program."""
        from nnstudio.gui.designer.export.dialog import ExportDialog

        names, opened = self.training.class_names, self.designer.scene.opened
        ExportDialog(self.network, self.weights, self, classes=names, opened=opened).open()

    def tell(self, text: str) -> None:
        """Say for a moment what was done, or why something cannot be."""
        self.statusBar().showMessage(text, _TOLD_MS)

    def show_panel(self, name: str, workspace: str) -> None:
        """Bring a panel to the front, in the workspace that it belongs to unless it is in sight already."""
        dock = self.docks[name]
        if dock.isHidden():
            self.workspaces.switch(workspace)
        dock.show()
        dock.raise_()
        dock.setFocus()

    # ---- what the models say

    def _show_title(self) -> None:
        self.setWindowTitle(f"{self.document.name}[*] – NN Studio")
        self.setWindowModified(self.document.modified)

    def _show_training(self) -> None:
        running = self.training.state in (TrainingPhase.RUNNING, TrainingPhase.PREPARING)
        going_on = self.training.active or self.training.from_current
        self.commands.set_text("training.toggle", "&Pause" if running else "&Continue" if going_on else "&Train")
        self.commands.set_icon("training.toggle", "pause" if running else "play")
        self.commands.describe(
            "training.toggle", "Pause training" if running else "Go on training" if going_on else "Train the network"
        )
        self.commands["training.stop"].setEnabled(self.training.active)

    def _enable_xray(self) -> None:
        self.commands["engine.measure"].setEnabled(self.xray.ready)
        self.commands["engine.tune"].setEnabled(self.tuning.ready)
        for kind in ("markdown", "csv"):
            self.commands[f"engine.copy_{kind}"].setEnabled(self.xray.findings is not None)

    def _offer_devices(self, devices: Sequence[DeviceInfo]) -> None:
        self.training_panel.show_devices(devices)
        self.xray.set_devices(devices)
        self.speed.set_devices(devices)
        self.memory.watch()

    def _note_device(self) -> None:
        self._diagnostics.device = self.training.status.device or self._diagnostics.device

    def _tell_crash(self, text: str) -> None:
        hint = "Save your work under a new name. What you did last may not have been done."
        self.banner.show_message("error", f"Something went wrong inside the program: {text}.", hint)

    def _tell_failure(self, error: NNStudioError) -> None:
        self.banner.show_message("error", error.message, error.hint)

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        for path in self.preferences.recent_files:
            action = self.recent_menu.addAction(path.name)
            action.setStatusTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.files.open_path(path))
        self.recent_menu.setEnabled(not self.recent_menu.isEmpty())

    # ---- focus, files dropped, the end

    def _enter_workspace(self, name: str) -> None:
        """Its panel has the keys, not the first button there, which Space would press."""
        docks = self.docks
        panels = {"draw": self.draw, "design": self.designer, "train": docks["training"], "inspect": docks["filters"]}
        panels[name].setFocus()

    def _give_undo(self, _old: QWidget | None, now: QWidget | None) -> None:
        """Undo belongs to what has the focus; where nothing can be undone, the last one keeps it."""
        if now is not None and self.draw.isAncestorOf(now):
            self.undo_group.setActiveStack(self.draw.undo_stack)
        elif now is not None and any(
            self.docks[name].isAncestorOf(now) for name in ("designer", "properties", "palette", "table", "weights")
        ):
            self.undo_group.setActiveStack(self.network.undo_stack)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.files.accepts(event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.files.open_path(Path(event.mimeData().urls()[0].toLocalFile()))

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close and self.document.modified:
            event.ignore()
            self.files.ask_then(self.close_without_asking)
            return
        self.workspaces.keep()
        self.preferences.keep_layout("window", self.saveGeometry())
        self.hide()  # ending a step, or a file that is being written, may take a moment
        self._shut_down()
        event.accept()
        QCoreApplication.quit()

    def _shut_down(self) -> None:
        """End what goes on elsewhere, that first which others wait for."""
        for measuring in (self.tuning, self.speed, self.draw):
            measuring.shut_down()
        self.closing.emit()
        for training in (self.sweep, self.race, self.doctor, self.micro_step, self.pictures, self.training):
            training.shut_down()
        for onlooker in (self.timeline, self.runs, self.xray, self.memory, self.training_panel):
            onlooker.shut_down()
        self.document.wait()
        self.recovery.shut_down()
        self.autosave.shut_down()

    def close_without_asking(self) -> None:
        """For whoever has asked already."""
        self._may_close = True
        self.close()
