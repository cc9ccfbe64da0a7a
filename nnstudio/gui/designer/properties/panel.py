"""The settings and figures of the selected layer or block."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.designer.properties.block_page import BlockPage
from nnstudio.gui.designer.properties.facts import FactSheet, ProblemNotes
from nnstudio.gui.designer.signs.families import FamilySign
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.theme import GRID, theme_source
from nnstudio.gui.widgets.form import DeclarationForm, add_row, form_grid
from nnstudio.network import Layer, Node


class PropertiesPanel(QWidget):
    """What the selected layer is, its settings to edit, its figures to read."""

    def __init__(self, network: NetworkModel, selection: SelectionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("properties_panel")
        self._network, self._selection = network, selection
        self._editor = NetworkEditor(network, selection)
        self._shown: str | None = None
        self._sign, self._title, self._summary = FamilySign(), QLabel(), QLabel()
        self._name, self._refusal = QLineEdit(), QLabel()
        self._form, self._facts, self._problems = DeclarationForm(), FactSheet(), ProblemNotes()
        self._block = BlockPage(self._editor)
        self._describe()
        self._arrange()
        self._name.textEdited.connect(self._judge_name)
        self._name.editingFinished.connect(self._rename)
        self._form.changed.connect(self._change)
        network.checkChanged.connect(self._show)
        selection.changed.connect(self._show)
        theme_source.themeChanged.connect(self._show)
        self._show()

    # ---- building

    def _describe(self) -> None:
        self._title.setObjectName("layer_title")
        self._title.setProperty("role", "title")
        self._summary.setObjectName("layer_summary")
        self._summary.setProperty("role", "quiet")
        self._name.setObjectName("layer_name")
        self._name.setAccessibleName("Name of the layer")
        self._name.setMaxLength(64)
        self._refusal.setObjectName("layer_name_refusal")
        self._refusal.setProperty("role", "error")
        for label in (self._summary, self._refusal):
            label.setWordWrap(True)

    def _arrange(self) -> None:
        heading = QHBoxLayout()
        heading.setSpacing(GRID)
        heading.addWidget(self._sign)
        heading.addWidget(self._title, 1)
        name = form_grid()
        add_row(name, "Name", self._name)
        name.addWidget(self._refusal, name.rowCount(), 1)
        body = QWidget()
        page = QVBoxLayout(body)
        page.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        page.setSpacing(GRID)
        page.addLayout(heading)
        page.addWidget(self._summary)
        page.addWidget(self._problems)
        page.addSpacing(GRID)
        page.addLayout(name)
        page.addWidget(self._form)
        page.addSpacing(GRID)
        page.addWidget(_line())
        page.addSpacing(GRID)
        page.addWidget(self._facts)
        page.addStretch(1)
        scroll = _Page(body)
        scroll.setObjectName("properties_scroll")
        scroll.setAccessibleName("Properties of the layer")
        empty = QLabel("Select a layer on the canvas\nto see and change its settings.")
        empty.setObjectName("properties_empty")
        empty.setProperty("role", "quiet")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(scroll)
        self._pages.addWidget(self._block)

    # ---- showing

    def _show(self) -> None:
        spec = self._network.spec
        node = next((node for node in spec.nodes if node.id == self._selection.selected), None)
        group = next((group for group in spec.groups if group.id == self._selection.group), None)
        self._pages.setCurrentIndex(2 if group else 1 if node else 0)
        if group is not None:
            self._block.show_group(group)
        if node is not None:
            self._show_layer(node)
        self._shown = node.id if node else None

    def _show_layer(self, node: Node) -> None:
        self._sign.show_family(node.layer.family)
        self._title.setText(node.layer.title)
        self._summary.setText(node.layer.summary)
        self._name.setText(node.id)
        self._judge_name(node.id)
        if node.id != self._shown or self._form.value() != node.layer:  # else it may be in the middle of an edit
            self._form.set_value(node.layer)
        self._facts.show_report(self._network.check.layers.get(node.id), self._network.batch_size)
        self._problems.show_problems(self._network.check.problems_of(node.id))

    # ---- editing

    def _judge_name(self, name: str) -> None:
        selected = self._selection.selected
        problem = edits.name_problem(self._network.spec, selected, name) if selected else ""
        self._refusal.setText(problem)
        self._refusal.setVisible(bool(problem))

    def _rename(self) -> None:
        """Take the new name; one that is refused goes back to the old."""
        name, shown = self._name.text(), self._shown
        if shown is None or name == shown:
            return
        if edits.name_problem(self._network.spec, shown, name):
            self._name.setText(shown)
            self._judge_name(shown)
        else:
            self._editor.rename(shown, name)

    def _change(self, layer: Layer) -> None:
        if self._shown is not None:
            self._editor.change(self._shown, layer)


class _Page(QScrollArea):
    """Scrolls up and down only, so it is never narrower than what it holds."""

    def __init__(self, body: QWidget) -> None:
        super().__init__()
        self._body = body
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()  # another form may need another width
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        width = self._body.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    line.setFixedHeight(1)
    return line
