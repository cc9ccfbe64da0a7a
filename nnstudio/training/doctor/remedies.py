"""Remedies that several rules prescribe. Each is made for one patient, and names the figures it will set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnstudio.engine.initializers import Initializer
from nnstudio.network import Family, NetworkSpec
from nnstudio.network.layers import Layer
from nnstudio.network.layers.activation import LeakyReLU, ReLU
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.repairs import listed, put_after, put_before
from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Remedy
from nnstudio.training.doctor.wording import plain
from nnstudio.training.settings import TrainingSettings
from nnstudio.units import few_digits

LARGEST_RATE = 100.0
PATIENCE = 5
"""Epochs; what is usual for early stopping at this size."""
_DROPOUT = 0.3
_DECAY, _MUCH_DECAY = 1e-4, 0.02
_SMALLEST_SIDE = 8
"""Of pictures that can be moved about without losing what they show."""


def rate_times(chart: Chart, factor: float, *, go_on: bool = False, rewind: int | None = None) -> Remedy:
    """The learning rate of now, times ``factor``; instead of a rate of 0 the optimizer's usual one."""
    now, usual = chart.settings.optimizer.learning_rate, type(chart.settings.optimizer)().learning_rate
    rate = few_digits(min(now * factor, LARGEST_RATE), 2) if now else usual
    verb = "Reduce" if factor < 1 else "Raise"
    title = f"{verb} the learning rate to {plain(rate)}"
    if rewind is not None:
        title = f"Go back to step {rewind:,} and {title[0].lower()}{title[1:]}"
    elif go_on:
        title = f"Go on with a learning rate of {plain(rate)}"
    return Remedy(
        title, settings=lambda settings: optimizer_with(settings, learning_rate=rate), rewind=rewind, go_on=go_on
    )


def optimizer_with(settings: TrainingSettings, **fields: Any) -> TrainingSettings:
    return settings.model_copy(update={"optimizer": settings.optimizer.model_copy(update=fields)})


def clip(chart: Chart) -> list[Remedy]:
    """Shorten long gradients, where that is not done yet."""
    if chart.settings.optimizer.clip_norm:
        return []
    return [Remedy("Shorten gradients to length 1", settings=lambda settings: optimizer_with(settings, clip_norm=1.0))]


def decay(chart: Chart) -> list[Remedy]:
    if chart.settings.optimizer.weight_decay >= _DECAY:
        return []
    title = f"Pull weights towards 0 (weight decay {_DECAY:g})"
    return [Remedy(title, settings=lambda settings: optimizer_with(settings, weight_decay=_DECAY))]


def stop_early(chart: Chart) -> list[Remedy]:
    if chart.settings.early_stopping:
        return []
    title = f"Stop after {PATIENCE} epochs without a better validation loss"
    return [Remedy(title, settings=lambda settings: settings.model_copy(update={"early_stopping": PATIENCE}))]


def augment(chart: Chart) -> list[Remedy]:
    """Move and turn the pictures a little, where they are pictures."""
    sides = chart.plan.input.shape[1:]
    if chart.settings.augmentation.active or len(sides) < 2 or min(sides) < _SMALLEST_SIDE:
        return []
    shift = max(1, min(sides) // 14)
    change = {"shift": shift, "rotate": 10.0}

    def changed(settings: TrainingSettings) -> TrainingSettings:
        return settings.model_copy(update={"augmentation": settings.augmentation.model_copy(update=change)})

    return [Remedy(f"Vary the pictures (shift by {shift} px, turn by 10°)", settings=changed)]


def less_decay(chart: Chart) -> list[Remedy]:
    """Where weights are pulled towards 0 so strongly that this may be all that happens to them."""
    if chart.settings.optimizer.weight_decay <= _MUCH_DECAY:
        return []
    title = f"Pull weights less towards 0 (weight decay {_DECAY:g})"
    return [Remedy(title, settings=lambda settings: optimizer_with(settings, weight_decay=_DECAY))]


def begin_anew(chart: Chart) -> list[Remedy]:
    """With He's weights (2015), where training has begun with others."""
    if chart.settings.initializer is Initializer.HE_NORMAL:
        return []
    change = {"initializer": Initializer.HE_NORMAL}
    return [Remedy("Begin with He’s normally distributed weights", lambda settings: settings.model_copy(update=change))]


def weigh_classes(counts: Sequence[int]) -> Remedy:
    """Errors count the more, the rarer the class: ``all / (classes * count)``, as scikit-learn's “balanced”."""
    numbers = np.asarray(counts, float)
    present = np.maximum(numbers, 1)
    weights = tuple(few_digits(weight, 3) for weight in (numbers.sum() / (len(numbers) * present)).tolist())

    def changed(settings: TrainingSettings) -> TrainingSettings:
        return settings.model_copy(update={"loss": settings.loss.model_copy(update={"class_weights": weights})})

    return Remedy("Let errors count more for rare classes", settings=changed)


def drop_out(chart: Chart) -> list[Remedy]:
    """Dropout before the last layer with weights, in a network that has none."""
    last = next(op for op in reversed(chart.plan.ops) if op.learned)
    name = chart.designed(last.layer_node)
    noisy = any(node.layer.family is Family.REGULARISATION for node in chart.spec.nodes)
    if noisy or len(chart.plan.ops) < 3:
        return []
    return [
        Remedy(
            f"Insert dropout of {_DROPOUT:.0%} before {name}",
            network=lambda spec: put_before(spec, name, {0: Dropout(rate=_DROPOUT)}),
        )
    ]


def replace_all(chart: Chart, nodes: Sequence[str], layer: LeakyReLU | ReLU) -> list[Remedy]:
    """Another activation in the place of these."""
    names = tuple(dict.fromkeys(chart.designed(node) for node in nodes))
    if not names:
        return []

    def edit(spec: NetworkSpec) -> NetworkSpec:
        for name in names:
            spec = spec.replace(name, layer)
        return spec

    return [Remedy(f"Use {layer.title} instead of {listed(names)}", network=edit)]


def normalize(chart: Chart) -> list[Remedy]:
    """Batch normalization behind each hidden layer with weights, in a network that has none."""
    if any(node.layer.family is Family.NORMALIZATION for node in chart.spec.nodes):
        return []
    behind = [op.layer_node for op in chart.plan.ops[:-1] if op.learned and op.output != chart.plan.ops[-1].inputs[0]]
    names = tuple(dict.fromkeys(chart.designed(node) for node in behind))
    if not names:
        return []

    def edit(spec: NetworkSpec) -> NetworkSpec:
        for name in names:
            layer: Layer = BatchNormalization()
            spec = put_after(spec, name, layer)
        return spec

    return [Remedy(f"Insert batch normalization behind {listed(names)}", network=edit)]
