"""Layer normalization: ``kernels/layer_normalization.cl``."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS, Constants, Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.network.layers.normalization import LayerNormalization

KINDS = ("layer_normalization",)


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    weight, bias = op.parameters
    chunk, size = frame.form.chunk, weight.size
    constants: Constants = {
        "SIZE": size, "CHUNK": chunk, "BLOCKS": frame.blocks, "WEIGHT": weight.offset, "BIAS": bias.offset,
        "EPSILON": cast(LayerNormalization, op.layer).epsilon,
    }  # fmt: skip
    macros = (activation_macro("ACTIVATE", op.activation), *frame.gradient_macros(op))
    section = Section("layer_normalization", prefix, constants, macros)
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    statistics, means = f"{prefix}_statistics", f"{prefix}_means"
    tiles = frame.chunks(size)
    forward = (
        frame.over_images(f"{prefix}_statistics", 1, values, statistics),
        frame.over_images(f"{prefix}_forward", tiles, PARAMETERS, statistics, values, outputs),
    )
    # The means come with the inputs' gradient: nobody else needs them.
    gradient = (
        frame.over_images(f"{prefix}_gradient_means", 1, PARAMETERS, statistics, values, d_outputs, means),
        frame.over_images(
            f"{prefix}_input_gradient", tiles, PARAMETERS, statistics, means, values, d_outputs, d_inputs
        ),
    )
    weights = frame.over(f"{prefix}_weight_gradient", size, statistics, values, d_outputs, GRADIENTS)
    by_image = 4 * 2 * frame.blocks * frame.form.block
    return Piece((section,), forward, (weights,), gradient, {statistics: by_image, means: by_image})
