"""Which network to start with."""

from __future__ import annotations

from inspect import getdoc
from re import sub

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.network import NetworkSpec, check
from nnstudio.network.presets import PRESETS

_ROW_HEIGHT = 56


class NewNetworkDialog(QDialog):
    """The presets, the trained LeNet-5 and an empty network."""

    chosen = Signal(object)
    """A `NetworkSpec`, or None for the trained network that comes with the program."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("new_dialog")
        self.setWindowTitle("New network")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._list = QListWidget()
        self._list.setObjectName("new_list")
        self._list.setAccessibleName("Networks to start from")
        for make in PRESETS.values():
            spec = make()
            summary = sub(r"(: [\d,]+ parameters)?\.$", "", (getdoc(make) or "").splitlines()[0])
            self._add(spec.name, f"{check(spec).parameter_count:,} parameters", summary, spec)
        self._add(
            "Trained LeNet-5", "ready to use", "The network that already reads digits, as on the first start", None
        )
        self._add("Empty network", "no layers", "Build it layer by layer in the designer", NetworkSpec())
        self._list.setCurrentRow(0)
        self._list.itemActivated.connect(self._accept)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        create = buttons.button(QDialogButtonBox.StandardButton.Ok)
        create.setText("Create")
        create.setProperty("primary", True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        heading = QLabel("What do you want to start with?")
        heading.setProperty("role", "title")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(16)
        layout.addWidget(heading)
        layout.addWidget(self._list)
        layout.addWidget(buttons)
        self.resize(520, 536)

    def _add(self, title: str, size: str, summary: str, spec: NetworkSpec | None) -> None:
        """A row: the name and how large it is, and below what it is."""
        item = QListWidgetItem()
        item.setSizeHint(QSize(0, _ROW_HEIGHT))
        item.setData(Qt.ItemDataRole.UserRole, spec)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title}, {size}. {summary}")
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(12, 6, 12, 6)
        grid.setVerticalSpacing(2)
        labels = (QLabel(title), QLabel(size), QLabel(summary))
        for label, role in zip(labels, ("title", "quiet", "quiet"), strict=True):
            label.setProperty("role", role)
        grid.addWidget(labels[0], 0, 0)
        grid.addWidget(labels[1], 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(labels[2], 1, 0, 1, 2)
        self._list.addItem(item)
        self._list.setItemWidget(item, row)

    def _accept(self) -> None:
        spec = self._list.currentItem().data(Qt.ItemDataRole.UserRole)
        self.accept()
        self.chosen.emit(spec)
