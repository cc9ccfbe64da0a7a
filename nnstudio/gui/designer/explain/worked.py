"""One value of a layer worked out, by the engine and with the weights that are there now. Without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.network import Family, Layer, LayerError, LayerReport, Node, Shape
from nnstudio.network.layers.activation import Activation
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.normalization import Normalization
from nnstudio.network.layers.pooling import GlobalPooling, Pooling
from nnstudio.network.presets import chain
from nnstudio.units import signed

Values = NDArray[np.floating[Any]]
_TERMS = 3
"""So many terms of a sum are written out."""
_LARGEST = 8
"""Height and width of the largest example."""
REACH = 4.0
"""An activation is drawn from -REACH to REACH."""


@dataclass(frozen=True)
class Worked:
    """A formula with real numbers, a filter's kernel (height, width), a curve's places and values, or a small picture
    (or vector) with what the layer makes of it: whatever suits the layer."""

    told: str
    line: str = ""
    kernel: Values | None = None
    curve: tuple[Values, Values] | None = None
    before: Values | None = None
    after: Values | None = None
    window: tuple[int, int] = (0, 0)
    """Rows and columns of ``before`` that the first value of ``after`` comes from."""


def worked_value(node: Node, report: LayerReport, parameters: Mapping[str, Values]) -> Worked | None:
    """What suits the layer; `None` where there is nothing to see, or its weights are not there."""
    arrays = {parameter.role: parameters.get(f"{node.id}.{parameter.role}") for parameter in report.parameters}
    shapes = {parameter.role: parameter.shape for parameter in report.parameters}
    known = {role: array for role, array in arrays.items() if array is not None and array.shape == shapes[role]}
    if len(known) < len(shapes):
        return None
    return _with_weights(node.layer, known) if known else _without_weights(node.layer)


# ---- with weights


def _with_weights(layer: Layer, arrays: Mapping[str, Values]) -> Worked | None:
    if isinstance(layer, Normalization):
        return _normalized(layer, arrays)
    if arrays["weight"].ndim == 4:
        told = "The first filter over the first channel"
        bias = f"; its bias is {signed(float(arrays['bias'][0]))}" if "bias" in arrays else ""
        return Worked(f"{told}{bias}.", kernel=arrays["weight"][0, 0])
    if arrays["weight"].ndim == 2:
        return Worked("The first neuron’s sum:", line=_sum(arrays["weight"][0], float(arrays["bias"][0])))
    return None


def _sum(weights: Values, bias: float) -> str:
    """``y_{0} = 0.12·x_{0} − 0.40·x_{1} + … + 0.05``."""
    terms = [(float(weight), f"·x_{{{place}}}") for place, weight in enumerate(weights[:_TERMS])]
    (first, x), *others = terms
    text = "".join(f" {_sign(weight)} {abs(weight):.3g}{place}" for weight, place in others)
    dots = " + …" if len(weights) > _TERMS else ""
    return f"y_{{0}} = {signed(first)}{x}{text}{dots} {_sign(bias)} {abs(bias):.3g}"


def _normalized(layer: Normalization, arrays: Mapping[str, Values]) -> Worked:
    """The first channel as it is used, or the first value of a picture, whose mean is another each time."""
    first = {role: float(array.flat[0]) for role, array in arrays.items()}
    weight, bias = first["weight"], first["bias"]
    outside = f"{signed(weight)}·", f" {_sign(bias)} {abs(bias):.3g}"
    if "running_mean" not in first:
        return Worked("The first value of a picture:", line=f"y_{{0}} = {outside[0]}(x_{{0}} − μ)/√(v + ε){outside[1]}")
    mean, deviation = first["running_mean"], (first["running_variance"] + layer.epsilon) ** 0.5
    centred = f"(x {'+' if mean < 0 else '−'} {abs(mean):.3g})"
    return Worked(
        "The first channel, as the network is used:", line=f"y = {outside[0]}{centred}/{deviation:.3g}{outside[1]}"
    )


def _sign(value: float) -> str:
    return "−" if value < 0 else "+"


# ---- without


def _without_weights(layer: Layer) -> Worked | None:
    if isinstance(layer, Activation):
        places, values = curve(layer)
        return Worked(f"Its curve, from {-REACH:.0f} to {REACH:.0f}:".replace("-", "−"), curve=(places, values))
    if layer.family is Family.POOLING and (picture := example_picture(layer)) is not None:
        told, after = "A small picture, and what the layer makes of it:", computed(layer, picture)
        return Worked(told, before=picture, after=after, window=_first_window(layer, picture.shape))
    if layer.family in (Family.ACTIVATION, Family.OUTPUT):
        vector = np.array([2.0, 1.0, -1.0])
        return Worked("Three values, and what the layer makes of them:", before=vector, after=computed(layer, vector))
    return None


def curve(layer: Activation) -> tuple[Values, Values]:
    """Places along the axis, and the activation there."""
    places = np.linspace(-REACH, REACH, 321)
    return places, computed(layer, places)


def example_picture(layer: Layer) -> Values | None:
    """A picture of 4×4, smaller where the layer enlarges it, or as much larger as the layer needs; `None` when that
    would be too large to be read."""
    for size in range(4, _LARGEST + 1):
        try:
            out = layer.output_shape([(1, size, size)])
        except LayerError:
            continue
        size = 2 if max(out[1:], default=0) > size else size
        return (np.arange(1, size * size + 1) * 7 % 10 / 10).reshape(size, size)
    return None


def _first_window(layer: Layer, shape: tuple[int, ...]) -> tuple[int, int]:
    """How much of a picture of that shape the first window of a pooling has."""
    if isinstance(layer, Pooling):
        (height, width), (above, left) = layer.kernel, layer.padding
        return height - above, width - left
    return (shape[0], shape[1]) if isinstance(layer, GlobalPooling) else (0, 0)


def computed(layer: Layer, values: Values) -> Values:
    """What the engine makes of a picture of one channel (height, width) or of a vector; without parameters."""
    return _computed(layer, values.shape, values.astype(np.float32).tobytes())


@lru_cache(maxsize=64)
def _computed(layer: Layer, shape: tuple[int, ...], raw: bytes) -> Values:
    """The layer between an input and an output; a vector enters as a picture of one pixel."""
    is_picture = len(shape) == 2
    given: Shape = (1, *shape) if is_picture else shape
    entrance = Input(channels=given[0], height=shape[0] if is_picture else 1, width=shape[1] if is_picture else 1)
    layers = [entrance, layer] if is_picture else [entrance, Flatten(), layer]
    if layer.family is not Family.OUTPUT:
        layers += [Flatten(), LinearOutput()]
    picture = np.frombuffer(raw, np.float32).reshape(1, *entrance.output_shape([]))
    result = NumpyBackend().prepare(compile_plan(chain("example", layers)), batch_size=1).predict(picture)
    return result.reshape(layer.output_shape([given])[-2:])
