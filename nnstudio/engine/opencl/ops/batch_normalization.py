"""Batch normalization: ``kernels/batch_normalization.cl``.

Sums over images are made by each block for itself and joined by a small launch, so that on a CPU what is before and
behind it still goes image by image through a core's cache.
"""

from __future__ import annotations

from typing import cast

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS, STEP, Constants, Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.network.layers.normalization import BatchNormalization

KINDS = ("batch_normalization",)


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    layer = cast(BatchNormalization, op.layer)
    weight, bias, running_mean, running_variance = op.parameters
    channels, size = weight.size, frame.plan.tensors[op.output].size
    places = size // channels
    tile = max(1, min(channels, frame.form.chunk // places))
    constants: Constants = {
        "CHANNELS": channels, "PLACES": places, "TILE": tile, "VECTORS": frame.vectors,
        "WEIGHT": weight.offset, "BIAS": bias.offset,
        "RUNNING_MEAN": running_mean.offset, "RUNNING_VARIANCE": running_variance.offset,
        "EPSILON": layer.epsilon, "MOMENTUM": layer.momentum,
    }  # fmt: skip
    macros = (activation_macro("ACTIVATE", op.activation), *frame.gradient_macros(op))
    section = Section("batch_normalization", prefix, constants, macros)
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    spreads, statistics, sums, means = (f"{prefix}_{name}" for name in ("spreads", "statistics", "sums", "means"))
    tiles = -(-channels // tile)
    forward = (
        frame.over_images(f"{prefix}_spread", tiles, values, spreads, STEP),
        frame.over(f"{prefix}_statistics", channels, PARAMETERS, spreads, statistics, STEP),
        frame.over_images(f"{prefix}_forward", tiles, PARAMETERS, statistics, values, outputs),
    )
    backward_sums = (
        frame.over_images(f"{prefix}_gradient_sums", tiles, statistics, values, d_outputs, sums, STEP),
        frame.over(f"{prefix}_gradient_means", channels, sums, GRADIENTS, means, STEP),
    )
    gradient = frame.over_images(
        f"{prefix}_input_gradient", tiles, PARAMETERS, statistics, means, values, d_outputs, d_inputs, STEP
    )
    by_vector, by_channel = 4 * 2 * frame.vectors * channels, 4 * 2 * channels
    buffers = {spreads: by_vector, statistics: by_channel, sums: by_vector, means: by_channel}
    return Piece((section,), forward, (), (gradient,), buffers, backward_sums)
