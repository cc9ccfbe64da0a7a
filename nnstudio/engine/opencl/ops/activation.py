"""Activations that stand alone: ``kernels/activation.cl``."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.opencl.frame import Frame, activation_macro, derivative_macro
from nnstudio.engine.opencl.schedule import Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.network import LAYERS
from nnstudio.network.layers.activation import Activation

KINDS = tuple(kind for kind, layer in LAYERS.items() if issubclass(layer, Activation))


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    layer = cast(Activation, op.layer)
    size = frame.plan.tensors[op.output].size
    macros = (
        activation_macro("ACTIVATE", layer),
        derivative_macro("DERIVATIVE", layer),
        *frame.gradient_macros(op),
    )
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    tiles = frame.chunks(size)
    forward = frame.over_images(f"{prefix}_forward", tiles, values, outputs)
    gradient = frame.over_images(f"{prefix}_input_gradient", tiles, outputs, d_outputs, values, d_inputs)
    constants = {"SIZE": size, "CHUNK": frame.form.chunk, "FROM_OUTPUT": int(layer.from_output)}
    section = Section("activation", prefix, constants, macros)
    return Piece((section,), (forward,), (), (gradient,))
