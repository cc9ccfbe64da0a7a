"""A layer's settings as a line of text, and back: ``filters=6 kernel=5x5 padding=2 bias=yes``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nnstudio.network.layers import Layer
from nnstudio.network.nodes import SpecError

_NAME = re.compile(r"(?<!\w)(\w+)\s*=\s*")
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)\s*[x×*,;]\s*(?=[\d.-])")
"""What may stand between height and width."""
_SHOWN = 40
"""Characters of a wrong value that a refusal repeats."""
_RULES = {
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "more than {gt:g}",
    "less_than_equal": "at most {le:g}",
    "less_than": "less than {lt:g}",
    "literal_error": "{expected}",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
    "tuple_type": "one number, or two such as 5x5",
    "too_long": "one number, or two such as 5x5",
    "missing": "one number, or two such as 5x5",
}
"""What a value must be, by pydantic's name of the mistake."""


def setting_names(layer: type[Layer]) -> tuple[str, ...]:
    """What can be set, as declared."""
    return tuple(name for name in layer.model_fields if name != "kind")


def settings_line(layer: Layer) -> str:
    """All settings, so that ``with_settings`` makes the same layer of them."""
    return " ".join(f"{name}={_value_text(getattr(layer, name))}" for name in setting_names(type(layer)))


def with_settings(layer: Layer, text: str) -> Layer:
    """The layer with the settings that are named; the others stay as they are.

    ``SpecError`` names the setting, the value and the rule when one is not possible.
    """
    written = _pairs(layer, text)
    values = {name: _read_setting(value) for name, value in written.items()}
    try:
        return type(layer).model_validate({**dict(layer), **values})
    except ValidationError as error:
        raise _refusal(layer, error.errors()[0], written) from error


def read_value(text: str) -> Any:
    """A value as people type it: JSON, or else text; a list may do without its brackets."""
    for candidate in (text, f"[{text}]") if "," in text else (text,):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return text


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, tuple | list):
        return "x".join(map(_value_text, value))
    return str(value)


def _read_setting(text: str) -> Any:
    return read_value(_BETWEEN_NUMBERS.sub(",", text))


def _pairs(layer: Layer, text: str) -> dict[str, str]:
    """What is written behind each name."""
    names = list(_NAME.finditer(text))
    ends = [*(name.start() for name in names[1:]), len(text)]
    _require_form(text[: names[0].start()] if names else text)
    pairs: dict[str, str] = {}
    for found, end in zip(names, ends, strict=False):
        name, value = found.group(1).lower(), text[found.end() : end].strip(" \t,;")
        if name not in setting_names(type(layer)):
            raise _unknown(layer, found.group(1))
        if name in pairs:
            raise SpecError(f"{name} is named twice.", "Name each setting once.")
        if not value:
            raise SpecError(f"{name} has no value.", f"Write it behind the =, as in {_example(layer, name)}.")
        _require_form(" ".join(_BETWEEN_NUMBERS.sub("x", value).split()[1:]))
        pairs[name] = value
    return pairs


def _require_form(stray: str) -> None:
    if stray := stray.strip(" \t,;"):
        raise SpecError(f"“{stray}” is no setting.", "Write each setting as name=value, with spaces between them.")


def _unknown(layer: Layer, name: str) -> SpecError:
    known = setting_names(type(layer))
    if not known:
        return SpecError(f"{layer.title} has no settings, so no {name}.")
    return SpecError(f"{layer.title} has no setting “{name}”.", f"It has {', '.join(known)}.")


def _example(layer: Layer, name: str) -> str:
    return f"{name}={_value_text(getattr(layer, name))}"


def _refusal(layer: Layer, first: Mapping[str, Any], written: dict[str, str]) -> SpecError:
    """A mistake in one setting, or one that lies in several together."""
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in written:
        message = first["msg"].removeprefix("Value error, ").replace("`", "")
        return SpecError(f"{layer.title}: {message}.")
    given = f"{name} (={written[name][:_SHOWN]})"
    rule = _RULES.get(first["type"])
    if rule is None:
        return SpecError(f"{given}: {first['msg'].removeprefix('Value error, ')}.")
    return SpecError(f"{given} must be {rule.format(**first.get('ctx', {}))}.")
