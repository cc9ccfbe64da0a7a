"""The window's actions, and the menus and tool bars made of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup, QKeySequence
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from nnstudio.gui.actions import ActionRegistry
from nnstudio.gui.help import show_about
from nnstudio.gui.models.block_options import Measure
from nnstudio.gui.theme import Scheme
from nnstudio.gui.workspaces import WORKSPACES, workspace_bar

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow

SCHEMES: dict[Scheme, str] = {"system": "As the system", "light": "Light", "dark": "Dark"}
BLOCK_FIGURES = {
    "multiply_adds": "Multiply-adds",
    "memory": "Memory",
    "receptive_field": "Receptive field",
    "thumbnails": "Filters",
}
_Key = QKeySequence.StandardKey
_TOOLS = (
    ("file.new", "file.open", "file.save"),
    ("edit.undo", "edit.redo"),
    ("training.toggle", "training.step", "training.stop"),
)


def make_actions(window: MainWindow, actions: ActionRegistry) -> None:
    """Everything that the window can do."""
    _make_file_actions(window, actions)
    _make_network_actions(window, actions)
    _make_training_actions(window, actions)
    _make_engine_actions(window, actions)
    _make_view_actions(window, actions)
    _make_help_actions(window, actions)


def _make_file_actions(window: MainWindow, actions: ActionRegistry) -> None:
    add, files = actions.add, window.files
    add("file.new", "&New…", files.new, icon_name="file-outline", shortcut=_Key.New, tip="Start with another network")
    add("file.open", "&Open…", files.open, icon_name="folder-open-outline", shortcut=_Key.Open, tip="Open a project")
    add("file.save", "&Save", files.save, icon_name="content-save-outline", shortcut=_Key.Save, tip="Save the project")
    add("file.save_as", "Save &as…", files.save_as, shortcut="Ctrl+Shift+S", tip="Save under another name")
    add("file.export", "&Export…", window.export, icon_name="export", shortcut="Ctrl+Shift+E",
        tip="The network as a drawing, a summary or a program")  # fmt: skip
    add("file.quit", "&Quit", window.close, shortcut="Ctrl+Q")
    actions.adopt("edit.undo", window.undo_group.createUndoAction(window), icon_name="undo", shortcut=_Key.Undo)
    actions.adopt("edit.redo", window.undo_group.createRedoAction(window), icon_name="redo", shortcut=_Key.Redo)


def _make_network_actions(window: MainWindow, actions: ActionRegistry) -> None:
    add = actions.add
    for action in window.designer.commands:
        actions.adopt(action.objectName(), action)
    add(
        "network.explain",
        "&Explain this layer",
        partial(window.show_panel, "explain", "design"),
        icon_name="school-outline",
        shortcut="Ctrl+E",
        tip="What the selected layer does, with its own numbers",
    )
    add("network.table", "Show &table", partial(window.show_panel, "table", "design"), icon_name="table",
        shortcut="Ctrl+T", tip="All layers as a table")  # fmt: skip
    add("network.weights", "Show &weights", partial(window.show_panel, "weights", "design"), icon_name="matrix",
        tip="The weights of the selected layer, each to be seen and changed")  # fmt: skip


def _make_training_actions(window: MainWindow, actions: ActionRegistry) -> None:
    add, training, commands = actions.add, window.training, window.training_commands
    add("training.toggle", "&Train", training.toggle, icon_name="play", shortcut="Space", tip="Train the network")
    add(
        "training.step", "One &step", training.step, icon_name="skip-next", shortcut="Right", tip="Do one step and wait"
    )
    add("training.step_epoch", "One &epoch", training.step_epoch, icon_name="skip-forward", shortcut="Ctrl+Right",
        tip="Run to the end of the epoch and wait")  # fmt: skip
    add("training.stop", "S&top", training.stop, icon_name="stop", shortcut="Ctrl+.", tip="End the run")
    add("training.tensorboard", "Write &TensorBoard files", commands.toggle_tensorboard, checkable=True,
        tip="Each run also as event files for TensorBoard",
    ).setChecked(window.tensorboard.wanted)  # fmt: skip
    add("training.sweep", "S&weep…", commands.open_sweep, tip="Many runs with other settings, one after another")
    for name, text, tip in (
        ("race", "Show &fork race", "Up to four futures from one moment, side by side"),
        ("doctor", "Show &doctor", "What is wrong with the training, and what would help"),
        ("runs", "Show &runs", "All runs there ever were"),
        ("micro_step", "Show one ste&p", "What happens in a single step, tensor by tensor"),
    ):
        add(f"training.show_{name}", text, partial(window.show_panel, name, "train"), tip=tip)


def _make_engine_actions(window: MainWindow, actions: ActionRegistry) -> None:
    add, commands = actions.add, window.engine_commands
    add("engine.xray", "Show &X-ray", commands.show_xray, icon_name="pulse", shortcut="Ctrl+Shift+X",
        tip="See where a step of training spends its time")  # fmt: skip
    add("engine.measure", "&Measure", commands.measure, tip="Measure each layer, forward and backward")
    add("engine.tune", "&Tune", commands.tune, tip="Try ways to compute this network, and use the fastest")
    add("engine.tune_after_training", "Tune networks &after training", commands.toggle_tuning, checkable=True,
        tip="When a run has ended and nobody is at work, tune its network in the background",
    ).setChecked(window.tuning.by_itself)  # fmt: skip
    for kind in ("Markdown", "CSV"):
        add(f"engine.copy_{kind.lower()}", f"Copy X-ray as {kind}", partial(commands.copy_xray, kind))


def _make_help_actions(window: MainWindow, actions: ActionRegistry) -> None:
    add = actions.add
    add("help.commands", "&Command palette…", window.open_palette, icon_name="magnify", shortcut="Ctrl+Shift+P",
        tip="Find anything that the program can do")  # fmt: skip
    add("help.shortcuts", "&Keyboard shortcuts", window.show_shortcuts, shortcut="F1")
    add("help.diagnostics", "Copy &diagnostics", window.copy_diagnostics, tip="Copy versions, device and log")
    add("help.about", "&About NN Studio", lambda: show_about(window))


def _make_view_actions(window: MainWindow, actions: ActionRegistry) -> None:
    group = QActionGroup(window)
    for number, workspace in enumerate(WORKSPACES, 1):
        action = actions.add(
            f"workspace.{workspace.name}", workspace.title, partial(window.workspaces.switch, workspace.name),
            icon_name=workspace.icon, shortcut=f"Alt+{number}", tip=workspace.tip, checkable=True,
        )  # fmt: skip
        group.addAction(action)
    window.workspaces.switched.connect(lambda name: actions[f"workspace.{name}"].setChecked(True))
    _make_block_actions(window, actions)
    for name, dock in window.docks.items():
        actions.adopt(f"panel.{name}", dock.toggleViewAction())
        actions[f"panel.{name}"].triggered.connect(lambda on, dock=dock: dock.raise_() if on else None)
    actions.add("view.reset", "&Reset layout", window.workspaces.reset, tip="Bring this workspace's arrangement back")
    colours = QActionGroup(window)
    for scheme, text in SCHEMES.items():
        action = actions.add(
            f"colours.{scheme}", text, partial(window.set_scheme, scheme), checkable=True,
            tip=f"Colours: {text.lower()}",
        )  # fmt: skip
        action.setChecked(scheme == window.preferences.scheme)
        colours.addAction(action)
    actions.add("view.full_screen", "&Full screen", window.toggle_full_screen, shortcut="F11", checkable=True)


def _make_block_actions(window: MainWindow, actions: ActionRegistry) -> None:
    """What blocks of the network show."""
    options = window.block_options
    for name, text in BLOCK_FIGURES.items():
        action = actions.add(
            f"blocks.{name}", text, partial(options.toggle, name), checkable=True, tip=f"{text} on each block"
        )
        action.setChecked(bool(getattr(options.look, name)))
    measures = QActionGroup(window)
    for measure in Measure:
        text = "No bar" if measure is Measure.NONE else f"Share of {measure.value}"
        action = actions.add(
            f"blocks.share_{measure.value}", text, partial(options.choose, share=measure), checkable=True,
            tip=f"{text} on each block",
        )  # fmt: skip
        action.setChecked(measure is options.look.share)
        measures.addAction(action)


def make_menus(window: MainWindow, actions: ActionRegistry) -> None:
    """The menu bar; everything in it comes from the registry."""
    bar = window.menuBar()
    file = bar.addMenu("&File")
    file.addActions([actions["file.new"], actions["file.open"]])
    file.addMenu(window.recent_menu)
    file.addActions([actions["file.save"], actions["file.save_as"]])
    file.addSeparator()
    file.addAction(actions["file.export"])
    file.addSeparator()
    file.addAction(actions["file.quit"])
    bar.addMenu("&Edit").addActions(actions.group("edit"))
    bar.addMenu("&Network").addActions(actions.group("network"))
    bar.addMenu("&Training").addActions(actions.group("training"))
    bar.addMenu("En&gine").addActions(actions.group("engine"))
    view = bar.addMenu("&View")
    view.addActions(actions.group("workspace"))
    view.addSeparator()
    view.addMenu("&Panels").addActions(actions.group("panel"))
    view.addMenu("&Blocks").addActions(actions.group("blocks"))
    view.addMenu("&Colours").addActions(actions.group("colours"))
    view.addActions(actions.group("view"))
    bar.addMenu("&Help").addActions(actions.group("help"))


def make_tool_bars(window: MainWindow, actions: ActionRegistry) -> QToolBar:
    """The workspaces on the left, the timeline below, the most used actions on top: these are returned."""
    window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, workspace_bar(actions.group("workspace")))
    tools = QToolBar("Tools")
    tools.setObjectName("tools")
    tools.setAccessibleName("Tools")
    tools.setMovable(False)
    for number, names in enumerate(_TOOLS):
        if number:
            tools.addSeparator()
        tools.addActions([actions[name] for name in names])
    spacer = QWidget()
    spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    tools.addWidget(spacer)
    tools.addAction(actions["help.commands"])
    for action in tools.actions():
        if action.objectName():
            button = tools.widgetForAction(action)
            button.setObjectName(f"tool_{action.objectName()}")
            button.setAccessibleName(action.statusTip() or action.text())
    train = tools.widgetForAction(actions["training.toggle"])
    assert isinstance(train, QToolButton)
    train.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    window.addToolBar(Qt.ToolBarArea.TopToolBarArea, tools)
    window.addToolBar(Qt.ToolBarArea.BottomToolBarArea, _time_bar(window))
    return tools


def _time_bar(window: MainWindow) -> QToolBar:
    """The timeline, as soon as there is one."""
    bar = QToolBar("Timeline")
    bar.setObjectName("timeline")
    bar.setAccessibleName("Timeline")
    bar.setMovable(False)
    bar.addWidget(window.scrubber)
    bar.setVisible(bool(window.timeline.steps))
    window.timeline.changed.connect(lambda: bar.setVisible(bool(window.timeline.steps)))
    return bar
