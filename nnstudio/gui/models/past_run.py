"""The last run, and how another goes on from it. Without Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nnstudio.engine.backend import TrainingState
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.surgery import transplant_state
from nnstudio.gui.models.weights_base import Parameters
from nnstudio.gui.worker import Request
from nnstudio.network import NetworkSpec
from nnstudio.training.settings import TrainingSettings


@dataclass(frozen=True)
class PastRun:
    """Where the last run ended, and the weights that it left: when these are others now, it is past."""

    request: Request
    state: TrainingState
    learned: Parameters

    def continues_with(self, settings: TrainingSettings, dataset: str) -> bool:
        """Whether the optimizer's state still means something in a run like that."""
        then = self.request.settings
        same_state = (settings.optimizer.kind, settings.optimizer.slots) == (then.optimizer.kind, then.optimizer.slots)
        return same_state and (dataset, settings.loss) == (self.request.dataset, then.loss)

    def prolonged(self, settings: TrainingSettings, steps_per_epoch: int) -> TrainingSettings:
        """With as many epochs more, where those that are asked for are done already."""
        done = len(self.state.validation_losses) or self.state.step // max(1, steps_per_epoch)
        return settings.model_copy(update={"epochs": done + settings.epochs}) if done >= settings.epochs else settings

    def carried_over(self, spec: NetworkSpec, weights: Parameters, seed: int) -> Callable[[], TrainingState]:
        """Makes of its state what that has become since the network or a weight was edited."""
        return lambda: transplant_state(self.request.spec, self.state, compile_plan(spec), weights, seed=seed)
