"""The weights on the desk: always a set that the last sound network can run with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import NetworkSpec

Parameters = Mapping[str, NDArray[np.floating[Any]]]


class WeightsModel(QObject):
    """The newest snapshot of all parameters. Arrays in it are never changed, so that any thread may read them.

    While the network has errors, the weights stay those of the last sound network (`spec`). Once it is sound, tensors
    whose name and shape fit those last trained or loaded keep their values and the others begin anew, from the same
    seed every time; so undoing an edit brings the old weights back too.
    """

    changed = Signal()

    def __init__(self, network: NetworkModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._network = network
        self._source: Parameters = {}
        self.seed = 0
        self.initializer = Initializer.HE_NORMAL
        self.spec: NetworkSpec = network.spec
        self.parameters: Parameters = MappingProxyType({})
        self.step = 0
        network.checkChanged.connect(self._fit)
        self._fit()

    @property
    def fresh(self) -> tuple[str, ...]:
        """Names of the parameters that were neither trained nor loaded but just drawn at random."""
        return tuple(name for name, values in self.parameters.items() if self._source.get(name) is not values)

    def replace(self, spec: NetworkSpec, parameters: Parameters, step: int) -> None:
        """Take a snapshot: `parameters` of `spec` after `step` training steps."""
        self._source = MappingProxyType(dict(parameters))
        self.spec, self.parameters, self.step = spec, self._source, step
        self.changed.emit()

    def reset(self, initializer: Initializer, seed: int) -> None:
        """Forget what was learned and begin anew, also when the network changes later."""
        self.initializer, self.seed = initializer, seed
        self._source, self.step = MappingProxyType({}), 0
        self._draw()

    def _fit(self) -> None:
        if self._network.check.ok and (self._network.spec != self.spec or not self.parameters):
            self._draw()

    def _draw(self) -> None:
        """Parameters for the current network, if it is sound, else for the last that was."""
        self.spec = self._network.spec if self._network.check.ok else self.spec
        drawn = initial_parameters(compile_plan(self.spec), self.initializer, self.seed)
        self.parameters = MappingProxyType({name: self._known(name, values) for name, values in drawn.items()})
        self.changed.emit()

    def _known(self, name: str, drawn: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        known = self._source.get(name)
        return known if known is not None and known.shape == drawn.shape else drawn
