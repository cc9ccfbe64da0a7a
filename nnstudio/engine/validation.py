"""What callers of an executable may get wrong, said once for all backends: name, value and rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import TrainingState
from nnstudio.engine.objectives import Objective
from nnstudio.engine.plan import Plan


def check_values(what: str, values: Mapping[str, NDArray[np.generic]], plan: Plan) -> None:
    """Arrays by parameter name: known names, right shapes, numbers."""
    slots = {slot.name: slot for slot in plan.slots}
    for name, value in values.items():
        if name not in slots:
            raise ValueError(f"`{what}` has no parameter {name!r}: known are {', '.join(slots) or 'none'}")
        if np.shape(value) != slots[name].shape:
            raise ValueError(f"`{name}` (of shape {np.shape(value)}) must have the shape {slots[name].shape}")
        if np.asarray(value).dtype.kind not in "fiu":
            raise ValueError(f"`{name}` (of type {np.asarray(value).dtype}) must hold real numbers")


def check_rates(rates: Sequence[float] | None, count: int) -> None:
    """A learning rate for each of ``count`` steps, where there are any."""
    if rates is None:
        return
    if len(rates) != count:
        raise ValueError(f"`learning_rates` (of length {len(rates)}) must be one for each of {count} steps")
    for rate in rates:
        if not 0 <= rate < float("inf"):
            raise ValueError(f"`learning_rates` (with a value {rate}) must be at least 0 and finite")


def check_state(state: TrainingState, slots: int, plan: Plan) -> None:
    """As many sets of optimizer state as the optimizer has ``slots``, each like the parameters."""
    if len(state.slots) != slots:
        raise ValueError(f"`slots` (of length {len(state.slots)}) must have length {slots}, the optimizer's")
    for values in state.slots:
        check_values("slots", values, plan)


def check_images(images: NDArray[np.generic], plan: Plan) -> None:
    """At least one picture of the network's input shape, uint8 or floating."""
    if images.ndim != 4 or images.shape[1:] != plan.input.shape:
        raise ValueError(f"`images` (of shape {images.shape}) must have the shape (N, C, H, W) with {plan.input.shape}")
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise ValueError(f"`images` (of type {images.dtype}) must be uint8 or float32")
    if not len(images):
        raise ValueError("`images` (of length 0) must hold at least one picture")


def check_labels(labels: NDArray[np.integer], count: int, plan: Plan) -> None:
    """One class number for each of ``count`` pictures."""
    units = plan.classes
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise ValueError(f"`labels` ({labels.dtype} of shape {labels.shape}) must be integers of shape ({count},)")
    if labels.min() < 0 or (units and labels.max() >= units):
        wrong = labels[(labels < 0) | (labels >= max(units, 1))][0]
        raise ValueError(f"`labels` (with a value {wrong}) must lie between 0 and {units - 1}, the network's last unit")
    weights = len(plan.loss.class_weights)
    if weights and labels.max() >= weights:
        raise ValueError(f"`labels` (with a value {labels.max()}) must have a class weight each; there are {weights}")


def check_batch(images: NDArray[np.generic], labels: NDArray[np.integer], plan: Plan, batch_size: int) -> None:
    """Pictures and their classes, at most ``batch_size`` of them."""
    check_images(images, plan)
    check_labels(labels, len(images), plan)
    if len(images) > batch_size:
        raise ValueError(f"`images` (of length {len(images)}) must be at most one batch of {batch_size}")


def check_order(order: NDArray[np.integer], count: int) -> None:
    """Indices of an epoch's samples, of which ``count`` are loaded."""
    if order.ndim != 1 or order.dtype.kind not in "iu" or not len(order):
        raise ValueError(f"`order` ({order.dtype} of shape {order.shape}) must be a list of at least one integer")
    if order.min() < 0 or order.max() >= count:
        wrong = order[(order < 0) | (order >= count)][0]
        raise ValueError(f"`order` (with a value {wrong}) must be indices of the {count} samples that are loaded")


def check_objectives(
    count: int,
    objectives: Sequence[Objective],
    wanted: Sequence[str],
    labels: NDArray[np.integer] | None,
    loss_weight: float,
    plan: Plan,
    batch_size: int,
) -> NDArray[np.integer]:
    """At most a batch of images; objectives and wanted gradients at nodes that are kept and no output, or (wanted
    only) learned parameters; labels where the loss counts. The labels, or some."""
    if count > batch_size:
        raise ValueError(f"`images` (of length {count}) must be at most one batch of {batch_size}")
    if loss_weight and labels is None:
        raise ValueError(f"`labels` (=None) must be given where `loss_weight` (={loss_weight:g}) is not 0")
    parameters = {slot.name for slot in plan.learned_slots}
    fused = {op.output for op in plan.ops if op.activation}
    nodes = [*(objective.node for objective in objectives), *(name for name in wanted if name not in parameters)]
    check_nodes(nodes, plan)
    for node in nodes:
        if node == plan.output.node or plan.root(plan.tensor_of[node].index) in fused:
            raise ValueError(f"`{node}` has no gradient of its own: compile the plan with it in `keep`")
    labels = np.zeros(count, np.int32) if labels is None else labels
    check_labels(labels, count, plan)
    return labels


def check_nodes(nodes: Sequence[str], plan: Plan) -> None:
    """Nodes whose values a plan keeps."""
    for node in nodes:
        if node not in plan.tensor_of:
            raise ValueError(f"`nodes` (with {node!r}) must be nodes that the plan keeps: {', '.join(plan.tensor_of)}")
