"""What a layer proposes when it cannot work on its input; ``repairs`` makes edits of the network of it.

A remedy is a proposal only: whoever offers it tries it first (``trials``), so a layer need not know its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from nnstudio.network.layers.base import Layer

Made = TypeVar("Made", bound=BaseModel)


@dataclass(frozen=True)
class ChangeSettings:
    """Other settings of the layer itself, by their names."""

    title: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class InsertBefore:
    """Layers to put in front of some of its inputs, by the input's number."""

    title: str
    layers: Mapping[int, Layer]


@dataclass(frozen=True)
class MoveToPictures:
    """The layer belongs farther forward, where there are still pictures."""


@dataclass(frozen=True)
class TakeOut:
    """The layer has nothing to do here."""


def possible(kind: type[Made], **settings: Any) -> Made | None:
    """The layer with these settings, if it can have them."""
    try:
        return kind(**settings)
    except ValidationError:
        return None


Remedy = ChangeSettings | InsertBefore | MoveToPictures | TakeOut
