"""What the Engine menu does."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from nnstudio.gui.models.tuning_model import TuningModel, TuningState
from nnstudio.gui.models.xray_model import XRayModel, XRayState
from nnstudio.gui.preferences import Preferences


class EngineCommands(QObject):
    """Measures and tunes the network as it is now. ``show_xray`` brings the panel to the front."""

    told = Signal(str)
    """What was done, for a moment."""

    def __init__(
        self,
        xray: XRayModel,
        tuning: TuningModel,
        preferences: Preferences,
        show_xray: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._xray, self._tuning, self._preferences, self.show_xray = xray, tuning, preferences, show_xray

    @property
    def busy(self) -> bool:
        """Whether something is measured already; two at a time would find each other."""
        return self._xray.state is not XRayState.IDLE or self._tuning.state is not TuningState.IDLE

    def measure(self) -> None:
        """X-ray the network."""
        self.show_xray()
        self._xray.measure()

    def tune(self) -> None:
        """Find the fastest way to compute the network."""
        self.show_xray()
        self._tuning.tune()

    def toggle_tuning(self) -> None:
        """Whether networks are tuned by themselves."""
        self._tuning.set_by_itself(not self._tuning.by_itself)
        self._preferences.tunes_after_training = self._tuning.by_itself

    def copy_xray(self, kind: str) -> None:
        """Put the X-ray on the clipboard in one of its formats."""
        from nnstudio.gui.xray.export import EXPORTS

        if self._xray.findings:
            QGuiApplication.clipboard().setText(EXPORTS[kind](self._xray.findings))
            self.told.emit(f"X-ray copied as {kind}")
