"""From a plan to a schedule. Nothing here touches a device."""

from __future__ import annotations

from dataclasses import replace

from nnstudio.engine.backend import Phase
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.ops import LOWER
from nnstudio.engine.opencl.schedule import (
    GRADIENTS,
    HITS,
    LABELS,
    LOSSES,
    PARAMETERS,
    USED_HITS,
    USED_LOSSES,
    Launch,
    Piece,
    Schedule,
)
from nnstudio.engine.plan import Op, Plan

METRIC_BYTES = 2**20
"""Room for the metrics of the steps since the last reading."""


def metric_rows(frame: Frame) -> int:
    """How many steps' metrics fit on the device."""
    return max(16, min(4096, METRIC_BYTES // (4 * frame.vectors)))


def lower(frame: Frame) -> Schedule:
    """All launches of a step in order, and the buffers and program sections they need."""
    plan = frame.plan
    pieces = [_of_node(op.node, LOWER[op.kind](op, f"op{number}", frame)) for number, op in enumerate(plan.ops)]
    forward = [launch for piece in pieces for launch in piece.forward]
    needed: list[Launch] = []
    for op, piece in reversed(list(zip(plan.ops, pieces, strict=True))):
        needed += [*piece.sums, *piece.backward, *_needed(plan, op, piece)]
    return Schedule(
        sections=tuple(section for piece in pieces for section in piece.sections),
        buffers=_buffers(frame, pieces),
        training=(*forward, *needed),
        forward=tuple(map(_used, forward)),
        backward=tuple((*piece.sums, *piece.backward, *piece.input_gradient) for piece in pieces),
    )


def _needed(plan: Plan, op: Op, piece: Piece) -> tuple[Launch, ...]:
    """Launches for the gradients of those inputs that parameters had a part in."""
    if len(op.inputs) == 1:
        return piece.input_gradient if plan.needs_gradient(op) else ()
    by_input = zip(op.inputs, piece.input_gradient, strict=True)
    return tuple(launch for index, launch in by_input if index in plan.learned)


def _of_node(node: str, piece: Piece) -> Piece:
    """Say of each launch whose it is."""
    return replace(
        piece,
        forward=tuple(replace(launch, node=node) for launch in piece.forward),
        backward=tuple(replace(launch, node=node, phase=Phase.BACKWARD, for_update=True) for launch in piece.backward),
        input_gradient=tuple(replace(launch, node=node, phase=Phase.BACKWARD) for launch in piece.input_gradient),
        sums=tuple(replace(launch, node=node, phase=Phase.BACKWARD) for launch in piece.sums),
    )


def _used(launch: Launch) -> Launch:
    """The same launch with metrics of its own."""
    other = {LOSSES: USED_LOSSES, HITS: USED_HITS}
    return replace(launch, arguments=tuple(other.get(name, name) for name in launch.arguments))


def _buffers(frame: Frame, pieces: list[Piece]) -> dict[str, int]:
    flat, metrics = 4 * frame.plan.flat_size, 4 * metric_rows(frame) * frame.vectors
    buffers = {
        PARAMETERS: flat, GRADIENTS: flat, LABELS: 4 * frame.blocks * frame.form.block,
        LOSSES: metrics, HITS: metrics, USED_LOSSES: metrics, USED_HITS: metrics,
    }  # fmt: skip
    for tensor in frame.plan.tensors:
        if tensor.view_of is None:
            buffers[frame.value(tensor.index)] = buffers[frame.gradient(tensor.index)] = frame.tensor_bytes(tensor)
    del buffers[frame.gradient(frame.plan.output.index)]  # the loss starts from the scores
    for piece in pieces:
        buffers |= piece.buffers
    return buffers
