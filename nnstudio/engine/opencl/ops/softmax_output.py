"""Softmax with the loss and its gradient: ``kernels/softmax.cl``. The gradient comes with the forward launch."""

from __future__ import annotations

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import HITS, LABELS, LOSSES, STEP, Constants, Piece, Section
from nnstudio.engine.plan import Op

KINDS = ("softmax_output",)


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    constants: Constants = {
        "UNITS": frame.plan.tensors[op.output].size,
        "BLOCKS": frame.blocks,
        "SQUARED": int(frame.plan.loss == "mean_squared_error"),
    }
    scores = op.inputs[0]
    forward = frame.over_images(
        f"{prefix}_forward", 1,
        frame.value(scores), LABELS, frame.value(op.output), frame.gradient(scores), LOSSES, HITS, STEP,
    )  # fmt: skip
    return Piece((Section("softmax", prefix, constants, (frame.backward_macro(scores),)),), (forward,))
