"""The weights on the desk: always a set that the last sound network can run with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal

from nnstudio.engine.initializers import Initializer
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.surgery import Fate, Transplant, worst
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.outcome import in_a_word
from nnstudio.gui.models.shelf import Shelf
from nnstudio.gui.models.weight_edit import WeightEdit, WeightsError, require_possible
from nnstudio.gui.models.weights_base import Base, Memory, Parameters
from nnstudio.network import NetworkSpec, check
from nnstudio.project.weights import muted_names

_NONE: Parameters = MappingProxyType({})
_AT_ONCE = 300_000
"""So many weights take about 15 ms; more are drawn and carried over in the background."""
_AT_MOST = 2**25
"""More weights, above 128 MiB, are only drawn when training begins: such networks are there to be looked at."""


@dataclass(frozen=True)
class Shown:
    """Weights to look at, and the flat network that they belong to. `untrained`: they are still random, in part or
    all; `missing`: there are none yet, because the network is so large."""

    spec: NetworkSpec
    parameters: Parameters
    step: int
    untrained: bool = False
    missing: bool = False
    past: bool = False


class WeightsModel(QObject):
    """The newest snapshot of all parameters. Arrays in it are never changed, so that any thread may read them.

    Weights are a function of what was learned (`Base`) and the network as it is computed now, made by
    `engine.surgery`; so undoing an edit brings the old weights back too. While the network has errors, they stay those
    of the last sound network (`spec`). What training goes on without is put on a shelf. A very large network has no
    weights (`missing`) before it has learned: to open it must not take a gigabyte.

    Views show what is `shown`: these weights, or for a while those of the past. Whoever saves, trains or edits has
    these weights and no others.
    """

    changed = Signal()
    edited = Signal()
    """A single weight was changed by hand, or back."""

    def __init__(self, network: NetworkModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._network = network
        self._background = Background(self)
        self._shelf = Shelf()
        self._base = Base(network.flat)
        self.learned: Parameters = _NONE
        """What was last trained or loaded; empty on a fresh start."""
        self.seed = 0
        self.initializer = Initializer.HE_NORMAL
        self.spec: NetworkSpec = network.flat
        self.parameters: Parameters = _NONE
        self.tensors: Mapping[str, Fate] = {}
        """What became of each parameter since it was learned; new is one that was just drawn at random."""
        self.step = 0
        self._past: Shown | None = None
        self.held = False
        """Whether training is changing the weights, so that nobody else may."""
        network.checkChanged.connect(self._fit)
        self._fit()

    # ---- what is seen

    @property
    def shown(self) -> Shown:
        """What a view shows."""
        untrained = self.step == 0 or Fate.NEW in self.tensors.values()
        return self._past or Shown(self.spec, self.parameters, self.step, untrained, self.missing)

    def show_past(self, parameters: Parameters | None, step: int = 0) -> None:
        """Let views show what the present network's parameters were after `step` steps, or with ``None`` what they are
        now. What is learned, saved and trained from does not change; nobody may change the arrays afterwards."""
        if parameters is not None:
            self._past = Shown(self._network.flat, parameters, step, untrained=step == 0, past=True)
            self.changed.emit()
        elif self._past:
            self._past = None
            self.changed.emit()

    # ---- what there is

    @property
    def fates(self) -> Mapping[str, Fate]:
        """Of each layer of the computed network that has weights, the worst that became of one of them."""
        return worst(self.tensors)

    @property
    def badges(self) -> dict[str, str]:
        """In a word what became of each designed layer, of a repeated one the worst of its copies; empty while there
        is nothing to tell apart."""
        return in_a_word(self.fates, self._network.spec) if self.learned and self._network.check.ok else {}

    @property
    def missing(self) -> bool:
        """Whether the network is so large that its weights are only drawn when training begins."""
        return not self.parameters and check(self.spec, advice=False).parameter_count > _AT_MOST

    @property
    def ready(self) -> bool:
        """Whether the weights are those of the network as it is now, not of the last sound one, nor still drawn."""
        return self.spec is self._network.flat or self.spec == self._network.flat

    @property
    def muted(self) -> Parameters:
        """What layers have learned that are muted now."""
        names = muted_names(self._network.spec)
        known = [*self._shelf.items(), *self._base.parameters.items()]
        return {name: values for name, values in known if name.rpartition(".")[0] in names}

    # ---- what is learned

    def replace(self, spec: NetworkSpec, parameters: Parameters, step: int) -> None:
        """Take a snapshot: `parameters` of the flat `spec` after `step` training steps; neither may change afterwards.

        When the network was edited meanwhile, what has been learned is carried over to it.
        """
        self._shelf.put(self._base.parameters, parameters)
        self._learn(spec, parameters, step)

    def load(self, parameters: Parameters, step: int, muted: Parameters = _NONE) -> None:
        """Weights of the present network from a file, and of its layers that are `muted`; all others are forgotten."""
        self._shelf.clear()
        self._shelf.put(muted, parameters)
        self._past = None
        self._learn(self._network.flat, parameters, step)

    def reset(self, initializer: Initializer, seed: int) -> None:
        """Forget what was learned and begin anew, also when the network changes later."""
        self.initializer, self.seed = initializer, seed
        self._shelf.clear()
        self.learned, self.step, self._past = _NONE, 0, None
        self._base = Base(self.spec)
        self._make()

    def remember(self) -> Memory:
        """What there is now."""
        return Memory(self._base, self.learned, self.step, self.seed, self.initializer, self._shelf.copy())

    def recall(self, memory: Memory) -> None:
        """Have again what there was; where the network has been edited since, what fits of it."""
        self._base, self.learned, self.step = memory.base, memory.learned, memory.step
        self.seed, self.initializer, self._shelf = memory.seed, memory.initializer, memory.shelf.copy()
        self._past = None
        self._make()

    def _learn(self, spec: NetworkSpec, parameters: Parameters, step: int) -> None:
        self.learned, self.step = parameters, step
        self._base = Base(spec, parameters)
        if self._network.check.ok:
            self._make()
        else:
            self._show(spec, parameters, {})

    # ---- one weight

    @property
    def obstacle(self) -> tuple[str, str]:
        """Why no weight can be changed by hand now, and what to do; empty when one can."""
        if self._past:
            return "These are weights of the past.", "Go back to the present first."
        if self.held:
            return "Training is changing the weights itself.", "Pause it first."
        if not self.ready:
            return (
                "The network has no weights of its own yet.",
                "Mend its problems, or wait for them.",
            )
        if not self.parameters:
            return "The weights are only made when training begins: the network is so large.", "Do a step of training."
        return "", ""

    def set_value(self, name: str, index: Sequence[int], value: float) -> None:
        """Change one value of a parameter, as a step that can be undone; `WeightsError` says why not."""
        message, hint = self.obstacle
        if message:
            raise WeightsError(message, hint)
        place = tuple(index)
        require_possible(self.parameters, name, place, value)
        values = self.parameters[name]
        if values[place] != values.dtype.type(value):
            self._network.undo_stack.push(WeightEdit(self, name, place, value))

    def write(self, name: str, index: tuple[int, ...], value: float) -> tuple[Base, Base] | None:
        """Change one value of the weights there are; the base before and after. For `WeightEdit`."""
        values = self.parameters.get(name)
        if self.held or not self.ready or values is None or len(index) != values.ndim:
            return None
        written = values.copy()
        written[index] = value
        written.flags.writeable = False
        before = self._base
        parameters = MappingProxyType({**self.parameters, name: written})
        self._shelf.put(before.parameters, parameters)
        after = Base(self.spec, parameters, self.tensors)
        self._settle(after)
        return before, after

    def go_back(self, before: Base, after: Base) -> None:
        """Put `before` in the place of `after`, if nothing has been learned since. For `WeightEdit`."""
        if self._base is after and not self.held:
            self._settle(before)

    def _settle(self, base: Base) -> None:
        self._base = base
        self._make()
        self.edited.emit()

    # ---- fitting the network

    def _fit(self) -> None:
        if self._past and self._past.spec != self._network.flat:  # another network has no such past
            self.show_past(None)
        if self._network.check.ok and (not self.ready or not self.parameters):
            self._make()

    def _make(self) -> None:
        """Parameters for the current network, if it is sound, else for the last that was."""
        base, spec = self._base, self._network.flat if self._network.check.ok else self.spec
        if base.parameters and spec == base.spec:
            self._show(spec, base.parameters, base.fates)
            return
        plan = compile_plan(spec)
        if plan.parameter_count > _AT_MOST:
            self._show(spec, _NONE, {})
            return
        work = partial(base.carried_over, plan, self.initializer, self.seed, self._shelf.copy())
        if plan.parameter_count <= _AT_ONCE:
            self._take(spec, work())
        else:
            self._background.run(work, partial(self._take_if_wanted, spec, base), _impossible)

    def _take_if_wanted(self, spec: NetworkSpec, base: Base, made: Transplant) -> None:
        if spec == self._network.flat and base is self._base:
            self._take(spec, made)

    def _take(self, spec: NetworkSpec, made: Transplant) -> None:
        self._show(spec, MappingProxyType(dict(made.parameters)), made.tensors)

    def _show(self, spec: NetworkSpec, parameters: Parameters, tensors: Mapping[str, Fate]) -> None:
        self.spec, self.parameters = spec, parameters
        self.tensors = tensors or dict.fromkeys(parameters, Fate.KEPT)
        self.changed.emit()


def _impossible(error: NNStudioError) -> None:
    raise error  # drawing random numbers is nothing that a user could do wrong
