"""What a network looks like inside while it trains: measured on a few pictures that stay the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Samples
from nnstudio.engine.backend import Array, Executable
from nnstudio.engine.plan import Plan, Tensor
from nnstudio.training.events import Measured, ParameterStatistics
from nnstudio.training.statistics import activation_statistics, histogram, norm

MOST_PICTURES = 64
MOST_VALUES = 4_000_000
"""Values of all layers together that are looked at: with large networks fewer pictures are."""

Parameters = Mapping[str, Array]


class Probe:
    """Measures with the executable that trains, which is not disturbed by being used.

    Statistics are of the weights that learn, also where their average is what is kept. The probe pictures are some of
    validation, chosen by ``seed``: as many as a batch has, at most ``MOST_PICTURES``. Gradients are those of the mean
    loss over them, without dropout, and activations what they cause on the same way through the network. Layers are
    named as the plan names its tensors: an activation that is fused into the layer before it is the one that is found.
    """

    def __init__(self, plan: Plan, samples: Samples, seed: int) -> None:
        self._nodes = [tensor.node for tensor in _measured(plan)]
        chosen = np.random.default_rng(seed).permutation(len(samples))[: most_pictures(plan)]
        self._images: NDArray[np.generic] = samples.images[chosen]
        self._labels = samples.labels[chosen]

    def measure(
        self, executable: Executable, before: Parameters, now: Parameters, step: int, *, steps: int = 1, memory: int = 0
    ) -> Measured:
        """What there is after ``step``, when parameters are ``now``, which the executable must hold. The update is the
        change since ``before`` divided by the ``steps`` between."""
        most = executable.batch_size
        with np.errstate(all="ignore"):
            found = executable.inspect(self._images[:most], self._labels[:most], self._nodes)
            parameters = {
                name: _of_parameter(values, found.gradients.get(name), before[name], steps)
                for name, values in now.items()
            }
            activations = {node: activation_statistics(values) for node, values in found.values.items()}
        return Measured(step, parameters, activations, memory)


def most_pictures(plan: Plan) -> int:
    """Pictures that are measured at most: ``MOST_PICTURES``, of a large network fewer."""
    return max(1, min(MOST_PICTURES, MOST_VALUES // sum(tensor.size for tensor in _measured(plan))))


def _measured(plan: Plan) -> list[Tensor]:
    """All but the input, each once."""
    return [tensor for tensor in plan.tensors[1:] if tensor.view_of is None]


def _of_parameter(values: Array, gradient: Array | None, before: Array, steps: int) -> ParameterStatistics:
    """What is not learned, such as running statistics, has no gradient: its norm is 0."""
    return ParameterStatistics(
        norm=norm(values),
        gradient_norm=0.0 if gradient is None else norm(gradient),
        update_norm=norm(values - before) / max(1, steps),
        histogram=histogram(values),
    )
