"""Convolutions of all kinds: ``kernels/convolution.cl``, or through local memory (``gemm.py``)."""

from __future__ import annotations

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.gemm import Window, lower_products
from nnstudio.engine.opencl.schedule import PARAMETERS, Constants, Piece, Section
from nnstudio.engine.opencl.tiles import weight_tiles, window_tiles
from nnstudio.engine.opencl.weights import parameter_offsets, weight_gradient
from nnstudio.engine.plan import Op
from nnstudio.network.layers.base import require_picture
from nnstudio.network.layers.convolution import SlidingFilters
from nnstudio.network.layers.transposed_convolution import TransposedConvolution

KINDS = ("convolution", "depthwise_convolution", "transposed_convolution")

POSITIONS = 64
"""With so many places an image, a block of images is enough work for the sum over its lanes at the end not to count."""

Tiles = tuple[Constants, int]
"""A kernel's constants, and how many tiles it has."""


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    window = window_of(op, frame)
    transposed = isinstance(op.layer, TransposedConvolution)
    if frame.form.local and not window.scattered and not transposed:
        return lower_products(op, prefix, frame, window)
    correlate, spread = ("input_gradient", "forward") if transposed else ("forward", "input_gradient")
    work = frame.batch_size * op.layer.multiply_adds([frame.plan.tensors[op.inputs[0]].shape])
    inputs, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_inputs, d_outputs = frame.gradient(op.inputs[0]), frame.gradient(op.output)

    of_correlate, tiles_of_correlate = _correlate_tiles(op, f"{prefix}_{correlate}", frame, window)
    of_spread, tiles_of_spread = _spread_tiles(op, f"{prefix}_{spread}", frame, window)
    of_sums, tiles_of_sums = _weight_tiles(op, f"{prefix}_weight_gradient", frame, window)
    tiles = {correlate: tiles_of_correlate, spread: tiles_of_spread}

    reads = (d_outputs, inputs) if transposed else (inputs, d_outputs)
    alone = frame.chained and window.outputs[1] * window.outputs[2] >= POSITIONS
    sums, extra, backward, buffers = weight_gradient(frame, op, prefix, tiles_of_sums, work, reads, by_image=alone)
    constants: Constants = {
        **window.constants, **parameter_offsets(op), "BLOCKS": frame.blocks, "TRANSPOSED": int(transposed),
        "GROUP_CHANNELS": window.group_channels, "GROUP_FILTERS": window.group_filters,
        "CORRELATE": correlate, "SPREAD": spread, **of_correlate, **of_spread, **of_sums, **sums,
    }  # fmt: skip
    macros = (activation_macro("ACTIVATE", op.activation), *frame.gradient_macros(op))
    forward = frame.over_images(
        f"{prefix}_forward", tiles["forward"], PARAMETERS, inputs, PARAMETERS, outputs, work=work
    )
    gradient = frame.over_images(
        f"{prefix}_input_gradient", tiles["input_gradient"], PARAMETERS, d_outputs, inputs, d_inputs, work=work
    )
    section = Section("convolution", prefix, constants, macros)
    return Piece((section, *extra), (forward,), backward, (gradient,), buffers)


def window_of(op: Op, frame: Frame) -> Window:
    """The window of a convolution; of a transposed one, that of the convolution which it is backwards."""
    layer = op.layer
    picture, out = (require_picture(layer, frame.plan.tensors[index].shape) for index in (op.inputs[0], op.output))
    if isinstance(layer, TransposedConvolution):
        return Window(out, picture, layer.kernel, layer.stride, layer.padding)
    assert isinstance(layer, SlidingFilters)
    groups = layer.groups_for(picture[0])
    return Window(picture, out, layer.kernel, layer.stride, layer.padding, layer.dilation, groups)


def _correlate_tiles(op: Op, kernel: str, frame: Frame, window: Window) -> Tiles:
    """Filters × columns of the outputs."""
    _, rows, columns = window.outputs
    filters, kernel_w, edges = window.group_filters, window.kernel[1], window.padding[1] > 0
    candidates = window_tiles(filters, columns, frame.form.registers, kernel=kernel_w, edges=edges)
    tile_f, tile_x = frame.choose(op, kernel, candidates)
    f_tiles, x_tiles = -(-filters // tile_f), -(-columns // tile_x)
    constants = {"TILE_F": tile_f, "TILE_X": tile_x, "F_TILES": f_tiles, "X_TILES": x_tiles}
    return constants, x_tiles * rows * f_tiles * window.groups


def _spread_tiles(op: Op, kernel: str, frame: Frame, window: Window) -> Tiles:
    """Channels × columns of the inputs, which are tiled from a multiple of the stride on; see the kernel."""
    _, rows, width = window.inputs
    channels, kernel_w, stride, padding = window.group_channels, window.kernel[1], window.stride[1], window.padding[1]
    start = padding if stride == 1 else padding // stride * stride
    columns = width + padding - start
    candidates = window_tiles(channels, columns, frame.form.registers, kernel=kernel_w, multiple=stride)
    tile_c, tile_u = frame.choose(op, kernel, candidates)
    c_tiles, u_tiles = -(-channels // tile_c), -(-columns // tile_u)
    constants = {"TILE_C": tile_c, "TILE_U": tile_u, "C_TILES": c_tiles, "U_TILES": u_tiles, "U_START": start}
    return constants, u_tiles * rows * c_tiles * window.groups


def _weight_tiles(op: Op, kernel: str, frame: Frame, window: Window) -> Tiles:
    """Filters × channels × cells of the kernel, and tiles of biases where they are not summed along the way."""
    _, rows, columns = window.outputs
    plane = 4 * frame.form.vector * rows * columns
    filters, channels = window.group_filters, window.group_channels
    candidates = weight_tiles(
        filters, channels, window.kernel, window.stride, frame.form.registers, plane=plane
    )
    tile_g, tile_q, tile_r, tile_k = frame.choose(op, kernel, candidates)
    r_tiles, k_tiles = -(-window.kernel[0] // tile_r), -(-window.kernel[1] // tile_k)
    g_tiles, q_tiles = -(-filters // tile_g), -(-channels // tile_q)
    tiles_of_filters = q_tiles * r_tiles * k_tiles
    transposed = isinstance(op.layer, TransposedConvolution)
    biases = window.inputs[0] if transposed else window.outputs[0]
    tile_b = min(tile_g, biases)
    alone = len(op.parameters) > 1 and (transposed or tiles_of_filters > 1)
    b_tiles = -(-biases // tile_b) if alone else 0
    constants = {
        "TILE_G": tile_g, "TILE_Q": tile_q, "TILE_R": tile_r, "TILE_K": tile_k, "TILE_B": tile_b,
        "G_TILES": g_tiles, "Q_TILES": q_tiles, "R_TILES": r_tiles, "K_TILES": k_tiles, "B_TILES": b_tiles,
    }  # fmt: skip
    return constants, tiles_of_filters * g_tiles * window.groups + b_tiles
