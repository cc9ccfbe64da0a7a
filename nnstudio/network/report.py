"""What ``check`` says about a network: shapes, costs and receptive fields layer by layer, and its problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nnstudio.network.layers import Layer, Parameter, Shape
from nnstudio.network.problems import Problem, Severity
from nnstudio.network.reach import Reach, extent


@dataclass(frozen=True)
class LayerReport:
    """One layer's shapes and costs; ``bytes`` counts parameters and one batch of outputs, each with its gradients."""

    node: str
    inputs: tuple[Shape, ...]
    output: Shape
    parameters: tuple[Parameter, ...]
    multiply_adds: int
    bytes: int
    layer: Layer = field(repr=False, compare=False)
    sources: tuple[LayerReport, ...] = field(default=(), repr=False, compare=False)
    """The reports of the layers that feed it, in port order."""
    depth: int = field(default=0, repr=False, compare=False)
    """Layers on the longest way to it."""
    reach: tuple[Reach | None, Reach | None] = field(default=(None, None), repr=False, compare=False)
    """How far back a value reaches along rows and columns, where that is the same everywhere."""

    @cached_property
    def parameter_count(self) -> int:
        """Values that are learned."""
        return sum(parameter.size for parameter in self.parameters if parameter.learned)

    @cached_property
    def receptive_field(self) -> tuple[int, int] | None:
        """Height and width of the part of the picture, in its pixels, that a value in the middle depends on.

        Exact for any kernel, stride, dilation and resampling, paths that part and meet included. As usual it may be
        larger than the picture, since what lies outside of it is counted too. ``None`` where a value depends on
        everything: behind Flatten, Dense, global pooling and layer normalization.
        """
        if len(self.output) != 3:
            return None
        rows, columns = extent(self, 0), extent(self, 1)
        return None if rows is None or columns is None else (rows, columns)


@dataclass(frozen=True)
class Check:
    """The result of ``check``: a report for each layer whose shapes are known, and all problems, errors first."""

    layers: Mapping[str, LayerReport]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not any(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def parameter_count(self) -> int:
        return sum(report.parameter_count for report in self.layers.values())

    @property
    def multiply_adds(self) -> int:
        return sum(report.multiply_adds for report in self.layers.values())

    @property
    def bytes(self) -> int:
        return sum(report.bytes for report in self.layers.values())

    def problems_of(self, node: str) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.node == node)
