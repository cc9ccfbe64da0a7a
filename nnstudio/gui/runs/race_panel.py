"""A race of forks: up to four variants side by side."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.runs.race_lane import LaneView
from nnstudio.gui.runs.race_model import RaceModel
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.training.race import MOST_LANES

_GRID = 8
_USUAL = ("", "optimizer.learning_rate=0.01", "optimizer.kind=momentum", "augmentation.shift=2")
_MOST_EPOCHS = 1000


class RacePanel(QWidget):
    """Above, how many lanes race and how long; below, the lanes."""

    def __init__(self, model: RaceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("race_panel")
        self._model = model
        self._count, self._epochs = NumberBox(2, MOST_LANES, whole=True), NumberBox(1, _MOST_EPOCHS, whole=True)
        self._start = QPushButton("Start")
        self._told = QLabel()
        self.lanes = [LaneView(number) for number in range(1, MOST_LANES + 1)]
        for lane, text in zip(self.lanes, _USUAL, strict=True):
            lane.changes.setText(text)
            lane.changes.setCursorPosition(0)
        self._count.setValue(3)
        self._arrange()
        self._start.clicked.connect(self._toggle)
        self._count.valueChanged.connect(self._show)
        for number, lane in enumerate(self.lanes):
            lane.edited.connect(self._show)
            lane.keepAsked.connect(lambda number=number: model.keep(number))
        model.changed.connect(self._show)
        self._show()

    @property
    def texts(self) -> list[str]:
        """What each of the lanes that race changes."""
        return [lane.changes.text() for lane in self.lanes[: int(self._count.number())]]

    def _toggle(self) -> None:
        if self._model.running:
            self._model.stop()
            return
        try:
            self._model.start(self.texts, int(self._epochs.number()))
        except NNStudioError as error:
            self._tell("error", str(error))

    def _show(self, *_: object) -> None:
        model, count = self._model, int(self._count.number())
        longest = max((len(lane.losses) for lane in model.lanes), default=0)
        top = max((float(lane.losses.y.max()) for lane in model.lanes if len(lane.losses)), default=1.0)
        for number, view in enumerate(self.lanes):
            lane = model.lanes[number] if number < len(model.lanes) else None
            view.setVisible(number < max(count, len(model.lanes) if model.running else 0))
            view.changes.setEnabled(not model.running)
            view.show_lane(lane, model.spec, leads=number == model.winner, over=not model.running)
            if lane:
                view.curve.show_losses(lane.losses.y, longest, top)
        for box in (self._count, self._epochs):
            box.setEnabled(not model.running)
        role, text, possible = self._state()
        self._start.setText("Stop" if model.running else "Start")
        self._start.setAccessibleName("Stop the race" if model.running else "Start the race")
        self._start.setEnabled(possible)
        self._tell(role, text)

    def _state(self) -> tuple[str, str, bool]:
        """How what there is to say is shown, what it is, and whether the button does something."""
        model = self._model
        if model.running:
            return "quiet", "The lanes are trained in turn on the same batches.", True
        if model.problem:
            return "error", str(model.problem), not model.obstacle
        if model.obstacle:
            return "quiet", model.obstacle, False
        for number, text in enumerate(self.texts, start=1):
            try:
                model.variant(text)
            except NNStudioError as error:
                return "error", f"Lane {number}: {error}", False
        return "quiet", f"The lanes begin {model.origin}.", True

    def _tell(self, role: str, text: str) -> None:
        self._told.setText(text)
        if self._told.property("role") != role:
            self._told.setProperty("role", role)
            self._told.style().polish(self._told)

    def _arrange(self) -> None:
        self._start.setObjectName("race_start")
        self._start.setProperty("primary", True)
        self._start.setAutoDefault(False)
        self._told.setObjectName("race_told")
        self._told.setWordWrap(True)
        tools = QHBoxLayout()
        tools.setSpacing(_GRID)
        tools.addWidget(self._start)
        for name, title, box in (("count", "Lanes", self._count), ("epochs", "Epochs", self._epochs)):
            label = QLabel(title)
            label.setBuddy(box)
            box.setObjectName(f"race_{name}")
            box.setAccessibleName(title)
            tools.addWidget(label)
            tools.addWidget(box)
        tools.addWidget(self._told, 1)
        lanes = QHBoxLayout()
        lanes.setSpacing(_GRID)
        for lane in self.lanes:
            lanes.addWidget(lane, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_GRID, _GRID, _GRID, _GRID)
        layout.setSpacing(_GRID)
        layout.addLayout(tools)
        layout.addLayout(lanes, 1)
