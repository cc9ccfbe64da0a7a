"""Multiply: ``kernels/multiply.cl``, a section for each input, since each gives its gradient in its own way."""

from __future__ import annotations

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Constants, Piece, Section
from nnstudio.engine.plan import Op

KINDS = ("multiply",)


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    sizes = [frame.plan.tensors[index].size for index in op.inputs]
    constants: Constants = {"SIZE": sizes[0], "PLACES": sizes[0] // sizes[1], "CHUNK": frame.form.chunk}
    names = f"{prefix}_first", f"{prefix}_second"
    sections = tuple(
        Section("multiply", name, constants, frame.gradient_macros(op, port)) for port, name in enumerate(names)
    )
    first, second = map(frame.value, op.inputs)
    d_outputs, tiles = frame.gradient(op.output), [frame.chunks(size) for size in sizes]
    forward = frame.over_images(f"{names[0]}_forward", tiles[0], first, second, frame.value(op.output))
    gradients = tuple(
        frame.over_images(
            f"{name}_gradient_of_{place}", tiles[port], d_outputs, first, second, frame.gradient(op.inputs[port])
        )
        for port, (name, place) in enumerate(zip(names, ("first", "second"), strict=True))
    )
    return Piece(sections, (forward,), (), gradients)
