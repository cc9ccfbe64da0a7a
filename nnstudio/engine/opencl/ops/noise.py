"""Gaussian noise: ``kernels/noise.cl``."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import SEED, STEP, Constants, Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.engine.random import SECOND
from nnstudio.network.layers.noise import GaussianNoise

KINDS = ("gaussian_noise",)


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    number, size = frame.plan.ops.index(op), frame.plan.tensors[op.output].size
    constants: Constants = {
        "SIZE": size, "CHUNK": frame.form.chunk, "OP": f"{number}u", "SECOND_OP": f"{number + SECOND}u",
        "DEVIATION": cast(GaussianNoise, op.layer).deviation,
    }  # fmt: skip
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    tiles = frame.chunks(size)
    forward = frame.over_images(f"{prefix}_forward", tiles, values, outputs, SEED, STEP)
    gradient = frame.over_images(f"{prefix}_input_gradient", tiles, d_outputs, values, d_inputs)
    section = Section("noise", prefix, constants, frame.gradient_macros(op))
    return Piece((section,), (forward,), (), (gradient,))
