"""One training step, stage by stage: what is computed, and the numbers that come out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QToolButton, QVBoxLayout, QWidget

from nnstudio.gui.designer.signs.formulas import formula_html
from nnstudio.gui.icons import icon
from nnstudio.gui.models.micro_step_model import MicroStepModel
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.gui.train.grey_bar import GreyBar
from nnstudio.gui.train.tensor_view import TensorView, cropped, is_coloured, what_is_where
from nnstudio.gui.widgets.color_bar import ColorBar
from nnstudio.gui.widgets.fields import combo_box
from nnstudio.training.micro_step import Look, NamedTensor

_PERIOD = 1200
"""Milliseconds that each stage is shown when played."""
_NOTHING = (
    "See how one step works: which pictures are taken, what each layer makes of them, what comes back, and how the "
    "weights change."
)


class MicroStepPanel(QWidget):
    """Plays the step that comes next. It is computed on demand, from the weights as they are, and trains nothing."""

    def __init__(self, model: MicroStepModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("micro_step_panel")
        self._model = model
        self._compute = QPushButton("Show the next step")
        self._compute.setObjectName("micro_step_compute")
        self._compute.setAccessibleName("Show the next step")
        self._compute.setToolTip("Compute the step that comes next, and keep everything in it")
        self._compute.clicked.connect(model.compute)
        self._title = self._label("title", "title")
        self._words = self._label("words", "")
        self._formula = self._label("formula", "")
        self._formula.setTextFormat(Qt.TextFormat.RichText)
        self._figures = self._label("figures", "quiet")
        self._figures.setFont(tabular(self._figures.font()))
        self._tensors = combo_box()
        self._tensors.setObjectName("micro_step_tensors")
        self._tensors.setAccessibleName("Which tensor of the stage")
        self._tensors.setMinimumContentsLength(32)
        self._tensors.currentIndexChanged.connect(lambda _: self._show_tensor())
        self._view, self._bar, self._greys = TensorView(), ColorBar(), GreyBar()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("micro_step_slider")
        self._slider.setAccessibleName("Stage of the step")
        self._slider.setPageStep(1)
        self._slider.valueChanged.connect(model.go_to)
        self._back = self._tool("back", "chevron-left", "The stage before", lambda: self._move(-1))
        self._play = self._tool("play", "play", "Play the stages one after another", self._toggle)
        self._next = self._tool("next", "chevron-right", "The next stage", lambda: self._move(1))
        self._timer = QTimer(self)
        self._timer.setInterval(_PERIOD)
        self._timer.timeout.connect(self._advance)
        self._arrange()
        model.changed.connect(self._show)
        theme_source.themeChanged.connect(self._colour)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._stop()

    # ---- playing

    def _move(self, by: int) -> None:
        self._stop()
        self._model.go_to(self._model.place + by)

    def _toggle(self) -> None:
        if self._timer.isActive():
            self._stop()
            return
        if self._at_end():
            self._model.go_to(0)
        self._timer.start()
        self._colour()

    def _advance(self) -> None:
        self._model.go_to(self._model.place + 1)
        if self._at_end():
            self._stop()

    def _stop(self) -> None:
        self._timer.stop()
        self._colour()

    def _at_end(self) -> bool:
        step = self._model.step
        return step is None or self._model.place == len(step.stages) - 1

    # ---- what it shows

    def _show(self) -> None:
        model, stage = self._model, self._model.stage
        self._compute.setEnabled(not model.computing and not model.obstacle)
        self._title.setText(stage.title if stage else "One training step")
        self._words.setText(self._told())
        self._formula.setText(formula_html(stage.formula) if stage else "")
        self._formula.setVisible(bool(stage and stage.formula))
        self._words.setProperty("role", "error" if model.problem else "")
        self._words.style().polish(self._words)
        with QSignalBlocker(self._slider):
            self._slider.setRange(0, len(model.step.stages) - 1 if model.step else 0)
            self._slider.setValue(model.place)
        for control in (self._back, self._play, self._next, self._slider):
            control.setEnabled(model.step is not None)
        self._back.setEnabled(model.step is not None and model.place > 0)
        self._next.setEnabled(not self._at_end())
        names = [tensor.name for tensor in stage.tensors] if stage else []
        with QSignalBlocker(self._tensors):
            self._tensors.clear()
            self._tensors.addItems(names)
        self._tensors.setVisible(len(names) > 1)
        self._show_tensor()

    def _told(self) -> str:
        model = self._model
        if model.computing:
            return "Computing the step…"
        if model.problem:
            return str(model.problem)
        if model.stage:
            return model.stage.words
        return model.obstacle or _NOTHING

    def _show_tensor(self) -> None:
        stage = self._model.stage
        tensor = stage.tensors[max(0, self._tensors.currentIndex())] if stage and stage.tensors else None
        self._view.show_tensor(tensor)
        self._bar.set_limit(self._view.limit)
        self._greys.set_range(*self._view.greys)
        signed = tensor is not None and tensor.look is Look.SIGNED
        self._bar.setVisible(signed)
        self._greys.setVisible(tensor is not None and not signed and not is_coloured(tensor.values, tensor.look))
        self._figures.setText(self._figures_of(tensor) if tensor is not None else "")

    def _figures_of(self, tensor: NamedTensor) -> str:
        """Place in the step, shape, and the range of the values."""
        step = self._model.step
        assert step is not None, "a tensor belongs to a step"
        values, shape = tensor.values, " × ".join(f"{size:,}" for size in tensor.values.shape)
        figures = f"from {values.min():.3g} to {values.max():.3g}, mean {values.mean():.3g}".replace("-", "−")
        zeros = f", {np.mean(values == 0):.0%} zeros" if (values == 0).any() else ""
        where = what_is_where(tensor)
        return (
            f"Step {step.step:,}, stage {self._model.place + 1} of {len(step.stages)} · {tensor.name}: {shape}, "
            f"{figures}{zeros}{cropped(values, tensor.look)}{'; ' if where else ''}{where}"
        )

    # ---- how it is made

    def _label(self, name: str, role: str) -> QLabel:
        label = QLabel()
        label.setObjectName(f"micro_step_{name}")
        label.setProperty("role", role)
        label.setWordWrap(True)
        return label

    def _tool(self, name: str, picture: str, tip: str, slot: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"micro_step_{name}")
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setProperty("icon_name", picture)
        button.clicked.connect(lambda _=False: slot())
        return button

    def _colour(self) -> None:
        self._play.setProperty("icon_name", "pause" if self._timer.isActive() else "play")
        for button in (self._back, self._play, self._next):
            button.setIcon(icon(button.property("icon_name")))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title, 1)
        top.addWidget(self._compute)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self._view, 1)
        middle.addWidget(self._bar)
        middle.addWidget(self._greys)
        player = QHBoxLayout()
        player.setSpacing(4)
        for button in (self._back, self._play, self._next):
            player.addWidget(button)
        player.addSpacing(4)
        player.addWidget(self._slider, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._words)
        layout.addWidget(self._formula)
        layout.addWidget(self._tensors, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(middle, 1)
        layout.addWidget(self._figures)
        layout.addLayout(player)
        self._colour()
