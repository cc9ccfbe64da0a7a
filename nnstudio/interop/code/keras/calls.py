"""How layers of Keras are called, and how they are given their weights."""

from __future__ import annotations

from typing import Any

from nnstudio.interop.code.outline import Site
from nnstudio.interop.code.writers import call, short

FILTERS_LAST = ".transpose(2, 3, 1, 0)"
"""From (filters, channels, height, width) to (height, width, channels, filters)."""


def layer_call(site: Site, kind: str, *given: Any, x: str = "", **named: Any) -> str:
    """A layer of Keras, called by the name that it has here, at work on ``x`` or the site's first input."""
    named["name"] = f'"{site.name}"'
    return call(f"layers.{kind}", *given, **named) + f"({x or site.x})"


def _array(site: Site, role: str, change: str = "") -> str:
    return f'arrays["{site.name}.{role}"]{change}'


def own_weights(site: Site, **changes: str) -> str:
    """The layer's weights as Keras keeps them: a list, some of them changed."""
    return f"[{', '.join(_array(site, role, changes.get(role, '')) for role in site.roles)}]"


def padded_with_zeros(site: Site, padding: tuple[int, int]) -> str:
    return f"layers.ZeroPadding2D({short(padding)!r})({site.x})" if any(padding) else site.x
