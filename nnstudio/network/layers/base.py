"""What every layer declares: its settings, its shape rule and its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, prod
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from nnstudio.network.layers.explanation import Explanation, Reckoning, values_of
from nnstudio.network.layers.remedies import ChangeSettings, InsertBefore, MoveToPictures, Remedy

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
    """A layer cannot work on its input. ``message`` says what is wrong, ``hint`` what to change, and ``remedies`` what
    might mend it at a click, the best first."""

    def __init__(self, message: str, hint: str, *remedies: Remedy) -> None:
        super().__init__(f"{message}: {hint}")
        self.message = message
        self.hint = hint
        self.remedies = remedies


class Window(NamedTuple):
    """A window that slides over a picture: rows and columns of each."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)


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
    also: ClassVar[tuple[str, ...]] = ()
    """What others call it, in small letters: a search finds it by these too."""
    takes: ClassVar[int] = 1
    """Number of inputs."""
    takes_more: ClassVar[bool] = False
    """Whether ``takes`` is only the least number of inputs."""
    fuses: ClassVar[bool] = False
    """Whether an engine may apply the activation behind this layer together with it."""
    differentiable: ClassVar[bool] = True
    """Whether a gradient goes through it, so that what is before it can learn."""
    linear: ClassVar[bool] = False
    """Whether its output, once it has learned, is a linear function of its input, a constant aside."""
    bounds: ClassVar[tuple[float, float]] = (-inf, inf)
    """Between what its outputs lie, whatever its input."""
    steepest: ClassVar[float] = 1.0
    """The largest slope of an activation, so what it leaves of a gradient at best."""
    shares: ClassVar[bool] = False
    """Whether its outputs are shares of a whole, which add up to 1."""
    centres: ClassVar[bool] = False
    """Whether it takes each channel's mean away, and with it whatever was added to the channel before."""
    noisy: ClassVar[bool] = False
    """Whether it changes values at random while training."""
    sized_by: ClassVar[str] = ""
    """The setting that is its number of outputs (units or channels), where there is one."""

    formula: ClassVar[str]
    """What it computes, written as `explanation` has formulas."""
    where: ClassVar[str]
    """What the letters in it stand for."""
    purpose: ClassVar[str]
    """What it is good for, in a sentence or two that a child understands and an engineer finds true."""
    tip: ClassVar[str]
    """A common mistake, or what to think of."""

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

    def explain(self, inputs: Sequence[Shape]) -> Explanation:
        """The layer between these inputs, in words and numbers; ``LayerError`` where it cannot work on them."""
        self.output_shape(inputs)
        reckonings = self.reckon(inputs)
        return Explanation(self.purpose, self.formula, self.where, self.fill(inputs), reckonings, self.tip)

    def fill(self, inputs: Sequence[Shape]) -> str:
        """The formula with the layer's own numbers; empty where there are none to fill in."""
        return ""

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        """How its figures come about: all that are not 0, and the output's size."""
        return (values_of(self.output_shape(inputs)),)

    def window(self) -> Window | None:
        """The window that it slides over its input, if it does."""
        return None

    def sees(self, first: int, last: int, axis: int) -> tuple[int, int] | None:
        """The first and last row (``axis`` 0) or column (1) of its inputs that its outputs from ``first`` to ``last``
        depend on, those outside of the picture included; ``None`` when they depend on all."""
        window = self.window()
        if window is None:
            return first, last
        kernel, stride, padding, dilation = (pair[axis] for pair in window)
        return first * stride - padding, last * stride - padding + (kernel - 1) * dilation

    def idle(self, inputs: Sequence[Shape]) -> bool:
        """Whether it gives back just what it gets."""
        return False

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
            MoveToPictures(),
        )
    return shape[0], shape[1], shape[2]


def require_vector(layer: Layer, shape: Shape) -> int:
    """``shape`` as a number of units, or a problem that says what to insert."""
    if len(shape) != 1:
        from nnstudio.network.layers.flatten import Flatten  # a layer itself, so it imports this module

        raise LayerError(
            f"{layer.title} needs a vector but gets a picture of {shape_text(shape)}",
            "insert a Flatten layer before it",
            InsertBefore("Insert Flatten before it", {0: Flatten()}),
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
            ChangeSettings("Set the dilation to 1×1", {"dilation": (1, 1)}),
            ChangeSettings("Set the kernel and the dilation to 1×1", {"kernel": (1, 1), "dilation": (1, 1)}),
        )
    enough = max(-(-(k - s) // 2) for k, s in zip(kernel, shape, strict=True))
    largest = min(s + 2 * p for s, p in zip(shape, padding, strict=True))
    fitting = min(kernel[0], shape[0] + 2 * padding[0]), min(kernel[1], shape[1] + 2 * padding[1])
    raise LayerError(
        f"kernel {pair_text(kernel)} is larger than its input {pair_text(shape)}",
        f"use padding {enough} or a kernel of at most {largest}",
        ChangeSettings(f"Set padding {enough}", {"padding": (enough, enough)}),
        ChangeSettings(f"Set the kernel to {pair_text(fitting)}", {"kernel": fitting}),
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
