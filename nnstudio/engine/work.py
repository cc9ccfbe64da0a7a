"""The work of a training step that no device can avoid, from the plan alone.

FLOPs are those of multiply-adds, two each; comparisons, exponentials and products with the zeros of a padding do not
count. Bytes are those of values that must come from memory or go there: whatever a phase reads or
writes, once. What a device does beyond that is its own fault, and shows as speed that it does not reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nnstudio.engine.backend import Phase
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Op, Plan
from nnstudio.network.layers.activation import Activation

VALUE, SAMPLE = 4, 1
"""Bytes of a value in the network, and of one in a picture."""


@dataclass(frozen=True)
class Work:
    """What one phase of a layer has to do in a step. ``node`` is the layer's own, ``op_node`` its op's (see ``Op``)."""

    node: str
    op_node: str
    kind: str
    phase: Phase
    flops: int
    bytes: int


def work_of(plan: Plan, batch_size: int, optimizer: OptimizerBase) -> tuple[Work, ...]:
    """The phases of a step in their order, for all layers that have something to do in them."""
    backward = (_backward(plan, op, batch_size) for op in reversed(plan.ops[:-1]) if op.output in plan.learned)
    forward = (_forward(plan, op, batch_size) for op in plan.ops)
    return (_gather(plan, batch_size), *forward, *backward, _update(plan, optimizer))


def _gather(plan: Plan, batch_size: int) -> Work:
    """Pictures of the batch, from bytes to values."""
    node, moved = plan.input.node, batch_size * plan.input.size * (SAMPLE + VALUE)
    return Work(node, node, "input", Phase.FORWARD, 0, moved)


def _forward(plan: Plan, op: Op, batch_size: int) -> Work:
    """Inputs and parameters are read, the output is written; the output layer writes the gradient by its input too."""
    values = sum(_sizes(plan, op.inputs)) + plan.tensors[op.output].size
    if op is plan.ops[-1]:
        values += plan.tensors[op.inputs[0]].size
    moved = batch_size * values + _parameters(op)
    return _work(plan, op, Phase.FORWARD, batch_size * _multiply_adds(plan, op), moved)


def _backward(plan: Plan, op: Op, batch_size: int) -> Work:
    """With weights: their gradient, from inputs and the output's gradient. When something before the layer learns: the
    inputs' gradient, from the output's and the weights. An activation's derivative is computed from its output or its
    input, which is as large; where there is none, zeros are only written."""
    products, values, parameters = 0, plan.tensors[op.output].size if op.layer.differentiable else 0, 0
    if op.activation or isinstance(op.layer, Activation):
        values += plan.tensors[op.output].size
    if op.parameters:
        products += _multiply_adds(plan, op)
        values += sum(_sizes(plan, op.inputs))
        parameters += _parameters(op)
    if plan.needs_gradient(op):
        products += _multiply_adds(plan, op)
        values += sum(_sizes(plan, op.inputs))
        parameters += _parameters(op)
    return _work(plan, op, Phase.BACKWARD, batch_size * products, batch_size * values + parameters)


def _update(plan: Plan, optimizer: OptimizerBase) -> Work:
    """Gradients are read, parameters and each of the optimizer's state values read, multiplied and written."""
    count, kept = plan.parameter_count, 1 + optimizer.slots
    kind = str(optimizer.model_dump(include={"kind"})["kind"])
    return Work("", "", kind, Phase.UPDATE, 2 * kept * count, VALUE * count * (1 + 2 * kept))


def _work(plan: Plan, op: Op, phase: Phase, products: int, values: int) -> Work:
    """A view of the same values costs nothing."""
    moved = 0 if plan.tensors[op.output].view_of is not None else VALUE * values
    return Work(op.layer_node, op.node, op.kind, phase, 2 * products, moved)


def _multiply_adds(plan: Plan, op: Op) -> int:
    return op.layer.needed_multiply_adds([plan.tensors[index].shape for index in op.inputs])


def _parameters(op: Op) -> int:
    return sum(slot.size for slot in op.parameters)


def _sizes(plan: Plan, tensors: tuple[int, ...]) -> Iterator[int]:
    return (plan.tensors[index].size for index in tensors)
