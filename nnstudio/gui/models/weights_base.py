"""What weights are made from, and what they become in another network. Without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import Plan
from nnstudio.engine.surgery import Fate, Transplant, transplant
from nnstudio.gui.models.shelf import Shelf
from nnstudio.network import NetworkSpec

Parameters = Mapping[str, NDArray[np.floating[Any]]]


@dataclass(frozen=True)
class Base:
    """What weights are made from: those last trained, loaded or changed by hand, and of whole tensors that training
    has not seen since, what became of them."""

    spec: NetworkSpec
    parameters: Parameters = field(default_factory=dict)
    fates: Mapping[str, Fate] = field(default_factory=dict)

    def carried_over(self, plan: Plan, initializer: Initializer, seed: int, shelf: Shelf) -> Transplant:
        """What becomes of it in another network; a tensor that had been drawn is not better for being kept since."""
        drawn = initial_parameters(plan, initializer, seed)
        made = transplant(self.spec, self.parameters, plan, drawn, spare=shelf.tensors, seed=seed)
        if not self.fates:
            return made
        fates = {
            name: max(fate, self.fates[made.origins[name]]) if name in made.origins else fate
            for name, fate in made.tensors.items()
        }
        return Transplant(made.parameters, fates, made.origins)


@dataclass(frozen=True)
class Memory:
    """All that weights are made from at a moment, to come back to."""

    base: Base
    learned: Parameters
    step: int
    seed: int
    initializer: Initializer
    shelf: Shelf
