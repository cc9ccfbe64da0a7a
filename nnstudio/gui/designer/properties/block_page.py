"""The settings of a block of layers."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from nnstudio.gui.designer.editing import parts
from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.designer.editing.edits import group_name_problem
from nnstudio.gui.theme import GRID
from nnstudio.gui.widgets.form import add_row, form_grid
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.network import Group
from nnstudio.network.nodes import MAX_REPEAT
from nnstudio.units import counted


class BlockPage(QWidget):
    """A block's name, how often the network has it in a row, what is in it; and a way to be rid of it."""

    def __init__(self, editor: NetworkEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("block_page")
        self._editor = editor
        self._shown = ""
        self._name, self._refusal = QLineEdit(), QLabel()
        self._repeat = NumberBox(1, MAX_REPEAT, whole=True)
        self._members, self._note = QLabel(), QLabel()
        self._ungroup = QPushButton("Ungroup")
        self._describe()
        self._arrange()
        self._name.textEdited.connect(self._judge)
        self._name.editingFinished.connect(self._rename)
        self._repeat.valueChanged.connect(self._change_repeat)
        self._ungroup.clicked.connect(editor.ungroup)

    def _describe(self) -> None:
        for field, name, words in (
            (self._name, "block_name", "Name of the block"),
            (self._repeat, "block_repeat", "Times in a row"),
            (self._ungroup, "block_ungroup", "Ungroup the block"),
        ):
            field.setObjectName(name)
            field.setAccessibleName(words)
        self._name.setMaxLength(64)
        self._repeat.setSuffix(" ×")
        self._repeat.setToolTip("Each copy has weights of its own.")
        for label, name, role in (
            (self._refusal, "block_refusal", "error"),
            (self._members, "block_members", "quiet"),
            (self._note, "block_note", "quiet"),
        ):
            label.setObjectName(name)
            label.setProperty("role", role)
            label.setWordWrap(True)

    def _arrange(self) -> None:
        title = QLabel("Block")
        title.setProperty("role", "title")
        form = form_grid()
        add_row(form, "Name", self._name)
        form.addWidget(self._refusal, form.rowCount(), 1)
        add_row(form, "Times in a row", self._repeat)
        form.addWidget(self._note, form.rowCount(), 1)
        add_row(form, "Layers", self._members)
        buttons = QHBoxLayout()
        buttons.addWidget(self._ungroup)
        buttons.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        page.setSpacing(GRID)
        page.addWidget(title)
        page.addLayout(form)
        page.addSpacing(GRID)
        page.addLayout(buttons)
        page.addStretch(1)

    def show_group(self, group: Group) -> None:
        """Show a block of the network."""
        self._shown = group.id
        spec = self._editor.network.spec
        self._name.setText(group.id)
        self._judge(group.id)
        can = parts.repeatable(spec, group.id)
        with QSignalBlocker(self._repeat):
            self._repeat.setValue(group.repeat)
        self._repeat.setEnabled(can or group.repeat > 1)
        self._note.setText(
            f"{counted(group.repeat * len(group.members), 'layer')} in all, each copy with weights of its own."
            if can
            else "It can only be repeated if one layer feeds it and one of its layers leads out."
        )
        self._members.setText(", ".join(group.members))

    def _judge(self, name: str) -> None:
        problem = group_name_problem(self._editor.network.spec, self._shown, name)
        self._refusal.setText(problem)
        self._refusal.setVisible(bool(problem))

    def _rename(self) -> None:
        """Take the new name; one that is refused goes back to the old."""
        name = self._name.text()
        if name == self._shown:
            return
        if group_name_problem(self._editor.network.spec, self._shown, name):
            self._name.setText(self._shown)
            self._judge(self._shown)
        else:
            self._editor.change_group(self._shown, new_id=name)

    def _change_repeat(self) -> None:
        self._editor.change_group(self._shown, repeat=int(self._repeat.number()))
