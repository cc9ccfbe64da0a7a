"""What every layer declares: its settings, its shape rule and its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Shape = tuple[int, ...]
"""One image's worth of a tensor: ``(channels, height, width)`` for pictures, ``(units,)`` for vectors."""


class Family(StrEnum):
    """Groups of layers that share a place in the palette and a colour everywhere."""

    INPUT = "input"
    CONVOLUTION = "convolution"
    POOLING = "pooling"
    ACTIVATION = "activation"
    DENSE = "dense"
    NORMALIZATION = "normalization"
    REGULARISATION = "regularisation"
    MERGE = "merge"
    RESHAPE = "reshape"
    OUTPUT = "output"


class LayerError(ValueError):
    """A layer cannot work on its input. ``message`` says what is wrong, ``hint`` what to change."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}: {hint}")
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Parameter:
    """One array of a layer: its role (``weight``, ``bias``, ...), its shape, and its fan for initializers.

    It begins with the value ``initial`` everywhere, or is drawn where that is ``None``. What is not ``learned`` has no
    gradient: the layer itself keeps it up to date while training, as running statistics are.
    """

    role: str
    shape: tuple[int, ...]
    fan_in: int
    fan_out: int
    initial: float | None = None
    learned: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)


class Layer(BaseModel):
    """A layer's declaration: frozen settings with range and help text, plus rules that follow from them.

    A concrete layer has a ``kind`` field (a ``Literal`` with a default), the class variables below, and overrides the
    rules that differ. Rules take the shapes of all inputs, in port order, and raise ``LayerError`` when the layer
    cannot work on them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[str]
    family: ClassVar[Family]
    summary: ClassVar[str]
    prefix: ClassVar[str]
    """What the names of such layers start with, as in ``conv1``."""
    rank: ClassVar[int] = 1000
    """Place in the palette."""
    takes: ClassVar[int] = 1
    """Number of inputs."""
    takes_more: ClassVar[bool] = False
    """Whether ``takes`` is only the least number of inputs."""
    fuses: ClassVar[bool] = False
    """Whether an engine may apply the activation behind this layer together with it."""
    differentiable: ClassVar[bool] = True
    """Whether a gradient goes through it, so that what is before it can learn."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The shape of the output; unchanged unless a layer says otherwise."""
        return inputs[0]

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        """Its arrays; none unless a layer says otherwise."""
        return ()

    def multiply_adds(self, inputs: Sequence[Shape]) -> int:
        """Multiplications with addition for one image going forward."""
        return 0

    def needed_multiply_adds(self, inputs: Sequence[Shape]) -> int:
        """Those of ``multiply_adds`` that are not with the zeros of a padding."""
        return self.multiply_adds(inputs)

    def settings_text(self) -> str:
        """The key settings in a few characters, as on a block of the designer."""
        return ""


def shape_text(shape: Shape) -> str:
    """``(6, 28, 28)`` as people write it: ``6×28×28``."""
    return "×".join(f"{size:,}" if len(shape) == 1 else str(size) for size in shape)


def pair_text(pair: tuple[int, int]) -> str:
    """A kernel or stride as people write it: ``5×5``."""
    return f"{pair[0]}×{pair[1]}"


def require_picture(layer: Layer, shape: Shape) -> tuple[int, int, int]:
    """``shape`` as channels, height, width, or a problem that says what to insert."""
    if len(shape) != 3:
        raise LayerError(
            f"{layer.title} needs a picture (channels×height×width) but gets a vector of {shape_text(shape)} values",
            "move it before the Flatten or Dense layer",
        )
    return shape[0], shape[1], shape[2]


def require_vector(layer: Layer, shape: Shape) -> int:
    """``shape`` as a number of units, or a problem that says what to insert."""
    if len(shape) != 1:
        raise LayerError(
            f"{layer.title} needs a vector but gets a picture of {shape_text(shape)}",
            "insert a Flatten layer before it",
        )
    return shape[0]


def slide(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """How many places a window has along one axis (floor, as PyTorch counts); at most 0 when it does not fit."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def require_window(
    shape: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> tuple[int, int]:
    """Height and width after sliding a window over a picture, or a problem with the smallest repair."""
    height, width = (slide(*sizes) for sizes in zip(shape, kernel, stride, padding, dilation, strict=True))
    if height >= 1 and width >= 1:
        return height, width
    if dilation != (1, 1):
        rows, columns = (d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        raise LayerError(
            f"kernel {pair_text(kernel)} with dilation {pair_text(dilation)} covers {rows}×{columns} "
            f"and its input is {pair_text(shape)}",
            "use a smaller dilation or kernel, or more padding",
        )
    enough = max(-(-(k - s) // 2) for k, s in zip(kernel, shape, strict=True))
    largest = min(s + 2 * p for s, p in zip(shape, padding, strict=True))
    raise LayerError(
        f"kernel {pair_text(kernel)} is larger than its input {pair_text(shape)}",
        f"use padding {enough} or a kernel of at most {largest}",
    )


def _both(value: Any) -> Any:
    """One number means the same for height and width."""
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


_Size = Annotated[int, Field(ge=1, le=64)]
_Margin = Annotated[int, Field(ge=0, le=32)]
SizePair = Annotated[tuple[_Size, _Size], BeforeValidator(_both)]
"""Height and width of a kernel or a stride; one number stands for both."""
MarginPair = Annotated[tuple[_Margin, _Margin], BeforeValidator(_both)]
"""Padding above and below, left and right; one number stands for both."""
