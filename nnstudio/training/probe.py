"""What a network looks like inside while it trains: measured on a few pictures that stay the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Samples
from nnstudio.engine.backend import Array, Executable, TrainingState
from nnstudio.engine.plan import Plan
from nnstudio.training.events import ActivationStatistics, Measured, ParameterStatistics
from nnstudio.training.statistics import activation_statistics, histogram, norm

MOST_PICTURES = 64
MOST_VALUES = 4_000_000
"""Values of all layers together that are looked at: with large networks fewer pictures are."""


class Probe:
    """Measures with the executable that trains, which is not disturbed by being used.

    Statistics are of the weights that learn, also where their average is what is kept. Gradients are those of the mean
    loss over the probe pictures, which are some of validation, chosen by ``seed``, without dropout. Layers are named
    as the plan names its tensors: an activation that is fused into the layer before it is the one that is found.
    """

    def __init__(self, plan: Plan, samples: Samples, batch_size: int, seed: int) -> None:
        tensors = [tensor for tensor in plan.tensors[1:] if tensor.view_of is None]
        self._nodes = [tensor.node for tensor in tensors]
        affordable = MOST_VALUES // sum(tensor.size for tensor in tensors)
        count = max(1, min(MOST_PICTURES, batch_size, len(samples), affordable))
        chosen = np.sort(np.random.default_rng(seed).permutation(len(samples))[:count])
        self._images: NDArray[np.generic] = samples.images[chosen]
        self._labels = samples.labels[chosen]

    def measure(
        self, executable: Executable, before: TrainingState, after: TrainingState, *, memory: int = 0
    ) -> Measured:
        """What there is after ``after``, which the executable must hold. The update is the change since ``before``
        divided by the steps between: where that is one, a step."""
        most = executable.batch_size
        with np.errstate(all="ignore"):
            gradients = executable.gradients(self._images[:most], self._labels[:most])
            parameters = {
                name: _of_parameter(values, gradients.get(name), before.parameters[name], after.step - before.step)
                for name, values in after.parameters.items()
            }
            return Measured(after.step, parameters, self._activations(executable), memory)

    def _activations(self, executable: Executable) -> Mapping[str, ActivationStatistics]:
        found = executable.activations(self._images, self._nodes)
        return {node: activation_statistics(values) for node, values in found.items()}


def _of_parameter(values: Array, gradient: Array | None, before: Array, steps: int) -> ParameterStatistics:
    """What is not learned, such as running statistics, has no gradient: its norm is 0."""
    return ParameterStatistics(
        norm=norm(values),
        gradient_norm=0.0 if gradient is None else norm(gradient),
        update_norm=norm(values - before) / max(1, steps),
        histogram=histogram(values),
    )
