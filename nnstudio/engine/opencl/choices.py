"""Choices that change the speed of a kernel and not one bit of its results: which tile it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nnstudio.engine.opencl.tiles import Tile


@dataclass(frozen=True)
class Question:
    """Which tile a kernel should have. ``key`` says everything that the answer depends on but the device."""

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
