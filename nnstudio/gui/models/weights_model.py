"""The weights on the desk: always a set that the last sound network can run with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import NetworkSpec, check

Parameters = Mapping[str, NDArray[np.floating[Any]]]
_AT_ONCE = 500_000
"""So many random numbers take about 15 ms; more are drawn in the background."""
_AT_MOST = 2**25
"""More weights, above 128 MiB, are only drawn when training begins: such networks are there to be looked at."""


class WeightsModel(QObject):
    """The newest snapshot of all parameters. Arrays in it are never changed, so that any thread may read them.

    While the network has errors, the weights stay those of the last sound network (`spec`). Once it is sound, tensors
    whose name and shape fit those last trained or loaded keep their values and the others begin anew, from the same
    seed every time; so undoing an edit brings the old weights back too. A very large network has none (`missing`)
    before it has learned: to open it must not take a gigabyte.
    """

    changed = Signal()

    def __init__(self, network: NetworkModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._network = network
        self._background = Background(self)
        self.learned: Parameters = MappingProxyType({})
        """What was last trained or loaded, of `_learned_spec`; empty on a fresh start."""
        self._learned_spec = network.flat
        self.seed = 0
        self.initializer = Initializer.HE_NORMAL
        self.spec: NetworkSpec = network.flat
        self.parameters: Parameters = MappingProxyType({})
        self.step = 0
        network.checkChanged.connect(self._fit)
        self._fit()

    @property
    def fresh(self) -> tuple[str, ...]:
        """Names of the parameters that were neither trained nor loaded but just drawn at random."""
        kept = {id(values) for values in self.learned.values()}
        return tuple(name for name, values in self.parameters.items() if id(values) not in kept)

    @property
    def missing(self) -> bool:
        """Whether the network is so large that its weights are only drawn when training begins."""
        return not self.parameters and check(self.spec).parameter_count > _AT_MOST

    def replace(self, spec: NetworkSpec, parameters: Parameters, step: int) -> None:
        """Take a snapshot: `parameters` of `spec` after `step` training steps; neither may change afterwards."""
        self.spec, self.parameters, self.step = spec, parameters, step
        self.learned, self._learned_spec = parameters, spec
        self.changed.emit()

    def reset(self, initializer: Initializer, seed: int) -> None:
        """Forget what was learned and begin anew, also when the network changes later."""
        self.initializer, self.seed = initializer, seed
        self.learned, self.step = MappingProxyType({}), 0
        self._draw()

    def _fit(self) -> None:
        if self._network.check.ok and (self._network.flat != self.spec or not self.parameters):
            self._draw()

    def _draw(self) -> None:
        """Parameters for the current network, if it is sound, else for the last that was."""
        plan = compile_plan(self._network.flat if self._network.check.ok else self.spec)
        if plan.parameter_count > _AT_MOST:
            self._take(plan.spec, self.learned if plan.spec == self._learned_spec else {})
            return
        draw = partial(initial_parameters, plan, self.initializer, self.seed)
        if plan.parameter_count <= _AT_ONCE:
            self._take(plan.spec, draw())
        else:
            self._background.run(draw, partial(self._take_if_wanted, plan.spec), _impossible)

    def _take_if_wanted(self, spec: NetworkSpec, drawn: Parameters) -> None:
        if spec == self._network.flat:
            self._take(spec, drawn)

    def _take(self, spec: NetworkSpec, drawn: Parameters) -> None:
        self.spec = spec
        names = self._earlier_names()
        self.parameters = MappingProxyType({name: self._known(names(name), drawn[name]) for name in drawn})
        self.changed.emit()

    def _earlier_names(self) -> Callable[[str], str]:
        """What a parameter was called when it was learned: a renamed layer stands where it stood."""
        now, then = self.spec.nodes, self._learned_spec.nodes
        if [type(node.layer) for node in now] != [type(node.layer) for node in then]:
            return str
        names = {new.id: old.id for new, old in zip(now, then, strict=True)}

        def earlier(name: str) -> str:
            node, role = name.split(".")
            return f"{names[node]}.{role}"

        return earlier

    def _known(self, name: str, drawn: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        known = self.learned.get(name)
        return known if known is not None and known.shape == drawn.shape else drawn


def _impossible(error: NNStudioError) -> None:
    raise error  # drawing random numbers is nothing that a user could do wrong
