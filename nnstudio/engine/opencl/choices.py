"""Choices that change the speed and not the results: which tile a kernel has, and which form a network.

A tile changes not one bit of what is computed. A form may change the order of sums, and so their last bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nnstudio.engine.opencl.tiles import Tile


@dataclass(frozen=True)
class Question:
    """Which tile a ``kernel`` should have. ``key`` says everything that the answer depends on but the device."""

    key: str
    kernel: str
    candidates: tuple[Tile, ...]


@dataclass
class Choices:
    """The fastest tiles by the question's key, as far as they are known; ``asked`` collects the questions."""

    known: dict[str, Tile] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def choose(self, key: str, kernel: str, candidates: Sequence[Tile]) -> Tile:
        """The fastest of ``candidates``, or else the first, which is a good guess."""
        self.asked.append(Question(key, kernel, tuple(candidates)))
        tile = self.known.get(key, candidates[0])
        return tile if tile in candidates else candidates[0]

    @property
    def open(self) -> list[Question]:
        """What was asked, each once, where there is a choice and nobody knows."""
        asked = {question.key: question for question in self.asked if len(question.candidates) > 1}
        return [question for key, question in asked.items() if key not in self.known]
