"""The canvas with all that belongs to it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFrame, QMenu, QVBoxLayout, QWidget

from nnstudio.gui.designer.canvas.gestures import EditableScene
from nnstudio.gui.designer.canvas.view import NetworkView
from nnstudio.gui.designer.canvas.wire import HANDLE
from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.designer.palette.insert_menu import InsertMenu
from nnstudio.gui.designer.panel.commands import DesignerCommands
from nnstudio.gui.designer.panel.minimap import Minimap
from nnstudio.gui.designer.panel.node_menu import NodeMenu, links_of, targets_for
from nnstudio.gui.designer.panel.overlays import EmptyHint, ZoomBar
from nnstudio.gui.designer.panel.problem_list import ProblemList
from nnstudio.gui.designer.panel.status_strip import StatusStrip
from nnstudio.gui.models.block_options import BlockOptions
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.speed_model import Speed
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import theme_source
from nnstudio.network.presets import lenet5


class DesignerPanel(QWidget):
    """Shows the network as blocks and lets it be edited; the problems and totals stand below."""

    refused = Signal(str)
    """Why something cannot be done."""

    def __init__(
        self,
        network: NetworkModel,
        weights: WeightsModel,
        options: BlockOptions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("designer_panel")
        self._network = network
        self.selection = SelectionModel(network, self)
        self._editor = NetworkEditor(network, self.selection)
        self.scene = EditableScene(self._editor, weights, options)
        self.view = NetworkView(self.scene, network, self.selection)
        self.commands = DesignerCommands(
            self,
            self._editor,
            self.view,
            scene=self.scene,
            insert=self._insert_by_keyboard,
            connect=self._connect_by_keyboard,
            disconnect=self._disconnect_by_keyboard,
        )
        self._menu = InsertMenu(self)
        self._targets, self._links = NodeMenu("connect_menu", self), NodeMenu("disconnect_menu", self)
        self.minimap = Minimap(self.view, self.scene)
        self._hint = EmptyHint(self.view.viewport())
        corner = (self.commands.fit, self.commands.farther, self.commands.natural, self.commands.closer)
        self._zoom_bar = ZoomBar(corner, self.commands.natural, self.view)
        self._strip, self._problems = StatusStrip(), ProblemList()
        self._arrange()
        self.commands.map.setChecked(self.minimap.wanted)
        self.commands.map.toggled.connect(self.minimap.set_wanted)
        self._wire()
        self._show()

    def _wire(self) -> None:
        self._editor.refused.connect(self.refused)
        self._targets.picked.connect(self._connect_selected)
        self._links.picked.connect(self._editor.disconnect_link)
        self.scene.insertAsked.connect(self._insert_at)
        self.scene.addAsked.connect(self._add_at)
        self.view.zoomChanged.connect(self._zoom_bar.show_zoom)
        self._menu.picked.connect(self._insert_picked)
        self._problems.chosen.connect(self._go_to)
        self._problems.repairAsked.connect(self._editor.repair)
        self._hint.startAsked.connect(lambda: self._network.edit("Start with LeNet-5", lenet5()))
        self._network.checkChanged.connect(self._show)
        theme_source.themeChanged.connect(self._show)

    def _arrange(self) -> None:
        self._line = QFrame()
        self._line.setProperty("role", "line")
        self._line.setFixedHeight(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view, 1)
        for part in (self._line, self._strip, self._problems):
            layout.addWidget(part)
        self.setFocusProxy(self.view)

    def _show(self) -> None:
        check, empty = self._network.check, not self._network.spec.nodes
        self._strip.show_check(check, self._network.batch_size, len(self._network.flat.nodes))
        self._problems.show_check(check)
        if empty:
            self._problems.hide()  # the hint says it better
        for part in (self._strip, self._line, self._zoom_bar):
            part.setHidden(empty)
        self._hint.setVisible(empty)

    def show_speed(self, speed: Speed | None) -> None:
        """Say how fast the network would learn."""
        self._strip.show_speed(speed)

    def _go_to(self, name: str) -> None:
        self.selection.select(name)
        self.view.reveal(name)  # it may have been selected already, and out of sight
        self.view.setFocus()

    def _insert_by_keyboard(self) -> None:
        """Open the menu where a layer would go by the selection."""
        spec, name = self._network.spec, self.selection.selected or next(iter(self.scene.blocks), None)
        place = name and (edits.place_behind(spec, name) or edits.place_before(spec, name))
        if place:
            self.view.ensureVisible(self.scene.wires[place], HANDLE, HANDLE)
            self._insert_at(place)
        else:
            self._menu.open_at(self.view.mapToGlobal(self.view.rect().center()), None)

    def _insert_at(self, place: Place) -> None:
        below = self.scene.wires[place].middle + QPointF(0, 2 * HANDLE)
        self._menu.open_at(self.view.viewport().mapToGlobal(self.view.mapFromScene(below)), place)

    def _add_at(self, point: QPointF) -> None:
        """Ask for a layer to put on the empty canvas."""
        self._menu.open_at(self.view.viewport().mapToGlobal(self.view.mapFromScene(point)), point)

    def _insert_picked(self, kind: str, where: Place | QPointF | None) -> None:
        if isinstance(where, QPointF) and self._network.spec.nodes:
            self._editor.insert_at(kind, where.toPoint())
        else:
            self._editor.insert_kind(kind, where if isinstance(where, Place) else None)

    def _connect_by_keyboard(self) -> None:
        """Ask which layer the selected one shall feed."""
        if name := self.selection.selected:
            targets = targets_for(self._network.spec, name)
            if targets:
                self._targets.ask(f"Connect {name} to", targets, self._beside(name))
            else:
                self.refused.emit(f"There is no layer that “{name}” could feed without a loop.")

    def _connect_selected(self, target: str) -> None:
        if name := self.selection.selected:
            self._editor.connect_layers(name, target)

    def _disconnect_by_keyboard(self) -> None:
        """Ask which connection of the selected layer to remove."""
        if name := self.selection.selected:
            self._links.ask(f"Disconnect {name}", links_of(self._network.spec, name), self._beside(name))

    def _beside(self, name: str) -> QPoint:
        """A point of the screen to the right of a block."""
        self.view.reveal(name)
        point = self.scene.blocks[name].output_port + QPointF(2 * HANDLE, -6 * HANDLE)
        return self.view.viewport().mapToGlobal(self.view.mapFromScene(point))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setObjectName("network_menu")
        commands = self.commands
        menu.addActions([commands.insert, commands.duplicate, commands.remove])
        menu.addSeparator()
        menu.addActions([commands.cut, commands.copy, commands.paste])
        menu.addSeparator()
        menu.addActions([commands.mute, commands.group, commands.ungroup, commands.open])
        menu.addSeparator()
        menu.addActions([commands.row, commands.column, commands.arrange])
        menu.addSeparator()
        menu.addActions([commands.connect_to, commands.disconnect_from])
        menu.addSeparator()
        menu.addActions([commands.back, commands.on])
        menu.popup(QPoint(event.globalPos()))
        menu.aboutToHide.connect(menu.deleteLater)
