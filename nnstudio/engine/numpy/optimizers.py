"""One step of each optimizer, in place over the flat buffers. The formulas stand in ``engine/optimizers.py``.

Each takes the learned parameters ``w``, their gradient ``g`` (used up), the state ``slots``, and a ``scratch`` array,
all of one size.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, OptimizerBase, RMSProp


def update(optimizer: OptimizerBase, w: Array, g: Array, slots: Sequence[Array], scratch: Array, t: int) -> None:
    """Step number ``t`` (from 1). An average of the weights is not its concern: see ``update_average``."""
    if optimizer.clip_norm:
        _clip(g, optimizer.clip_norm, scratch)
    if optimizer.weight_decay and not isinstance(optimizer, AdamW):
        np.multiply(w, optimizer.weight_decay, out=scratch)
        np.add(g, scratch, out=g)
    match optimizer:
        case SGD():
            _descend(w, g, optimizer.learning_rate)
        case Momentum():
            _momentum(optimizer, g, slots[0])
            np.multiply(slots[0], optimizer.learning_rate, out=scratch)
            np.subtract(w, scratch, out=w)
        case Nesterov():
            _momentum(optimizer, g, slots[0])
            np.multiply(slots[0], optimizer.momentum, out=scratch)
            np.add(g, scratch, out=g)
            _descend(w, g, optimizer.learning_rate)
        case RMSProp():
            _rmsprop(optimizer, w, g, slots[0], scratch)
        case Adam():
            _adam(optimizer, w, g, slots[0], slots[1], scratch, t)


def update_average(optimizer: OptimizerBase, w: Array, averaged: Array, scratch: Array, t: int) -> None:
    """What step number ``t`` (from 1) adds to the average of all values, learned or not."""
    _decay_towards(averaged, w, optimizer.average_keep(t), scratch)


def _clip(g: Array, longest: float, scratch: Array) -> None:
    """Shorten ``g`` to that length; one that is not finite stays so."""
    np.square(g, out=scratch)
    norm = sqrt(np.add.reduce(scratch, dtype=np.float64))
    if norm > longest:
        np.multiply(g, longest / norm, out=g)


def _descend(w: Array, g: Array, learning_rate: float) -> None:
    np.multiply(g, learning_rate, out=g)
    np.subtract(w, g, out=w)


def _momentum(optimizer: Momentum | Nesterov, g: Array, v: Array) -> None:
    np.multiply(v, optimizer.momentum, out=v)
    np.add(v, g, out=v)


def _decay_towards(mean: Array, value: Array, decay: float, scratch: Array) -> None:
    """``mean = decay * mean + (1 - decay) * value``; ``value`` may be ``scratch``."""
    np.multiply(mean, decay, out=mean)
    np.multiply(value, 1 - decay, out=scratch)
    np.add(mean, scratch, out=mean)


def _rmsprop(optimizer: RMSProp, w: Array, g: Array, s: Array, scratch: Array) -> None:
    np.square(g, out=scratch)
    _decay_towards(s, scratch, optimizer.decay, scratch)
    np.sqrt(s, out=scratch)
    np.add(scratch, optimizer.epsilon, out=scratch)
    np.divide(g, scratch, out=g)
    _descend(w, g, optimizer.learning_rate)


def _adam(optimizer: Adam, w: Array, g: Array, m: Array, v: Array, scratch: Array, t: int) -> None:
    """``m̂ / (sqrt(v̂) + epsilon)`` with the corrections of both taken out of the arrays and into two numbers."""
    first, second = 1 - optimizer.beta1**t, 1 - optimizer.beta2**t
    if isinstance(optimizer, AdamW):
        np.multiply(w, 1 - optimizer.learning_rate * optimizer.weight_decay, out=w)
    _decay_towards(m, g, optimizer.beta1, scratch)
    np.square(g, out=scratch)
    _decay_towards(v, scratch, optimizer.beta2, scratch)
    np.sqrt(v, out=scratch)
    np.multiply(scratch, 1 / sqrt(second), out=scratch)
    np.add(scratch, optimizer.epsilon, out=scratch)
    np.divide(m, scratch, out=g)
    _descend(w, g, optimizer.learning_rate / first)
