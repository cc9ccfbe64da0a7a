"""Pooling over windows, and over whole pictures: ``kernels/pooling.cl``."""

from __future__ import annotations

from typing import NamedTuple

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Constants, Launch, Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.network import Layer
from nnstudio.network.layers.pooling import CountPooling, Pooling

Pair = tuple[int, int]

SUMS = ("sum_pooling", "average_pooling", "global_average_pooling")
CHOSEN = ("max_pooling", "min_pooling", "median_pooling", "global_max_pooling")
COUNTS = ("count_pooling",)
KINDS = (*SUMS, *CHOSEN, *COUNTS)


class Window(NamedTuple):
    """What slides over a picture, and how."""

    kernel: Pair
    stride: Pair
    padding: Pair

    @property
    def area(self) -> int:
        return self.kernel[0] * self.kernel[1]

    @property
    def overlaps(self) -> bool:
        return any(stride < kernel for stride, kernel in zip(self.stride, self.kernel, strict=True))


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    channels, *picture = frame.plan.tensors[op.inputs[0]].shape
    height, width = picture
    out_height, out_width = frame.plan.tensors[op.output].shape[1:] or (1, 1)
    window = _window(op.layer, (height, width))
    # The input as the gradients see it: values, or cells that have at most one window each.
    cells = [-(-(size + pad) // step) for size, pad, step in zip(picture, window.padding, window.stride, strict=True)]
    rows, columns = picture if window.overlaps else cells
    tile_x, tile_u = min(frame.form.chunk, out_width), min(frame.form.chunk, columns)
    x_tiles, u_tiles = -(-out_width // tile_x), -(-columns // tile_u)
    index, index_bytes = _index_type(window.area)
    constants: Constants = {
        "CHANNELS": channels, "HEIGHT": height, "WIDTH": width, "OUT_HEIGHT": out_height, "OUT_WIDTH": out_width,
        "KERNEL_H": window.kernel[0], "KERNEL_W": window.kernel[1],
        "STRIDE_H": window.stride[0], "STRIDE_W": window.stride[1],
        "PAD_H": window.padding[0], "PAD_W": window.padding[1], "CELLS_H": cells[0], "CELLS_W": cells[1],
        "TILE_X": tile_x, "X_TILES": x_tiles, "TILE_U": tile_u, "U_TILES": u_tiles, "INDEX": index,
        **_meaning(op, window.area),
    }  # fmt: skip
    section = Section("pooling", prefix, constants, frame.gradient_macros(op))
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    out_tiles, in_tiles = x_tiles * channels * out_height, u_tiles * channels * rows
    work = frame.batch_size * channels * out_height * out_width * window.area

    def forward(name: str, *winners: str, work: int = work) -> Launch:
        return frame.over_images(f"{prefix}_{name}", out_tiles, values, outputs, *winners, work=work)

    def gradient(name: str, *known: str) -> Launch:
        return frame.over_images(f"{prefix}_{name}_gradient", in_tiles, *known, d_inputs, work=work)

    if op.kind in COUNTS:
        return Piece((section,), (forward("count"),), (), (gradient("zero"),))
    if op.kind in SUMS:
        return Piece((section,), (forward("sum"),), (), (gradient("sum", d_outputs, values),))
    winners = f"{prefix}_winners"
    size = frame.tensor_bytes(frame.plan.tensors[op.output], index_bytes)
    median = op.kind == "median_pooling"  # compares all values with each other
    choose = forward("median", winners, work=work * window.area) if median else forward("extreme", winners)
    return Piece((section,), (choose,), (), (gradient("chosen", winners, d_outputs, outputs),), {winners: size})


def _window(layer: Layer, picture: Pair) -> Window:
    """A global pooling has one window."""
    if isinstance(layer, Pooling):
        return Window(layer.kernel, layer.stride, layer.padding)
    return Window(picture, picture, (0, 0))


def _index_type(area: int) -> tuple[str, int]:
    """The smallest type that can count the places of a window, and its bytes."""
    return next((name, size) for name, size in (("uchar", 1), ("ushort", 2), ("uint", 4)) if area <= 2 ** (8 * size))


def _meaning(op: Op, area: int) -> Constants:
    """What tells one pooling from another that has the same kernels."""
    smallest = op.kind == "min_pooling"
    return {
        "BETTER": "<" if smallest else ">", "WORST": "INFINITY" if smallest else "(-INFINITY)",
        "SCALE": 1.0 if op.kind == "sum_pooling" else 1 / area,
        "THRESHOLD": op.layer.threshold if isinstance(op.layer, CountPooling) else 0.0,
    }  # fmt: skip
