"""How the weights of one layer are made larger: copies of rows for more units, divided columns for copied inputs.

Net2Net (Chen, Goodfellow and Shlens, 2016). ``W[i, j]`` of the new layer is ``W[g(i), h(j)] / n`` where ``g`` and ``h``
say which old unit and which old input the new ones are copies of; the shares of all ``n`` copies of an input add up
to 1. An input that stands for nothing old begins with weights of 0, so that it changes nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from numpy.random import Generator

from nnstudio.engine.backend import Array
from nnstudio.engine.correspondence import UNKNOWN, Indices, stretched
from nnstudio.network import Layer
from nnstudio.network.layers.convolution import SlidingFilters
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.transposed_convolution import TransposedConvolution


@dataclass(frozen=True)
class Site:
    """A layer that was there before. ``columns`` are the old places of its input channels, ``units`` the numbers of
    its output channels; tensors are by role, and ``drawn`` has those of the new shapes."""

    was: Layer
    columns: Indices
    channels_before: int
    units: int
    units_before: int
    grain: int
    old: Mapping[str, Array]
    drawn: Mapping[str, Array]
    generator: Generator


@dataclass(frozen=True)
class Widened:
    """New tensors by role, and of each output channel the old place."""

    tensors: Mapping[str, Array]
    rows: Indices


@singledispatch
def widened(_layer: Layer, _site: Site) -> Widened | None:
    """A layer's tensors at a site, made from the old ones; ``None`` where that is not possible."""
    return None


@widened.register
def _(_layer: Dense, site: Site) -> Widened | None:
    rows = stretched(site.units, site.units_before, site.grain)
    weight = _divided(site.old["weight"][rows], site.columns, site.generator)
    return Widened({"weight": weight, **_bias(site, rows)}, rows)


@widened.register
def _(_layer: TransposedConvolution, site: Site) -> Widened | None:
    """Its weights are (channels, filters, height, width)."""
    old = site.old["weight"].swapaxes(0, 1)
    rows = stretched(site.units, site.units_before)
    weight = _divided(old[rows], site.columns, site.generator).swapaxes(0, 1)
    return Widened({"weight": np.ascontiguousarray(weight), **_bias(site, rows)}, rows)


@widened.register
def _(layer: SlidingFilters, site: Site) -> Widened | None:
    """Group by group: each must be made of copies of the channels of one old group, and gets copies of its filters."""
    assert isinstance(site.was, SlidingFilters), "a layer stays of its kind"
    groups, groups_before = layer.groups_for(len(site.columns)), site.was.groups_for(site.channels_before)
    filters, filters_before = site.units // groups, site.units_before // groups_before
    channels_before = site.channels_before // groups_before
    rows, weight = np.full(site.units, UNKNOWN), np.array(site.drawn["weight"], site.old["weight"].dtype)
    if filters < filters_before:
        return None
    for group, columns in enumerate(site.columns.reshape(groups, -1)):
        homes = np.unique(columns[columns != UNKNOWN] // channels_before)
        if len(homes) == 0 and groups > 1:
            continue
        local = np.where(columns == UNKNOWN, UNKNOWN, columns % channels_before)
        if len(homes) != 1 or len(np.unique(local[local != UNKNOWN])) < channels_before:
            return None
        part = slice(group * filters, (group + 1) * filters)
        rows[part] = homes[0] * filters_before + stretched(filters, filters_before)
        weight[part] = _divided(site.old["weight"][rows[part]], local, site.generator)
    return Widened({"weight": weight, **_bias(site, rows)}, rows)


@widened.register
def _(_layer: BatchNormalization, site: Site) -> Widened | None:
    """Scale, shift and statistics of a channel go with it."""
    return Widened({role: _chosen(site, role, site.columns) for role in site.old}, site.columns)


@widened.register
def _(_layer: LayerNormalization, site: Site) -> Widened | None:
    """Mean and variance over an image stay what they are only when each channel has equally many copies."""
    copies = np.bincount(site.columns[site.columns != UNKNOWN])
    if UNKNOWN in site.columns or (copies != copies[0]).any():
        return None
    return Widened({role: _chosen(site, role, site.columns) for role in site.old}, site.columns)


def _divided(rows: Array, columns: Indices, generator: Generator) -> Array:
    """``rows`` (units, old inputs, ...) as (units, inputs, ...): what an input's copies are weighed with adds up."""
    known = columns != UNKNOWN
    many = np.bincount(columns[known], minlength=rows.shape[1])
    copied = known & (many[columns] > 1)
    result = rows[:, columns]
    result[:, ~known] = 0
    if copied.any():
        result[:, copied] *= _shares(generator, columns[copied], result[:, copied].shape).astype(rows.dtype)
    return result


def _shares(generator: Generator, columns: Indices, shape: tuple[int, ...]) -> Array:
    """Random numbers that add up to 1 over the equal ``columns`` of axis 1, none far from the others."""
    shares = generator.uniform(0.5, 1.5, shape)
    order = np.argsort(columns, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(columns[order]) != 0])
    sums = np.add.reduceat(shares[:, order], starts, axis=1)
    shares[:, order] /= np.repeat(sums, np.diff(np.r_[starts, len(columns)]), axis=1)
    return shares


def _bias(site: Site, rows: Indices) -> dict[str, Array]:
    """What is added to a unit goes with it, undivided."""
    return {"bias": _chosen(site, "bias", rows)} if "bias" in site.old and "bias" in site.drawn else {}


def _chosen(site: Site, role: str, places: Indices) -> Array:
    """The old values at ``places`` along the first axis; where those are unknown, what was drawn."""
    old, known = site.old[role], places != UNKNOWN
    result = np.array(site.drawn[role], old.dtype)
    if result.shape != (len(places), *old.shape[1:]):
        return old  # of another shape than is wanted: it does not fit
    result[known] = old[places[known]]
    return result
