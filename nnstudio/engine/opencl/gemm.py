"""Convolution and dense layers through local memory, as a GPU likes it: ``kernels/gemm.cl`` with what
``kernels/convolution_gemm.cl`` says of the matrices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.gemm_tiles import CHUNK, gemm_tiles, groups_of, items_of
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS, Constants, Launch, Piece, Section
from nnstudio.engine.opencl.weights import in_parts, parameter_offsets
from nnstudio.engine.plan import Op

Pair = tuple[int, int]

SUMS_OF_AN_ITEM = 16
"""About how many results a work-item has, where a result must not depend on the tile."""
FEWEST_CHUNKS = 8
"""A share of a sum has so many chunks at least, since its results must be written, read and added."""


@dataclass(frozen=True)
class Window:
    """A kernel that slides over a picture: (channels, rows, columns) of ``inputs`` and ``outputs``. A dense layer has
    pictures of one place. Only one that is not ``scattered`` can go through local memory."""

    inputs: tuple[int, int, int]
    outputs: tuple[int, int, int]
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def scattered(self) -> bool:
        """Whether it sees some channels or places only."""
        return self.groups > 1 or self.dilation != (1, 1)

    @property
    def group_channels(self) -> int:
        return self.inputs[0] // self.groups

    @property
    def group_filters(self) -> int:
        return self.outputs[0] // self.groups

    @property
    def constants(self) -> dict[str, int]:
        return {
            "CHANNELS": self.inputs[0], "HEIGHT": self.inputs[1], "WIDTH": self.inputs[2],
            "FILTERS": self.outputs[0], "OUT_HEIGHT": self.outputs[1], "OUT_WIDTH": self.outputs[2],
            "KERNEL_H": self.kernel[0], "KERNEL_W": self.kernel[1],
            "STRIDE_H": self.stride[0], "STRIDE_W": self.stride[1],
            "PAD_H": self.padding[0], "PAD_W": self.padding[1],
            "DILATION_H": self.dilation[0], "DILATION_W": self.dilation[1], "GROUPS": self.groups,
        }  # fmt: skip


@dataclass(frozen=True)
class Product:
    """One of the matrix products of an op, in ``shares``. ``along_k`` says of A and B whether neighbours in memory are
    neighbours along k; arguments are left, right, beside, out."""

    name: str
    rows: int
    columns: int
    depth: int
    shares: int
    along_k: tuple[bool, bool]
    arguments: tuple[str, str, str, str]


def lower_products(op: Op, prefix: str, frame: Frame, window: Window) -> Piece:
    """A convolution or dense layer."""
    depth, shares = _shares(frame, window)
    forward_section, forward = _lowered(_forward(op, frame, window), op, prefix, frame)
    input_section, input_gradient = _lowered(_input_gradient(op, frame, window), op, prefix, frame)
    weight_section, sums = _lowered(_weight_gradient(op, frame, window, depth, shares), op, prefix, frame)
    where, reduction, backward, buffers = in_parts(
        frame, op, prefix, shares, lambda out: replace(sums, arguments=(*sums.arguments[:-1], out))
    )
    constants: Constants = {
        **window.constants, **where, **parameter_offsets(op), "BLOCKS": frame.blocks,
        "CHUNK": CHUNK, "SHARE_DEPTH": depth,
    }  # fmt: skip
    macros = (activation_macro("ACTIVATE", op.activation), *frame.gradient_macros(op))
    matrices = Section("convolution_gemm", prefix, constants, macros)
    sections = (matrices, forward_section, input_section, weight_section, *reduction)
    return Piece(sections, (forward,), backward, (input_gradient,), buffers)


def _lowered(product: Product, op: Op, prefix: str, frame: Frame) -> tuple[Section, Launch]:
    kernel = f"{prefix}_{product.name}_gemm"
    tile = frame.choose(op, kernel, gemm_tiles(product.rows, product.columns, product.shares, frame.form))
    constants: Constants = {
        "ROWS": product.rows, "COLUMNS": product.columns, "DEPTH": product.depth, "CHUNK": CHUNK,
        **dict(zip(("TILE_M", "TILE_N", "ITEM_M", "ITEM_N"), tile, strict=True)),
        "A_ALONG_K": int(product.along_k[0]), "B_ALONG_K": int(product.along_k[1]),
    }  # fmt: skip
    items, groups = items_of(tile), groups_of(tile, product.rows, product.columns)
    work = product.rows * product.columns * product.depth * product.shares
    launch = Launch(kernel, (groups * items, product.shares, 1), (items, 1, 1), product.arguments, work, exact=True)
    return Section("gemm", f"{prefix}_{product.name}", constants), launch


# ---- the three products; ``kernels/convolution_gemm.cl`` says what their rows, columns and depth are


def _forward(op: Op, frame: Frame, window: Window) -> Product:
    channels, (filters, *places) = window.inputs[0], window.outputs
    return Product(
        "forward", filters, prod(places) * _images(frame), channels * prod(window.kernel), shares=1,
        along_k=(False, False),
        arguments=(PARAMETERS, frame.value(op.inputs[0]), PARAMETERS, frame.value(op.output)),
    )  # fmt: skip


def _input_gradient(op: Op, frame: Frame, window: Window) -> Product:
    """A share for each place within a stride."""
    (channels, *size), filters = window.inputs, window.outputs[0]
    places = prod(-(-side // stride) for side, stride in zip(size, window.stride, strict=True))
    cells = prod(-(-side // stride) for side, stride in zip(window.kernel, window.stride, strict=True))
    inputs, d_inputs = frame.value(op.inputs[0]), frame.gradient(op.inputs[0])
    return Product(
        "input_gradient", channels, places * _images(frame), filters * cells, shares=prod(window.stride),
        along_k=(True, False), arguments=(PARAMETERS, frame.gradient(op.output), inputs, d_inputs),
    )  # fmt: skip


def _weight_gradient(op: Op, frame: Frame, window: Window, depth: int, shares: int) -> Product:
    """One row more for the biases, if there are any."""
    rows = window.inputs[0] * prod(window.kernel) + len(op.parameters) - 1
    filters = window.outputs[0]
    inputs, d_outputs = frame.value(op.inputs[0]), frame.gradient(op.output)
    return Product(
        "weight_gradient", rows, filters, depth, shares,
        along_k=(True, True), arguments=(inputs, d_outputs, d_outputs, GRADIENTS),
    )  # fmt: skip


def _shares(frame: Frame, window: Window) -> tuple[int, int]:
    """How many images and places a share of the weights' sums has, and how many shares there are: until all of the
    device has work. The order of a sum must not depend on the tile."""
    items = -(-window.inputs[0] * prod(window.kernel) * window.outputs[0] // SUMS_OF_AN_ITEM)
    chunks = _images(frame) * prod(window.outputs[1:]) // CHUNK
    each = -(-chunks // max(1, min(frame.form.workers // items, chunks // FEWEST_CHUNKS)))
    return each * CHUNK, -(-chunks // each)


def _images(frame: Frame) -> int:
    """Those of a batch, padded to whole blocks."""
    return frame.blocks * frame.form.block
