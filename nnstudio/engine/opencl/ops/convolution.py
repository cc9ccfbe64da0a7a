"""Convolution: ``kernels/convolution.cl``, or through local memory (``gemm.py``)."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.gemm import Window, lower_products
from nnstudio.engine.opencl.schedule import PARAMETERS, Constants, Piece, Section
from nnstudio.engine.opencl.tiles import weight_tiles, window_tiles
from nnstudio.engine.opencl.weights import weight_gradient
from nnstudio.engine.plan import Op
from nnstudio.network.layers.convolution import Convolution

KINDS = ("convolution",)

POSITIONS = 64
"""With so many places an image, a block of images is enough work for the sum over its lanes at the end not to count."""


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    layer = cast(Convolution, op.layer)
    channels, height, width = frame.plan.tensors[op.inputs[0]].shape
    filters, out_height, out_width = frame.plan.tensors[op.output].shape
    picture, out = (channels, height, width), (filters, out_height, out_width)
    window = Window(picture, out, layer.kernel, layer.stride, layer.padding)
    if frame.form.local:
        return lower_products(op, prefix, frame, window)
    (kernel_h, kernel_w), stride_w, pad_w = layer.kernel, layer.stride[1], layer.padding[1]
    registers = frame.form.registers
    work = frame.batch_size * filters * out_height * out_width * channels * kernel_h * kernel_w

    tile_f, tile_x = frame.choose(
        op, f"{prefix}_forward", window_tiles(filters, out_width, registers, kernel=kernel_w, edges=pad_w > 0)
    )
    x_tiles = -(-out_width // tile_x)
    # Input columns are tiled from a multiple of the stride on; see the kernel.
    start = pad_w if stride_w == 1 else pad_w // stride_w * stride_w
    columns = width + pad_w - start
    tile_c, tile_u = frame.choose(
        op, f"{prefix}_input_gradient",
        window_tiles(channels, columns, registers, kernel=kernel_w, multiple=stride_w),
    )  # fmt: skip
    u_tiles = -(-columns // tile_u)
    plane = 4 * frame.form.vector * out_height * out_width
    tile_g, tile_r, tile_k = frame.choose(
        op, f"{prefix}_weight_gradient", weight_tiles(filters, layer.kernel, registers, plane=plane)
    )
    k_tiles, r_tiles, g_tiles = -(-kernel_w // tile_k), -(-kernel_h // tile_r), -(-filters // tile_g)

    tiles = g_tiles * (k_tiles * r_tiles * channels + 1)
    alone = frame.chained and out_height * out_width >= POSITIONS
    sums, extra, backward, buffers = weight_gradient(frame, op, prefix, tiles, work, by_image=alone)
    weight, bias = op.parameters
    constants: Constants = {
        **window.constants, "WEIGHT": weight.offset, "BIAS": bias.offset, "BLOCKS": frame.blocks,
        "TILE_F": tile_f, "TILE_X": tile_x, "X_TILES": x_tiles,
        "TILE_C": tile_c, "TILE_U": tile_u, "U_TILES": u_tiles, "U_START": start,
        "TILE_G": tile_g, "TILE_R": tile_r, "TILE_K": tile_k,
        "G_TILES": g_tiles, "R_TILES": r_tiles, "K_TILES": k_tiles, **sums,
    }  # fmt: skip
    macros = (activation_macro("ACTIVATE", op.activation), *frame.gradient_macros(op))
    inputs, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    forward = frame.over_images(
        f"{prefix}_forward", x_tiles * out_height * -(-filters // tile_f), PARAMETERS, inputs, outputs, work=work
    )
    input_gradient = frame.over_images(
        f"{prefix}_input_gradient", u_tiles * height * -(-channels // tile_c),
        PARAMETERS, frame.gradient(op.output), inputs, frame.gradient(op.inputs[0]), work=work,
    )  # fmt: skip
    section = Section("convolution", prefix, constants, macros)
    return Piece((section, *extra), (forward,), backward, (input_gradient,), buffers)
