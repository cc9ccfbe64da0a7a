"""A race of forks: up to four variants side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSplitter, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.runs.race_chart import RaceChart
from nnstudio.gui.runs.race_lane import LaneCard
from nnstudio.gui.runs.race_model import RaceModel
from nnstudio.gui.runs.race_table import RaceTable
from nnstudio.gui.theme import GRID
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.training.race import MOST_LANES, Changes, usual_variants

_MOST_EPOCHS = 1000
_WHAT = (
    "Each lane trains the same network from the same weights on the same batches, with its own settings. "
    "Their losses will be drawn here over each other, and you keep the lane that you like best."
)


class RacePanel(QWidget):
    """Above, how many lanes race and how long; below, the lanes as cards; then what they have come to."""

    def __init__(self, model: RaceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("race_panel")
        self._model = model
        self._count, self._epochs = NumberBox(2, MOST_LANES, whole=True), NumberBox(1, _MOST_EPOCHS, whole=True)
        self._start, self._told = QPushButton("Start"), QLabel()
        self.lanes = [LaneCard(number) for number in range(1, MOST_LANES + 1)]
        self.chart, self.table, self._results = RaceChart(), RaceTable(model), QWidget()
        self._empty = QLabel(_WHAT)
        for lane, changes in zip(self.lanes, usual_variants(model.base[1]), strict=True):
            lane.set_base(*model.base)
            lane.set_changes(changes)
            lane.edited.connect(self._show)
        self._count.setValue(3)
        self._arrange()
        self._start.clicked.connect(self._toggle)
        self._count.valueChanged.connect(self._show)
        self.table.keepAsked.connect(model.keep)
        model.changed.connect(self._show)
        self._show()

    @property
    def changes(self) -> list[Changes]:
        """What each of the lanes that race changes."""
        return [lane.changes for lane in self._racing]

    @property
    def _racing(self) -> list[LaneCard]:
        return self.lanes[: int(self._count.number())]

    def _toggle(self) -> None:
        if self._model.running:
            self._model.stop()
            return
        try:
            self._model.start(self.changes, int(self._epochs.number()))
        except NNStudioError as error:
            self._tell("error", str(error))

    # ---- what is shown

    def _show(self, *_: object) -> None:
        model = self._model
        for number, card in enumerate(self.lanes):
            card.setVisible(card in self._racing)
            card.set_base(*model.base)
            card.set_open(not model.running)
            card.show_badge(self._badge(number))
        for box in (self._count, self._epochs):
            box.setEnabled(not model.running)
        self._empty.setVisible(not model.lanes)
        for result in (self.chart, self.table):
            result.setVisible(bool(model.lanes))
        self.chart.show_lanes(model.lanes)
        self.table.refresh()
        role, text, possible = self._state()
        self._start.setText("Stop" if model.running else "Start")
        self._start.setAccessibleName("Stop the race" if model.running else "Start the race")
        self._start.setEnabled(possible)
        self._tell(role, text)

    def _badge(self, number: int) -> str:
        """Only while the card says what was raced."""
        model = self._model
        if number != model.winner or model.lanes[number].settings != self.lanes[number].settings:
            return ""
        return "leads" if model.running else "won"

    def _state(self) -> tuple[str, str, bool]:
        """How what there is to say is shown, what it is, and whether the button does something."""
        model = self._model
        if model.running:
            return "quiet", "The lanes are trained in turn on the same batches.", True
        if model.problem:
            return "error", str(model.problem), not model.obstacle
        if model.obstacle:
            return "quiet", model.obstacle, False
        if wrong := next((lane for lane in self._racing if lane.problem), None):
            return "error", f"{wrong.title.text()} cannot race: {wrong.problem}", False
        if model.kept is not None:
            what = f"Lane {model.kept + 1} is on the desk now, weights and settings: Continue goes on with it."
            return "good", what, True
        return "quiet", f"The lanes begin {model.origin}.", True

    def _tell(self, role: str, text: str) -> None:
        self._told.setText(text)
        if self._told.property("role") != role:
            self._told.setProperty("role", role)
            self._told.style().polish(self._told)

    # ---- building

    def _arrange(self) -> None:
        self._told.setObjectName("race_told")
        self._told.setWordWrap(True)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self._cards())
        parts.addWidget(self._results)
        parts.setStretchFactor(1, 1)
        self._empty.setProperty("role", "quiet")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        results = QVBoxLayout(self._results)
        results.setContentsMargins(0, 0, 0, 0)
        results.setSpacing(GRID)
        results.addWidget(self._empty, 1)
        results.addWidget(self.chart, 1)
        results.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(self._tools())
        layout.addWidget(self._told)
        layout.addWidget(parts, 1)

    def _tools(self) -> QHBoxLayout:
        self._start.setObjectName("race_start")
        self._start.setProperty("primary", True)
        self._start.setAutoDefault(False)
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        tools.addWidget(self._start)
        for name, title, box in (("count", "Lanes", self._count), ("epochs", "Epochs", self._epochs)):
            label = QLabel(title)
            label.setBuddy(box)
            box.setObjectName(f"race_{name}")
            box.setAccessibleName(title)
            tools.addWidget(label)
            tools.addWidget(box)
        tools.addStretch(1)
        return tools

    def _cards(self) -> QScrollArea:
        """All cards beside each other; what there is no room for can be reached by scrolling."""
        inside, area = QWidget(), QScrollArea()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for lane in self.lanes:
            row.addWidget(lane, 1)
        area.setObjectName("race_lanes")
        area.setAccessibleName("Lanes")
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setMinimumHeight(120)
        return area
