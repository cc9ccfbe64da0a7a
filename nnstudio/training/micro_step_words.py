"""What a step in slow motion says at each stage, with the numbers that are really there."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Array
from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy, LossBase
from nnstudio.engine.plan import Plan
from nnstudio.network.layers import shape_text
from nnstudio.units import signed

_NAMED = 8
"""Pictures of a batch whose classes are told."""


def gather_words(pictures: NDArray[np.integer], classes: Sequence[str], *, changed: bool) -> str:
    """Which pictures of the training set, and of what; whether augmentation has ``changed`` them."""
    shown = ", ".join(classes[:_NAMED]) + (", …" if len(classes) > _NAMED else ".")
    how = " and changed at random, as augmentation says" if changed else ""
    if len(classes) == 1:
        return f"One picture, number {pictures[0]:,}, is taken from the shuffled training set{how}: “{classes[0]}”."
    return (
        f"{len(classes)} pictures are taken from the shuffled training set{how}. The first is number {pictures[0]:,}, "
        f"“{classes[0]}”. All: {shown}"
    )


def forward_words(came: Array, made: Array) -> str:
    """What a layer makes of the first picture."""
    before, after = shape_text(came.shape), shape_text(made.shape)
    if made.size == 1:
        return f"Here {before} values of the first picture became one: {signed(made.item())}."
    numbers = (
        f"Here {before} values of the first picture became {after}, from {signed(made.min())} to {signed(made.max())}"
    )
    zeros = float(np.mean(made == 0))
    return f"{numbers}; {zeros:.0%} of them are 0." if zeros else f"{numbers}."


def answer_words(answer: Array, right: int, names: Sequence[str]) -> str:
    """What the first picture is taken for, by a network that tells classes apart."""
    if answer.size == 1:
        return f"The first picture, “{names[right]}”, is “{names[1]}” with a probability of {answer.item():.3g}."
    first = int(answer.argmax())
    if first == right:
        return f"The first picture is taken for “{names[right]}”, which is right, with {answer[right]:.1%}."
    return (
        f"The first picture is taken for “{names[first]}” with {answer[first]:.1%}; it is “{names[right]}”, which has "
        f"{answer[right]:.1%}."
    )


def loss_words(plan: Plan, answer: Array, right: int, names: Sequence[str], mean: float, count: int) -> str:
    """How the first picture's loss is reckoned, and the mean over ``count`` of them. ``answer`` is what the output
    layer gave for it."""
    first = _first_loss(plan.loss, answer, right, f"“{names[right]}”") if plan.classes else ""
    formula = first or f"For each picture the loss is {plan.loss.formula}."
    over = f"The mean over all {count} pictures is {mean:.4g}." if count > 1 else f"So the loss is {mean:.4g}."
    return f"{formula} {over}"


def _first_loss(loss: LossBase, answer: Array, right: int, name: str) -> str:
    """The reckoning where it is one logarithm; otherwise nothing."""
    share = _right_share(loss, answer, right)
    if share is None:
        return ""
    weight = loss.class_weights[right] if loss.class_weights else 1.0
    times = f", times its class's weight of {weight:g} = {-weight * log(share):.3g}" if weight != 1 else ""
    shown = f"{share:.3g}"
    return (
        f"The first picture is {name}, and the network gives that a probability of {shown}: loss = −log({shown}) = "
        f"{-log(share):.3g}{times}."
    )


def _right_share(loss: LossBase, answer: Array, right: int) -> float | None:
    """The probability that was given to the right class, if the loss is its logarithm."""
    if isinstance(loss, CrossEntropy) and not loss.label_smoothing:
        share = float(answer[right])
    elif isinstance(loss, BinaryCrossEntropy) and answer.size == 1:
        share = float(answer.item() if right else 1 - answer.item())
    else:
        return None
    return share if share > exp(-80) else None


def slope_words(gradient: Array, right: int, name: str) -> str:
    """What the loss says back about the first picture's scores."""
    if gradient.size == 1:
        return f"With the first picture's score the loss changes by {signed(gradient.item())} for each unit."
    others = np.delete(gradient, right)
    return (
        f"The gradient says how the loss changes with each score: {signed(gradient[right])} for “{name}” of the first "
        f"picture, so that this score will rise, and at most {signed(others.max())} for the others, which will fall."
    )


def own_words(name: str, gradient: Array, values: Array) -> str:
    """About the gradient of a parameter."""
    size, whole = norm(gradient), norm(values)
    beside = f", {size / whole:.2g} times that of the values themselves" if whole else ""
    return (
        "How the loss changes with each parameter: what came in, times the gradient that came back, added up over the "
        f"batch. The gradient of {name} has a length of {size:.3g}{beside}."
    )


def passed_words(on: Sequence[Array]) -> str:
    """About what goes back to the layers before."""
    if not on:
        return "Nothing before this layer learns, so that nothing is passed on."
    zeros = float(np.mean(on[0] == 0))
    rest = f"; {zeros:.0%} of it is 0" if zeros else ""
    return (
        "What is passed on says how the loss changes with each value that came in: its length is "
        f"{norm(on[0]):.3g}{rest}."
    )


def update_words(optimizer: str, rate: float, old: Array, new: Array, gradient: Array) -> str:
    """The parameter with the largest gradient as an example, and how large the step is in all."""
    place = int(np.abs(gradient).argmax())
    was, now, slope = (float(values.flat[place]) for values in (old, new, gradient))
    step, whole = norm(new - old), norm(old)
    in_all = f" In all, this step changes {step / whole:.2%} of their size; 0.1% is usual." if whole else ""
    sign = "+" if now >= was else "−"
    return (
        f"{optimizer} makes a step of the gradient, at a learning rate of {rate:.4g}: new = old + change. Where the "
        f"gradient is largest ({signed(slope)}): {signed(now, 6)} = {signed(was, 6)} {sign} {abs(now - was):.3g}."
        f"{in_all}"
    )


def norm(values: Array) -> float:
    """Euclidean."""
    return float(np.linalg.norm(values.ravel()))
