"""Add and concatenate: ``kernels/merge.cl``, a section for each input, since each gives its gradient in its own way."""

from __future__ import annotations

from itertools import accumulate

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.schedule import Launch, Piece, Section
from nnstudio.engine.plan import Op

KINDS = ("add", "concatenate")


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    stacked = op.kind == "concatenate"
    sizes = [frame.plan.tensors[index].size for index in op.inputs]
    out_size = frame.plan.tensors[op.output].size
    offsets = list(accumulate(sizes, initial=0)) if stacked else [0] * len(sizes)
    last = len(sizes) - 1
    sections, gradients = [], []
    for port, size in enumerate(sizes):
        own = f"{prefix}_input{port}"
        constants = {"SIZE": size, "OUT_SIZE": out_size, "OFFSET": offsets[port], "CHUNK": frame.form.chunk}
        finish = activation_macro("ACTIVATE", op.activation if port == last else None)
        sections.append(Section("merge", own, constants, (finish, *frame.gradient_macros(op, port))))
        gradients.append(_gradient(op, own, port, frame))
    forward = _stack(op, prefix, frame) if stacked else _add(op, prefix, frame)
    return Piece(tuple(sections), forward, (), tuple(gradients))


def _add(op: Op, prefix: str, frame: Frame) -> tuple[Launch, ...]:
    first, second, *others = map(frame.value, op.inputs)
    outputs, tiles = frame.value(op.output), frame.chunks(frame.plan.tensors[op.output].size)
    more = (
        frame.over_images(f"{prefix}_input{port}_add_more", tiles, value, outputs)
        for port, value in enumerate(others, start=2)
    )
    return frame.over_images(f"{prefix}_input1_add", tiles, first, second, outputs), *more


def _stack(op: Op, prefix: str, frame: Frame) -> tuple[Launch, ...]:
    return tuple(
        frame.over_images(
            f"{prefix}_input{port}_stack", frame.chunks(frame.plan.tensors[index].size),
            frame.value(index), frame.value(op.output),
        )
        for port, index in enumerate(op.inputs)
    )  # fmt: skip


def _gradient(op: Op, prefix: str, port: int, frame: Frame) -> Launch:
    index = op.inputs[port]
    tiles = frame.chunks(frame.plan.tensors[index].size)
    arguments = frame.gradient(op.output), frame.value(index), frame.gradient(index)
    return frame.over_images(f"{prefix}_input_gradient", tiles, *arguments)
