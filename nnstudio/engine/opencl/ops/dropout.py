"""Dropout, value by value or channel by channel: ``kernels/dropout.cl``."""

from __future__ import annotations

from math import prod
from typing import cast

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import SEED, STEP, Constants, Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.engine.random import threshold
from nnstudio.network.layers.dropout import Dropout, SpatialDropout

KINDS = ("dropout", "spatial_dropout")


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    rate, shape = cast(Dropout, op.layer).rate, frame.plan.tensors[op.output].shape
    size = prod(shape)
    constants: Constants = {
        "SIZE": size, "TOGETHER": prod(shape[1:]) if isinstance(op.layer, SpatialDropout) else 1,
        "CHUNK": frame.form.chunk, "OP": f"{frame.plan.ops.index(op)}u",
        "THRESHOLD": f"{threshold(rate)}u", "SCALE": 1 / (1 - rate),
    }  # fmt: skip
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    tiles = frame.chunks(size)
    forward = frame.over_images(f"{prefix}_forward", tiles, values, outputs, SEED, STEP)
    gradient = frame.over_images(f"{prefix}_input_gradient", tiles, d_outputs, values, d_inputs, SEED, STEP)
    section = Section("dropout", prefix, constants, frame.gradient_macros(op))
    return Piece((section,), (forward,), (), (gradient,))
