"""Upsampling: ``kernels/upsampling.cl``."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Constants, Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.network.layers.upsampling import Upsampling

KINDS = ("upsampling",)


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    layer = cast(Upsampling, op.layer)
    channels, height, width = frame.plan.tensors[op.inputs[0]].shape
    tile = min(frame.form.chunk, width)
    constants: Constants = {
        "CHANNELS": channels, "HEIGHT": height, "WIDTH": width,
        "FACTOR_H": layer.factor[0], "FACTOR_W": layer.factor[1], "TILE_X": tile, "X_TILES": -(-width // tile),
    }  # fmt: skip
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    tiles = -(-width // tile) * channels * height
    work = 4 * frame.batch_size * frame.plan.tensors[op.output].size
    forward = frame.over_images(f"{prefix}_{layer.mode}", tiles, values, outputs, work=work)
    gradient = frame.over_images(f"{prefix}_{layer.mode}_gradient", tiles, d_outputs, values, d_inputs, work=work)
    section = Section("upsampling", prefix, constants, frame.gradient_macros(op))
    return Piece((section,), (forward,), (), (gradient,))
