"""What convolution and dense layers share: the gradient of weights and biases, which is a sum over all images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import GRADIENTS, Constants, Launch, Section
from nnstudio.engine.plan import ALIGNMENT, Op

WeightGradient = tuple[Constants, tuple[Section, ...], tuple[Launch, ...], dict[str, int]]
"""Constants for the kernel ``weight_gradient``, further sections, launches and buffers."""


def weight_gradient(
    frame: Frame, op: Op, prefix: str, tiles: int, work: int, reads: tuple[str, str], *, by_image: bool = False
) -> WeightGradient:
    """The gradient of an op with a weight, and perhaps a bias, by a kernel of ``tiles`` that ``reads`` two buffers.

    When that pays the images are split into parts, which a second launch adds up; with ``by_image`` each block of
    images is a part, in a chain also where there are few weights.
    """
    weight = op.parameters[0]
    # The order of a sum must not depend on the tile.
    about = -(-weight.size // frame.form.registers)
    parts = frame.parts(about, op.inputs[0], op.output)
    if frame.chained:
        by_image = by_image or frame.parts(about) > 1
        parts = frame.blocks if by_image else 1
    kernel = f"{prefix}_weight_gradient"
    over = frame.over_images if by_image else partial(frame.over, parts=parts)
    return in_parts(frame, op, prefix, parts, lambda out: over(kernel, tiles, *reads, out, work=work))


def in_parts(frame: Frame, op: Op, prefix: str, parts: int, sums: Callable[[str], Launch]) -> WeightGradient:
    """Let ``sums(out)`` be the launch that writes the sums of ``parts`` shares into the buffer ``out``, and add them
    up."""
    weight, *biases = op.parameters
    bias = biases[0].offset if biases else weight.offset
    if parts == 1:
        constants = {"PARTS": 1, "PART_SIZE": 0, "WEIGHT_OUT": weight.offset, "BIAS_OUT": bias}
        return {**constants}, (), (sums(GRADIENTS),), {}
    buffer = f"{prefix}_parts"
    size = -(-(op.parameters[-1].end - weight.offset) // ALIGNMENT) * ALIGNMENT
    constants = {"PARTS": parts, "PART_SIZE": size, "WEIGHT_OUT": 0, "BIAS_OUT": bias - weight.offset}
    launches = sums(buffer), frame.over_flat(f"{prefix}_sum_parts", size, buffer, GRADIENTS)
    section = Section(
        "reduction", prefix, {"PARTS": parts, "SIZE": size, "OFFSET": weight.offset, "CHUNK": frame.form.chunk}
    )
    return {**constants}, (section,), launches, {buffer: 4 * parts * size}


def parameter_offsets(op: Op) -> dict[str, int]:
    """Where an op's weight and bias begin, and whether it has a bias."""
    weight, *biases = op.parameters
    return {"WEIGHT": weight.offset, "BIAS": biases[0].offset if biases else 0, "HAS_BIAS": len(biases)}
