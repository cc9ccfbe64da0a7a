"""Merging: several paths through the network come together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, LayerError, Shape, shape_text
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.explanation import Reckoning
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.remedies import InsertBefore, Remedy, possible
from nnstudio.network.layers.upsampling import Upsampling


class Merge(Layer):
    """What all merges share: two inputs or more."""

    family: ClassVar[Family] = Family.MERGE
    takes: ClassVar[int] = 2
    takes_more: ClassVar[bool] = True


class Add(Merge):
    """The sum of all inputs, value by value; they have one shape. It makes ResNet's shortcuts (He et al., 2015)."""

    kind: Literal["add"] = "add"
    title: ClassVar[str] = "Add"
    summary: ClassVar[str] = "Adds several pictures of one size: a shortcut past some layers joins the main path."
    prefix: ClassVar[str] = "add"
    rank: ClassVar[int] = 80
    also: ClassVar[tuple[str, ...]] = ("skip", "residual", "shortcut", "sum")
    formula: ClassVar[str] = "y = x_{1} + x_{2} + …"
    where: ClassVar[str] = "x: the values of each input at one place, y: their sum."
    purpose: ClassVar[str] = (
        "Two paths meet and are added, value by value. So layers on one path only need to learn what is to be "
        "changed: the secret of networks with a hundred layers."
    )
    tip: ClassVar[str] = (
        "All inputs need the same shape; a 1×1 convolution on the shortcut changes the number of channels or, with "
        "a stride, the size."
    )
    fuses: ClassVar[bool] = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        other = next((shape for shape in inputs if shape != inputs[0]), None)
        if other is not None:
            raise LayerError(
                f"Add needs inputs of one shape but gets {shape_text(inputs[0])} and {shape_text(other)}",
                "bring them to one shape, for example with a 1×1 convolution",
                *_to_one_shape(inputs),
            )
        return inputs[0]

    def fill(self, inputs: Sequence[Shape]) -> str:
        return f"y = {' + '.join(_numbered(len(inputs)))}"


class Concatenate(Merge):
    """The channels of all inputs one after another, in port order; vectors end to end."""

    kind: Literal["concatenate"] = "concatenate"
    title: ClassVar[str] = "Concatenate"
    summary: ClassVar[str] = "Stacks the channels of several pictures of one height and width."
    prefix: ClassVar[str] = "concat"
    rank: ClassVar[int] = 81
    also: ClassVar[tuple[str, ...]] = ("concat", "cat", "join")
    formula: ClassVar[str] = "y = (x_{1}, x_{2}, …)"
    where: ClassVar[str] = "x: the channels of each input, y: all of them, one after another."
    purpose: ClassVar[str] = (
        "The channels of several paths are stacked, and nothing is lost: what follows can choose from all of them. "
        "U-Net and DenseNet are built so."
    )
    tip: ClassVar[str] = (
        "Channels add up fast, and each layer behind pays for them; a 1×1 convolution brings them down."
    )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        first = inputs[0]
        other = next((shape for shape in inputs if shape[1:] != first[1:]), None)
        if other is not None:
            raise LayerError(
                f"Concatenate needs one height and width but gets {shape_text(first)} and {shape_text(other)}",
                "bring them to one size, for example with a pooling or an upsampling",
                *_to_one_size(inputs),
            )
        return (sum(shape[0] for shape in inputs), *first[1:])

    def fill(self, inputs: Sequence[Shape]) -> str:
        return f"y = ({', '.join(_numbered(len(inputs)))})"

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        what = "channels" if len(inputs[0]) == 3 else "values"
        counted = " + ".join(f"{shape[0]:,}" for shape in inputs)
        return (Reckoning(what, "C_{1} + C_{2} + …", counted, self.output_shape(inputs)[0]),)


def _numbered(count: int) -> list[str]:
    """What the inputs are called, few of many."""
    names = [f"x_{{{number}}}" for number in range(1, count + 1)]
    return names if count <= 6 else [*names[:2], "…", names[-1]]


def _to_one_shape(inputs: Sequence[Shape]) -> Iterator[Remedy]:
    """Others are brought to the shape of one of the inputs: vectors by a dense layer, pictures by a 1×1 convolution,
    whose stride makes them smaller too, as in ResNet's shortcuts (He et al., 2015, option B)."""
    return _brought(inputs, _brings_to)


def _to_one_size(inputs: Sequence[Shape]) -> Iterator[Remedy]:
    """Others are brought to the height and width of one of the inputs; vectors beside pictures need flattening."""
    if len({len(shape) for shape in inputs}) > 1:
        layers: dict[int, Layer] = {port: Flatten() for port, shape in enumerate(inputs) if len(shape) == 3}
        return iter([InsertBefore("Insert Flatten before it", layers)])
    return _brought(inputs, _resizes_to)


def _brought(inputs: Sequence[Shape], converter: Callable[[Shape, Shape], Layer | None]) -> Iterator[Remedy]:
    """A remedy for each input that the others can be brought to by layers that ``converter`` knows."""
    for wanted in sorted(set(inputs), key=prod):
        layers = {port: converter(shape, wanted) for port, shape in enumerate(inputs) if shape != wanted}
        known = {port: layer for port, layer in layers.items() if layer is not None}
        if len(known) == len(layers):
            titles = " and ".join(dict.fromkeys(layer.title for layer in known.values()))
            yield InsertBefore(f"Insert {titles} to make it {shape_text(wanted)}", known)


def _brings_to(shape: Shape, wanted: Shape) -> Layer | None:
    if len(shape) != len(wanted):
        return None
    if len(shape) == 1:
        return possible(Dense, units=wanted[0])
    stride = tuple(-(-have // want) for have, want in zip(shape[1:], wanted[1:], strict=True))
    shrunk = tuple((have - 1) // step + 1 for have, step in zip(shape[1:], stride, strict=True))
    return possible(Convolution, filters=wanted[0], kernel=(1, 1), stride=stride) if shrunk == wanted[1:] else None


def _resizes_to(shape: Shape, wanted: Shape) -> Layer | None:
    (height, width), (rows, columns) = shape[1:], wanted[1:]
    if height % rows == 0 and width % columns == 0:
        window = height // rows, width // columns
        return possible(MaxPooling, kernel=window, stride=window)
    if rows % height == 0 and columns % width == 0:
        return possible(Upsampling, factor=(rows // height, columns // width))
    return None
