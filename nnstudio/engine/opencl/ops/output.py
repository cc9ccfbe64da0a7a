"""Output layers with the loss and its gradient, which come with the forward launch: ``kernels/softmax.cl`` and
``kernels/output.cl``."""

from __future__ import annotations

from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy, LossBase
from nnstudio.engine.opencl.frame import Frame, call
from nnstudio.engine.opencl.schedule import HITS, LABELS, LOSSES, STEP, Constants, Piece, Section
from nnstudio.engine.plan import Op

KINDS = ("softmax_output", "sigmoid_output", "linear_output")


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    scores, plan = op.inputs[0], frame.plan
    softmax = op.kind == "softmax_output"
    pictures = len(plan.output.shape) == 3
    of_kind = _softmax(plan.loss, plan.output.size) if softmax else _answer(op.kind, plan.loss, pictures)
    constants: Constants = {
        "UNITS": plan.output.size, "BLOCKS": frame.blocks, "CLASS_WEIGHTS_TABLE": _weights_table(plan.loss), **of_kind
    }  # fmt: skip
    macros = (*_loss_macros(plan.loss), *frame.gradient_macros(op))
    given = () if softmax else (frame.value(0 if pictures else scores),)
    forward = frame.over_images(
        f"{prefix}_forward", 1,
        frame.value(scores), LABELS, *given, frame.value(op.output), frame.gradient(scores), LOSSES, HITS, STEP,
    )  # fmt: skip
    return Piece((Section("softmax" if softmax else "output", prefix, constants, macros),), (forward,))


def _softmax(loss: LossBase, units: int) -> Constants:
    """What the label's class and the others should have."""
    smoothing = loss.label_smoothing if isinstance(loss, CrossEntropy) else 0.0
    otherwise = smoothing / units
    return {
        "CROSS_ENTROPY": int(isinstance(loss, CrossEntropy)),
        "OTHERWISE": otherwise, "CERTAIN": 1.0 - smoothing + otherwise,
    }  # fmt: skip


def _answer(kind: str, loss: LossBase, pictures: bool) -> Constants:
    function = "sigmoid" if kind == "sigmoid_output" else "identity"
    return {
        "PICTURES": int(pictures), "BINARY": int(isinstance(loss, BinaryCrossEntropy)),
        "ANSWER": function, "ANSWER_BACKWARD": f"{function}_backward",
    }  # fmt: skip


def _loss_macros(loss: LossBase) -> tuple[str, ...]:
    weight = "WEIGHT(label) NAME(weight_of)(label)" if loss.class_weights else "WEIGHT(label) ((floatv)(1.0f))"
    if isinstance(loss, CrossEntropy | BinaryCrossEntropy):  # these are computed from the scores
        return weight, "VALUE(p, t) ZERO", "SLOPE(p, t) ZERO"
    settings = loss.model_dump(exclude={"class_weights"})
    return weight, f"VALUE(p, t) {call(settings, '', 'p, t')}", f"SLOPE(p, t) {call(settings, '_slope', 'p, t')}"


def _weights_table(loss: LossBase) -> str:
    """A function that looks up the weights of the classes of a vector of images."""
    if not loss.class_weights:
        return ""
    table = ", ".join(f"{weight!r}f" for weight in loss.class_weights)
    return (
        f"constant float NAME(weights)[] = {{{table}}}; "
        "INLINE floatv NAME(weight_of)(intv label) { Ints l; Floats w; l.all = max(label, 0); "
        "UNROLL for (int i = 0; i < VECTOR; i++) w.each[i] = NAME(weights)[l.each[i]]; return w.all; }"
    )
