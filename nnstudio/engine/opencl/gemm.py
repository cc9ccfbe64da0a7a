"""Convolution and dense layers on a GPU: ``kernels/gemm.cl`` with what ``kernels/convolution_gemm.cl`` says of the
matrices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.gemm_tiles import CHUNK, gemm_tiles, items_of
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS, Constants, Launch, Piece, Section
from nnstudio.engine.opencl.weights import in_parts
from nnstudio.engine.plan import Op

Pair = tuple[int, int]

SUMS_OF_AN_ITEM = 16
"""About how many results a work-item has where only the number of shares depends on it."""
FEWEST_CHUNKS = 8
"""A share of a sum takes so many chunks at least: its results have to be written, read and added."""


@dataclass(frozen=True)
class Window:
    """A kernel that slides over a picture: (channels, rows, columns) of ``inputs`` and ``outputs``. A dense layer has
    pictures of one place."""

    inputs: tuple[int, int, int]
    outputs: tuple[int, int, int]
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)

    @property
    def constants(self) -> dict[str, int]:
        names = [
            "CHANNELS",
            "HEIGHT",
            "WIDTH",
            "FILTERS",
            "OUT_HEIGHT",
            "OUT_WIDTH",
            "KERNEL_H",
            "KERNEL_W",
            "STRIDE_H",
            "STRIDE_W",
            "PAD_H",
            "PAD_W",
        ]
        values = *self.inputs, *self.outputs, *self.kernel, *self.stride, *self.padding
        return dict(zip(names, values, strict=True))


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


def lower_products(op: Op, prefix: str, frame: Frame, window: Window) -> Piece | None:
    """A convolution or dense layer through local memory; none when the form has no groups for that."""
    if frame.form.local is None or not gemm_tiles(1, 1, 1, frame.form.local, frame.form.workers):
        return None
    shares, chunks = _shares(frame, window)
    forward, input_gradient, weights = (
        _section_and_launch(product, op, prefix, frame) for product in _products(op, frame, window, shares, chunks)
    )
    sums, extra, backward, buffers = in_parts(
        frame, op, prefix, shares, lambda out: replace(weights[1], arguments=(*weights[1].arguments[:-1], out))
    )
    weight, bias = op.parameters
    constants: Constants = {
        **window.constants, "WEIGHT": weight.offset, "BIAS": bias.offset, "BLOCKS": frame.blocks, "CHUNK": CHUNK,
        "SHARE_DEPTH": chunks * CHUNK, **sums,
    }  # fmt: skip
    macros = (activation_macro("ACTIVATE", op.activation), frame.backward_macro(op.inputs[0]))
    matrices = Section("convolution_gemm", prefix, constants, macros)
    sections = (matrices, forward[0], input_gradient[0], weights[0], *extra)
    return Piece(sections, (forward[1],), backward, (input_gradient[1],), buffers)


def _shares(frame: Frame, window: Window) -> tuple[int, int]:
    """Into how many shares the sum over images and places is split, and how many chunks a share has. The order of a sum
    must not depend on the tile."""
    channels, filters, cells = window.inputs[0], window.outputs[0], prod(window.kernel)
    items = -(-channels * cells * filters // SUMS_OF_AN_ITEM)
    chunks = frame.blocks * frame.form.block * prod(window.outputs[1:]) // CHUNK
    shares = max(1, min(frame.form.workers // items, chunks // FEWEST_CHUNKS))
    each = -(-chunks // shares)
    return -(-chunks // each), each


def _products(op: Op, frame: Frame, window: Window, shares: int, chunks: int) -> tuple[Product, ...]:
    """Forward, input gradient, weight gradient; ``kernels/convolution_gemm.cl`` says what their rows and columns are."""
    (channels, height, width), (filters, *out) = window.inputs, window.outputs
    (kernel_h, kernel_w), (stride_h, stride_w) = window.kernel, window.stride
    images, cells = frame.blocks * frame.form.block, kernel_h * kernel_w
    inputs, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_inputs, d_outputs = frame.gradient(op.inputs[0]), frame.gradient(op.output)
    # What a share of the input gradient has at most.
    in_places, in_cells = (
        -(-height // stride_h) * -(-width // stride_w),
        -(-kernel_h // stride_h) * -(-kernel_w // stride_w),
    )
    return (
        Product(
            "forward", filters, prod(out) * images, channels * cells, 1,
            (False, False), (PARAMETERS, inputs, PARAMETERS, outputs),
        ),
        Product(
            "input_gradient", channels, in_places * images, filters * in_cells, stride_h * stride_w,
            (True, False), (PARAMETERS, d_outputs, inputs, d_inputs),
        ),
        Product(
            "weight_gradient", channels * cells + 1, filters, chunks * CHUNK, shares,
            (True, True), (inputs, d_outputs, d_outputs, GRADIENTS),
        ),
    )  # fmt: skip


def _section_and_launch(product: Product, op: Op, prefix: str, frame: Frame) -> tuple[Section, Launch]:
    assert frame.form.local is not None
    kernel = f"{prefix}_{product.name}_gemm"
    tiles = gemm_tiles(product.rows, product.columns, product.shares, frame.form.local, frame.form.workers)
    tile = group_rows, group_columns, item_rows, item_columns = frame.choose(op, kernel, tiles)
    constants: Constants = {
        "ROWS": product.rows, "COLUMNS": product.columns, "DEPTH": product.depth, "CHUNK": CHUNK,
        "TILE_M": group_rows, "TILE_N": group_columns, "ITEM_M": item_rows, "ITEM_N": item_columns,
        "A_ALONG_K": int(product.along_k[0]), "B_ALONG_K": int(product.along_k[1]),
    }  # fmt: skip
    items, groups = items_of(tile), -(-product.rows // group_rows) * -(-product.columns // group_columns)
    work = product.rows * product.columns * product.depth * product.shares
    launch = Launch(kernel, (groups * items, product.shares, 1), (items, 1, 1), product.arguments, work, exact=True)
    return Section("gemm", f"{prefix}_{product.name}", constants), launch
