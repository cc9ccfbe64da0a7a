"""What a network is made of: nodes, connections and groups, each an immutable value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from nnstudio.errors import NNStudioError
from nnstudio.network.layers import LAYERS, Layer

MAX_REPEAT = 100


class SpecError(NNStudioError):
    """A network cannot be read or edited as asked."""


def _layer_from(value: Any) -> Any:
    """Build the declared layer that a mapping's ``kind`` names."""
    if not isinstance(value, Mapping):
        return value
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(
            f"there is no layer of kind {kind!r} in this version of NN Studio; known are {', '.join(LAYERS)}"
        )
    return LAYERS[kind].model_validate(value)


def _identifier(name: str) -> str:
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("a layer's name is made of letters, digits and _, and starts with no digit")
    return name


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Identifier = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_identifier)]
_Coordinate = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


class Drawn(Value):
    """What stands on the canvas: ``at`` is where somebody has put it, in pixels right and down; ``None`` leaves that to
    the layout."""

    id: Identifier
    at: tuple[_Coordinate, _Coordinate] | None = None

    @model_serializer(mode="wrap")
    def _without_the_usual(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Files say only of few layers that they are muted or placed by hand."""
        usual = {"muted": False, "at": None}
        return {name: value for name, value in fields(self).items() if name not in usual or value != usual[name]}


class Node(Drawn):
    """A layer with its name in the network. A muted one is skipped: what comes to its first input goes on instead of
    its output."""

    layer: Annotated[SerializeAsAny[Layer], BeforeValidator(_layer_from)]
    muted: bool = False


class Connection(Value):
    """The output of ``source`` goes into input number ``port`` of ``target``."""

    source: str
    target: str
    port: int = Field(0, ge=0, le=255)


class Group(Drawn):
    """Layers that belong together: a block with a name, which the network has ``repeat`` times in a row."""

    members: tuple[str, ...] = Field(min_length=1)
    repeat: int = Field(1, ge=1, le=MAX_REPEAT)


_Made = TypeVar("_Made", bound=Value)


def made(kind: type[_Made], **fields: Any) -> _Made:
    """A value of ``kind``; ``SpecError`` when a field is not possible."""
    try:
        return kind(**fields)
    except ValidationError as error:
        place, message = first_complaint(error)
        raise SpecError(f"“{fields[place]}” is not possible: {message}.") from error


def first_complaint(error: ValidationError) -> tuple[str, str]:
    """Where the first problem is, and what."""
    first = error.errors()[0]
    return ".".join(str(part) for part in first["loc"]), first["msg"].removeprefix("Value error, ")
