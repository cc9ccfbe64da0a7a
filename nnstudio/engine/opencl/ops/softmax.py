"""Softmax inside a network: ``kernels/softmax_layer.cl``."""

from __future__ import annotations

from math import prod

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Constants, Piece, Section
from nnstudio.engine.plan import Op

KINDS = ("softmax",)

PLACES_AT_ONCE = 4
"""Places of a picture that a work-item handles at most: so many vectors lie side by side in memory."""


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    units, *picture = frame.plan.tensors[op.output].shape
    places = prod(picture)
    tile = min(frame.form.chunk, places, PLACES_AT_ONCE)
    constants: Constants = {"UNITS": units, "PLACES": places, "TILE": tile}
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    tiles, work = -(-places // tile), frame.batch_size * units * places
    forward = frame.over_images(f"{prefix}_forward", tiles, values, outputs, work=work)
    gradient = frame.over_images(f"{prefix}_input_gradient", tiles, outputs, d_outputs, values, d_inputs, work=work)
    section = Section("softmax_layer", prefix, constants, frame.gradient_macros(op))
    return Piece((section,), (forward,), (), (gradient,))
