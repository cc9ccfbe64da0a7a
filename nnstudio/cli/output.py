"""What the commands share: complaints about input, and lines for people or for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager

from nnstudio.errors import NNStudioError


class InputError(NNStudioError):
    """An argument or a file is not usable: exit status 2."""


@contextmanager
def user_input() -> Iterator[None]:
    """Whatever goes wrong inside is the fault of an argument or a file."""
    try:
        yield
    except NNStudioError as error:
        raise InputError(error.message, error.hint) from error


class Printer:
    """Writes one JSON object a line with ``as_json``, else the text for people."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str, **fields: object) -> None:
        """``text`` for people, ``fields`` for programs."""
        known = {name: None if _is_nan(value) else value for name, value in fields.items()}
        print(json.dumps(known, ensure_ascii=False, default=_number) if self.as_json else text, flush=True)


def share(accuracy: float | None) -> float | None:
    """An accuracy where there is one: nothing is right or wrong about a picture that a network answers with."""
    return None if _is_nan(accuracy) else accuracy


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _number(value: object) -> object:
    """NumPy's numbers as JSON knows them."""
    item = value.item() if hasattr(value, "item") else str(value)
    return item if not isinstance(item, float) or math.isfinite(item) else None
