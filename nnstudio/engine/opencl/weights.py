"""What convolution and dense layers share: the gradient of weights and biases, which is a sum over all images."""

from __future__ import annotations

from functools import partial

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import GRADIENTS, Constants, Launch, Section
from nnstudio.engine.plan import ALIGNMENT, Op


def weight_gradient(
    frame: Frame, op: Op, prefix: str, tiles: int, work: int, *, by_image: bool = False
) -> tuple[Constants, tuple[Section, ...], tuple[Launch, ...], dict[str, int]]:
    """Constants, further sections, launches and buffers for the kernel ``weight_gradient`` of an op with weight and
    bias.

    When that pays the images are split into parts, which a second launch adds up; with ``by_image`` each block of
    images is a part.
    """
    weight, bias = op.parameters
    arguments = frame.value(op.inputs[0]), frame.gradient(op.output)
    parts = frame.blocks if by_image else frame.parts(tiles, op.inputs[0], op.output)
    size = -(-(bias.end - weight.offset) // ALIGNMENT) * ALIGNMENT
    kernel = f"{prefix}_weight_gradient"
    over = frame.over_images if by_image else partial(frame.over, parts=parts)
    if parts == 1:
        launch = over(kernel, tiles, *arguments, GRADIENTS, work=work)
        constants = {"PARTS": 1, "PART_SIZE": 0, "WEIGHT_OUT": weight.offset, "BIAS_OUT": bias.offset}
        return {**constants}, (), (launch,), {}
    buffer = f"{prefix}_parts"
    constants = {"PARTS": parts, "PART_SIZE": size, "WEIGHT_OUT": 0, "BIAS_OUT": bias.offset - weight.offset}
    launches = (
        over(kernel, tiles, *arguments, buffer, work=work),
        frame.over_flat(f"{prefix}_sum_parts", size, buffer, GRADIENTS),
    )
    section = Section(
        "reduction", prefix, {"PARTS": parts, "SIZE": size, "OFFSET": weight.offset, "CHUNK": frame.form.chunk}
    )
    return {**constants}, (section,), launches, {buffer: 4 * parts * size}
