"""How all plots are drawn: smoothing, logarithmic axes, what the time axis counts."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.plots.across import Across
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.gui.widgets.fields import combo_box

_SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_TITLES = {Across.STEP: "Steps", Across.EPOCH: "Epochs", Across.SECONDS: "Seconds"}


class PlotControls(QWidget):
    """A row of controls; each says by a signal what was chosen."""

    memoryChanged = Signal(float)
    """How much of the moving average stays at each step; 0: none."""
    logChanged = Signal(bool)
    acrossChanged = Signal(object)
    """An `Across`."""
    allAsked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = QLabel("Smoothing")
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName("plots_smoothing")
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip("How long the moving average of the training curves remembers")
        self._smoothing.setRange(0, len(_SMOOTHINGS) - 1)
        self._smoothing.setValue(_SMOOTHINGS.index(0.9))
        self._smoothing.setFixedWidth(104)
        self._smoothing.valueChanged.connect(lambda _: self._change_memory())
        self._memory = QLabel()
        self._memory.setObjectName("plots_memory")
        self._memory.setFont(tabular(self.font()))
        self._memory.setMinimumWidth(self._memory.fontMetrics().horizontalAdvance("0.9999"))
        self._log = QCheckBox("Log scale")
        self._log.setObjectName("plots_log")
        self._log.setAccessibleName("Logarithmic axis")
        self._log.setToolTip("The values of this page on a logarithmic axis, where they can be")
        self._log.toggled.connect(self.logChanged)
        self._across = combo_box()
        self._across.setObjectName("plots_across")
        self._across.setAccessibleName("Time axis")
        self._across.setToolTip("What the time axis counts; seconds are those of training, without pauses")
        for across, title in _TITLES.items():
            self._across.addItem(title, across)
        self._across.currentIndexChanged.connect(lambda _: self.acrossChanged.emit(self.across))
        self._fit = QToolButton()
        self._fit.setObjectName("plots_fit")
        self._fit.setAccessibleName("Show all")
        self._fit.setToolTip("Show the whole run again (double click into a plot)")
        self._fit.setEnabled(False)
        self._fit.clicked.connect(self.allAsked)
        self._arrange()
        theme_source.themeChanged.connect(self._colour)
        self._colour()
        self._tell()

    @property
    def memory(self) -> float:
        return _SMOOTHINGS[self._smoothing.value()]

    @property
    def across(self) -> Across:
        return Across(self._across.currentData())

    def offer(self, *, log: bool | None, time: bool, memory: bool) -> None:
        """Show what means something: a logarithmic axis (now, or ``None``), a time axis, smoothing."""
        self._log.setVisible(log is not None)
        with QSignalBlocker(self._log):
            self._log.setChecked(bool(log))
        self._across.setVisible(time)
        self._fit.setVisible(time)
        for part in (self._words, self._smoothing, self._memory):
            part.setVisible(memory)

    def offer_all(self, zoomed: bool) -> None:
        """Whether there is more than what is seen."""
        self._fit.setEnabled(zoomed)

    def _change_memory(self) -> None:
        self._tell()
        self.memoryChanged.emit(self.memory)

    def _tell(self) -> None:
        self._memory.setText(f"{self.memory:g}" if self.memory else "off")

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._words, self._smoothing, self._memory, self._log):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._across)
        row.addWidget(self._fit)

    def _colour(self) -> None:
        self._fit.setIcon(icon("arrow-expand-horizontal", "quiet"))
