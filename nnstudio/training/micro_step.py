"""One training step in slow motion: gather, forward, loss, backward, update, with the tensors of each stage.

It is computed by NumPy, in float32, exactly as training on NumPy computes it; ops that the engine does as one, such as
a convolution and the activation after it, are one stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Array, TrainingState
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.numpy.executable import NumpyExecutable
from nnstudio.engine.numpy.tracing import Traced
from nnstudio.engine.plan import Op, Plan, compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.training import micro_step_words as words
from nnstudio.training.loop import shuffled
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import require_fit

MOST_BYTES = 256 * 2**20
"""Of all tensors that are kept: of large networks fewer pictures are taken than a batch has."""


class StageKind(StrEnum):
    GATHER = "gather"
    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class Look(StrEnum):
    """As what a tensor is to be looked at."""

    PICTURES = "pictures"
    """What the network sees, grey or in colour: values from 0 to 1."""
    ACTIVATIONS = "activations"
    """What a layer gives: little or much."""
    SIGNED = "signed"
    """Parameters and gradients, of which it matters whether they are below or above 0."""


@dataclass(frozen=True)
class NamedTensor:
    """Of pictures or vectors the first axis counts the batch; ``parameter`` says that it does not."""

    name: str
    values: Array
    parameter: bool = False
    look: Look = Look.SIGNED


@dataclass(frozen=True)
class Stage:
    """What happens, of which layer (its node), in words and where there is one as a formula (see
    ``nnstudio.network.layers.explanation``), and what comes out of it."""

    kind: StageKind
    node: str
    title: str
    words: str
    tensors: tuple[NamedTensor, ...]
    formula: str = ""


@dataclass(frozen=True)
class MicroStep:
    """All stages of step number ``step`` (from 1) on ``pictures`` of the training set, and the mean loss."""

    step: int
    pictures: NDArray[np.int32]
    learning_rate: float
    loss: float
    stages: tuple[Stage, ...]


def micro_step(
    spec: NetworkSpec,
    dataset: Dataset,
    settings: TrainingSettings,
    state: Mapping[str, Array] | TrainingState | None = None,
) -> MicroStep:
    """The step that comes next after ``state``: its batch, its learning rate, its dropout. Nothing else is changed.
    Raises ``NNStudioError`` where training would."""
    plan = compile_plan(spec, loss=settings.loss)
    require_fit(plan, dataset)
    batch_size = min(settings.batch_size, len(dataset.train), _affordable(plan))
    optimizer = settings.optimizer
    executable = NumpyExecutable(plan, batch_size, optimizer, settings.seed, np.dtype(np.float32))
    with closing(executable):
        if isinstance(state, TrainingState):
            executable.write_state(state)
        else:
            fresh = initial_parameters(plan, settings.initializer, settings.seed)
            executable.write_parameters({**fresh, **(state or {})})
        chosen, rate = _next_batch(dataset, settings, state, batch_size)
        before = executable.read_parameters()
        executable.set_augmentation(settings.augmentation)
        executable.load_samples(dataset.train.images, dataset.train.labels)
        executable.begin_epoch(chosen)
        traced = executable.trace(0, rate)
        loss = float(executable.drain().losses[0])
        after = executable.read_state()
    gradients = {name: values for each in traced for name, values in each.parameters.items()}
    classes = _Classes(dataset.train.labels[chosen], dataset.class_names)
    stages = (
        _gather(traced[0], chosen, classes, changed=settings.augmentation.active),
        *_forward(plan, traced, classes),
        _loss(plan, traced, classes, loss),
        *_backward(plan, traced, before, gradients),
        *_update(plan, optimizer.title, rate, before, gradients, after.parameters),
    )
    return MicroStep(after.step, chosen, rate, loss, stages)


def _affordable(plan: Plan) -> int:
    values = sum(tensor.size for tensor in plan.tensors)
    return max(1, MOST_BYTES // (2 * 4 * values))


def _next_batch(
    dataset: Dataset, settings: TrainingSettings, state: Mapping[str, Array] | TrainingState | None, batch_size: int
) -> tuple[NDArray[np.int32], float]:
    """Which pictures come next, and at which learning rate, as the training loop has it."""
    images, seen = len(dataset.train), 0
    losses: tuple[float, ...] = ()
    per_epoch = settings.steps_per_epoch(images)
    if isinstance(state, TrainingState):
        epoch, batch = divmod(state.step, per_epoch)
        seen = epoch * images + batch * settings.batch_size if state.seen is None else state.seen
        losses = state.validation_losses
    epoch, done = divmod(seen, images)
    place = epoch * per_epoch + done / min(settings.batch_size, images)
    factor = settings.schedule.factors([place], per_epoch, settings.epochs * per_epoch, losses)[0]
    order = shuffled(images, settings.seed, epoch)[done : done + batch_size]
    return order, float(settings.optimizer.learning_rate * factor)


# ---- the stages


@dataclass(frozen=True)
class _Classes:
    """What the pictures of the batch are."""

    labels: NDArray[np.integer]
    names: Sequence[str]

    @property
    def first(self) -> int:
        return int(self.labels[0])

    @property
    def of_all(self) -> list[str]:
        return [self.names[label] for label in self.labels]


def _gather(traced: Traced, chosen: NDArray[np.int32], classes: _Classes, *, changed: bool) -> Stage:
    pictures = traced.values[0]
    look = Look.PICTURES if _can_be_seen(pictures) else Look.SIGNED
    text = words.gather_words(chosen, classes.of_all, changed=changed)
    tensors = (NamedTensor("pictures", pictures, look=look),)
    return Stage(StageKind.GATHER, traced.node, "Gather the batch", text, tensors)


def _can_be_seen(values: Array) -> bool:
    """Whether these are grey or coloured pictures, rather than points of a plane or what layers make."""
    return values.ndim == 4 and values.shape[1] in (1, 3) and values.shape[2] * values.shape[3] > 1


def _forward(plan: Plan, traced: Sequence[Traced], classes: _Classes) -> Iterator[Stage]:
    made = {each.node: each.values[0] for each in traced[: len(plan.ops) + 1]}
    for op in plan.ops:
        text, formula = op.layer.summary, op.layer.formula
        if op.activation:
            text, formula = f"{text} Then {op.activation.title}.", f"{formula}, then {op.activation.formula}"
        came, output = made[plan.tensors[op.inputs[0]].node][0], made[op.node]
        text = f"{text} {words.forward_words(came, output[0])}"
        if op is plan.ops[-1] and plan.classes and len(classes.names) > classes.first:
            text = f"{text} {words.answer_words(output[0], classes.first, classes.names)}"
        drawn = op is plan.ops[-1] and not plan.classes and _can_be_seen(output)
        tensors = (NamedTensor("output", output, look=Look.PICTURES if drawn else Look.ACTIVATIONS),)
        yield Stage(StageKind.FORWARD, op.node, f"Forward: {_name(op)}", text, tensors, formula)


def _loss(plan: Plan, traced: Sequence[Traced], classes: _Classes, loss: float) -> Stage:
    """The output layer's second turn."""
    answers, found = traced[len(plan.ops)].values[0], traced[len(plan.ops) + 1].values
    tensors = tuple(NamedTensor("gradient by the scores", values) for values in found)
    text = words.loss_words(plan, answers[0], classes.first, classes.names, loss, len(answers))
    if plan.classes and found:
        text = f"{text} {words.slope_words(found[0][0], classes.first, classes.names[classes.first])}"
    return Stage(StageKind.LOSS, plan.output.node, f"Loss: {plan.loss.title}", text, tensors)


def _backward(
    plan: Plan, traced: Sequence[Traced], before: Mapping[str, Array], gradients: Mapping[str, Array]
) -> Iterator[Stage]:
    """Of each op what it says about its parameters, and what it passes on. Gradients of a tensor that several layers
    use grow from stage to stage."""
    passed = {each.node: each.values for each in traced[len(plan.ops) + 2 :]}
    for op in reversed(plan.ops[:-1]):
        own = [NamedTensor(f"gradient of {slot.name}", gradients[slot.name], True) for slot in op.learned]
        names = [plan.tensors[index].node for index in op.inputs]
        on = [NamedTensor(f"gradient of {name}", values) for name, values in zip(names, passed[op.node], strict=False)]
        if own or on:
            slots = [slot.name for slot in op.learned][:1]
            told = [words.own_words(name, gradients[name], before[name]) for name in slots]
            told.append(words.passed_words(passed[op.node]))
            yield Stage(StageKind.BACKWARD, op.node, f"Backward: {_name(op)}", " ".join(told), (*own, *on))


def _update(
    plan: Plan, optimizer: str, rate: float, before: Mapping[str, Array], gradients: Mapping[str, Array],
    after: Mapping[str, Array],
) -> Iterator[Stage]:  # fmt: skip
    for slot in plan.learned_slots:
        name = slot.name
        text = words.update_words(optimizer, rate, before[name], after[name], gradients[name])
        tensors = (
            NamedTensor("change", after[name] - before[name], True), NamedTensor("new values", after[name], True),
            NamedTensor("old values", before[name], True), NamedTensor("gradient", gradients[name], True),
        )  # fmt: skip
        yield Stage(StageKind.UPDATE, slot.node, f"Update: {name}", text, tensors)


def _name(op: Op) -> str:
    fused = f" and {op.activation.title} {op.node}" if op.activation else ""
    return f"{op.layer.title} {op.layer_node}{fused}"
