"""Where a person says what a sweep varies."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import GRID, theme_source
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import KIND, Place, kinds_of, places, value_at
from nnstudio.training.sweep import MOST_RUNS, Sweep, value_text
from nnstudio.training.sweep_values import HOW

MOST_SETTINGS = 6
_USUAL = "optimizer.learning_rate"


class SettingRow(QWidget):
    """A setting and its values."""

    edited = Signal()
    removeAsked = Signal()

    def __init__(self, number: int, offered: list[Place], settings: TrainingSettings, path: str) -> None:
        super().__init__()
        self._places, self._settings = {place.path: place for place in offered}, settings
        self.setting, self.values, self.remove = QComboBox(), QLineEdit(), QToolButton()
        self.setting.setMinimumContentsLength(24)
        for place in offered:
            self.setting.addItem(place.title, place.path)
        self.setting.setCurrentIndex(self.setting.findData(path))
        self.values.setToolTip(HOW)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.setting, 2)
        layout.addWidget(self.values, 3)
        layout.addWidget(self.remove)
        self.call(number)
        self._propose()
        self.setting.currentIndexChanged.connect(self._change)
        self.values.textEdited.connect(self.edited)
        self.remove.clicked.connect(self.removeAsked)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    @property
    def path(self) -> str:
        return str(self.setting.currentData())

    def call(self, number: int) -> None:
        """Be the setting of that number, from 1."""
        names = (("setting", "Setting"), ("values", "Values of setting"), ("remove", "Remove setting"))
        for name, words in names:
            widget: QWidget = getattr(self, name)
            widget.setObjectName(f"sweep_{name}_{number}")
            widget.setAccessibleName(f"{words} {number}")
        self.remove.setToolTip(f"Do not vary {self.setting.currentText()}")

    def _change(self) -> None:
        self._propose()
        self.remove.setToolTip(f"Do not vary {self.setting.currentText()}")
        self.edited.emit()

    def _propose(self) -> None:
        """Values to begin with: all choices, or something around what is set."""
        place, value = self._places[self.path], value_at(self._settings, self.path)
        self.setting.setToolTip(place.field.description or "")
        if place.path.endswith(f".{KIND}"):
            text = ", ".join(kinds_of(place.field))
        elif isinstance(value, bool):
            text = "true, false"
        elif isinstance(value, int | float) and value:
            text = _around(value, place.whole)
        else:
            text = value if isinstance(value, str) else "" if value is None else value_text(value)
        self.values.setText(text)
        self.values.setPlaceholderText("0.1, 0.01 or 1..5 or log 1e-4..1e-1")

    def _colour(self) -> None:
        self.remove.setIcon(icon("close", "quiet"))


def _around(value: float, whole: bool) -> str:
    """Half and double; of what may be any positive number, powers of ten around."""
    if whole:
        return ", ".join(
            str(each) for each in dict.fromkeys((max(1, round(value / 2)), round(value), round(2 * value)))
        )
    return f"log {value / 10:g}..{value * 10:g}" if value < 0.1 else f"{value / 2:g}, {value:g}"


class SweepForm(QWidget):
    """Rows of settings, and how their values are combined."""

    edited = Signal()

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__()
        self._settings, self._places = settings, places(settings)
        self.rows: list[SettingRow] = []
        self._search = QComboBox()
        self._search.setObjectName("sweep_search")
        self._search.setAccessibleName("How values are combined")
        self._search.addItem("Every combination", "grid")
        self._search.addItem("At random", "random")
        self._count, self._seed = NumberBox(1, MOST_RUNS, whole=True), NumberBox(0, 2**32 - 1, whole=True)
        self._count.setValue(12)
        self._add = QPushButton("Add setting")
        self._add.setObjectName("sweep_add")
        self._add.setAccessibleName("Vary another setting")
        self._add.setAutoDefault(False)
        self._arrange()
        self.add(_USUAL)
        self._search.currentIndexChanged.connect(self._show)
        self._add.clicked.connect(lambda: self.add())
        for box in (self._count, self._seed):
            box.valueChanged.connect(lambda _: self.edited.emit())
        self._show()

    def sweep(self) -> Sweep:
        """What is written in the form."""
        settings = tuple((row.path, row.values.text()) for row in self.rows)
        return Sweep(settings, self._search.currentData(), self._count.number(), self._seed.number())  # type: ignore[arg-type]

    def set_settings(self, settings: TrainingSettings) -> None:
        """What is set now: which settings come first, and what is proposed in new rows."""
        self._settings, self._places = settings, places(settings)

    def add(self, path: str = "") -> None:
        """Vary another setting: this one, or the next that is not varied yet."""
        taken = {row.path for row in self.rows}
        path = path or next(each.path for each in self._places if each.path not in taken)
        row = SettingRow(len(self.rows) + 1, self._places, self._settings, path)
        row.edited.connect(self.edited)
        row.removeAsked.connect(lambda: self._remove(row))
        self.rows.append(row)
        self._column.addWidget(row)
        row.values.setFocus()
        self._show()

    def _remove(self, row: SettingRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.setParent(None)
        row.deleteLater()
        for number, each in enumerate(self.rows, start=1):
            each.call(number)
        self._show()

    def _show(self) -> None:
        """What belongs to the search at hand."""
        random = self._search.currentData() == "random"
        for widget in self._only_random:
            widget.setVisible(random)
        self._add.setEnabled(len(self.rows) < MOST_SETTINGS)
        for row in self.rows:
            row.remove.setEnabled(len(self.rows) > 1)
        self.edited.emit()

    def _arrange(self) -> None:
        self._only_random: list[QWidget] = []
        how = QHBoxLayout()
        how.setSpacing(GRID)
        how.addWidget(self._search)
        for name, title, box in (("count", "Runs", self._count), ("seed", "Seed", self._seed)):
            label = QLabel(title)
            label.setBuddy(box)
            box.setObjectName(f"sweep_{name}")
            box.setAccessibleName(title)
            self._only_random += [label, box]
            how.addWidget(label)
            how.addWidget(box)
        how.addStretch(1)
        how.addWidget(self._add)
        self._column = QVBoxLayout()
        self._column.setSpacing(GRID)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(GRID)
        layout.addLayout(self._column, 0, 0)
        layout.addLayout(how, 1, 0)
