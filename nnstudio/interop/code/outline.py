"""A network as programs see it: the layers in an order in which each can be computed, under names that Python takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.interop.code.names import class_name, layer_names
from nnstudio.interop.errors import InteropError
from nnstudio.network import Check, Layer, NetworkSpec, Shape, SpecError, check, expand
from nnstudio.network.check import Severity

Parameters = Mapping[str, NDArray[np.floating[Any]]]
_ROLES = {"running_variance": "running_var"}
"""What PyTorch calls differently."""


@dataclass(frozen=True)
class Site:
    """A layer in its place: its name, those of the layers that feed it, and the shapes of what goes in and out."""

    node: str
    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]
    output: Shape
    roles: tuple[str, ...]
    """Of its parameters, as PyTorch calls them."""

    @property
    def x(self) -> str:
        """The value that it works on."""
        return self.inputs[0]

    @property
    def channels(self) -> int:
        """Of its first input; of a vector its length."""
        return self.shapes[0][0]

    @property
    def on_picture(self) -> bool:
        return len(self.shapes[0]) == 3


@dataclass(frozen=True)
class Outline:
    """A network, as it is computed, in the order of its computation; the input comes first, the answer last."""

    title: str
    class_name: str
    sites: tuple[Site, ...]
    parameters: Mapping[str, str]
    """Under which name each parameter of the network is kept: ``conv1.weight``."""

    @property
    def picture(self) -> tuple[int, int, int]:
        """Channels, height and width of what comes in."""
        channels, height, width = self.sites[0].output
        return channels, height, width

    @property
    def answer(self) -> Site:
        return self.sites[-1]


def outline(spec: NetworkSpec, taken: Collection[str]) -> Outline:
    """How ``spec`` is computed, with no layer called like one of ``taken``.

    Raises ``InteropError`` when the network cannot be computed.
    """
    flat, report = _sound(spec)
    title = class_name(spec.name, taken)
    name = layer_names([node.id for node in flat.nodes], {*taken, title})
    order = flat.ordered()
    sites = []
    for node in order:
        layer = report.layers[node.id]
        roles = tuple(_ROLES.get(parameter.role, parameter.role) for parameter in layer.parameters)
        inputs = tuple(name[source] for source in flat.sources(node.id))
        sites.append(Site(node.id, name[node.id], node.layer, inputs, layer.inputs, layer.output, roles))
    kept = {
        f"{node.id}.{parameter.role}": f"{name[node.id]}.{_ROLES.get(parameter.role, parameter.role)}"
        for node in order
        for parameter in report.layers[node.id].parameters
    }
    return Outline(spec.name, title, tuple(sites), kept)


def _sound(spec: NetworkSpec) -> tuple[NetworkSpec, Check]:
    try:
        flat = expand(spec).spec
    except SpecError as error:
        raise InteropError(error.message, error.hint) from error
    report = check(flat)
    for problem in report.problems:
        if problem.severity is Severity.ERROR:
            raise InteropError(f"The network cannot be written as code: {problem}.", "Mend it first.")
    return flat, report


def packed(outline: Outline, parameters: Parameters) -> bytes:
    """The parameters as an .npz file: names and layouts are PyTorch's, values float32.

    Raises ``InteropError`` when some are missing.
    """
    if missing := sorted(outline.parameters.keys() - parameters.keys()):
        raise InteropError(f"The weights “{missing[0]}” of the network “{outline.title}” are missing.")
    buffer = BytesIO()
    arrays: dict[str, Any] = {
        kept: np.asarray(parameters[name], np.float32) for name, kept in outline.parameters.items()
    }
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
