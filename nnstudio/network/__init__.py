"""Networks as data: what one is, its shapes and costs, and what is wrong with it. No arrays, no Qt, no files."""

from __future__ import annotations

from nnstudio.network.check import Check, LayerReport, Problem, Repair, Severity, check
from nnstudio.network.expansion import Expansion, expand
from nnstudio.network.layers import LAYERS, Family, Layer, LayerError, Parameter, Shape
from nnstudio.network.nodes import Connection, Group, Node, SpecError
from nnstudio.network.spec import NetworkSpec

__all__ = [
    "LAYERS", "Check", "Connection", "Expansion", "Family", "Group", "Layer", "LayerError", "LayerReport",
    "NetworkSpec", "Node", "Parameter", "Problem", "Repair", "Severity", "Shape", "SpecError", "check", "expand",
]  # fmt: skip
