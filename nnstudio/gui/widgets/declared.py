"""What a declaration says of its fields: titles, units, ranges. Without Qt."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def title_of(name: str, field: FieldInfo) -> str:
    """What a person calls the field."""
    return field.title or choice_text(name)


def unit_of(field: FieldInfo) -> str:
    """What its numbers are counted in; often nothing."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def choice_text(choice: Any) -> str:
    """``he_normal`` as people write it: ``He normal``."""
    text = str(choice.value if isinstance(choice, Enum) else choice).replace("_", " ")
    return text[:1].upper() + text[1:]


def summary_of(model: BaseModel) -> str:
    """What of a declaration is not as usual, in a few words: ``shift 2 px, flip sideways``."""
    parts = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value != field.default:
            words = [title_of(name, field).lower()]
            if not isinstance(value, bool):
                words += [f"{value:g}" if isinstance(value, float) else choice_text(value), unit_of(field)]
            parts.append(" ".join(filter(None, words)))
    return ", ".join(parts)


def is_declaration(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def bare_type(kind: Any) -> Any:
    """A type without what is annotated to it."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def rules_of(kind: Any) -> list[Any]:
    """What an ``Annotated`` type says about its range."""
    return [item for extra in getattr(kind, "__metadata__", ()) for item in getattr(extra, "metadata", [extra])]
