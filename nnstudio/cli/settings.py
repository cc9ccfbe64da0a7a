"""Training settings on the command line: every setting by its path, the usual ones by an option of their own.

What a setting is called, what it may be and what it does comes from its declaration, so a new one can be given at once:
``--set schedule.factor=0.2``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from nnstudio.cli.output import InputError
from nnstudio.network.settings_text import read_value
from nnstudio.training.settings import TrainingSettings

SHORT = {
    "--epochs": "epochs",
    "--batch-size": "batch_size",
    "--optimizer": "optimizer.kind",
    "--learning-rate": "optimizer.learning_rate",
    "--momentum": "optimizer.momentum",
    "--weight-decay": "optimizer.weight_decay",
    "--clip-norm": "optimizer.clip_norm",
    "--average": "optimizer.average",
    "--schedule": "schedule.kind",
    "--warmup": "schedule.warmup",
    "--loss": "loss.kind",
    "--label-smoothing": "loss.label_smoothing",
    "--class-weights": "loss.class_weights",
    "--early-stopping": "early_stopping",
    "--seed": "seed",
}
"""Options that stand for a path."""
KIND = "kind"
"""The end of a path that chooses one of several declarations."""
Declaration = type[BaseModel]


@dataclass(frozen=True)
class Given:
    """Something that was asked for: where, what, and by which option."""

    path: tuple[str, ...]
    value: Any
    option: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """The short options and ``--set``; what they are given is collected in its order as ``settings``."""
    for option, path in SHORT.items():
        parser.add_argument(option, action=_Collect, dest="settings", default=[], **_described(path.split(".")))
    names = ", ".join(TrainingSettings.model_fields)
    text = f"any setting by its path, such as schedule.factor=0.2; paths begin with {names}"
    parser.add_argument("--set", action=_Collect, dest="settings", metavar="NAME=VALUE", help=text)


def changed(settings: TrainingSettings, given: Sequence[Given]) -> TrainingSettings:
    """``settings`` with what was given. ``InputError`` names the option that is wrong.

    Choices between declarations come first, and one that was not chosen before begins with its usual settings.
    """
    document = settings.model_dump()
    for each in sorted(map(_choice, given), key=lambda each: each.path[-1] != KIND):
        _put(document, each)
    try:
        return TrainingSettings.model_validate(document)
    except ValidationError as error:
        raise _complaint(error, given) from error


class _Collect(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, _: str | None = None) -> None:
        option, text = self.option_strings[0], str(values)
        path = SHORT.get(option, "")
        if not path:
            path, equals, text = text.partition("=")
            if not equals:
                parser.error(f"--set (={path}) must be NAME=VALUE")
            option = f"--set {path}"
        given = Given(tuple(path.split(".")), read_value(text), option)
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), given])


# ---- declarations


def kinds_of(field: FieldInfo) -> dict[str, Declaration]:
    """The declarations that a setting chooses from, by their kind; none where there is nothing to choose."""
    return {kind.model_fields[KIND].default: kind for kind in _declarations(field) if KIND in kind.model_fields}


def _declarations(field: FieldInfo) -> list[Declaration]:
    kinds = get_args(field.annotation) or (field.annotation,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _described(path: Sequence[str]) -> dict[str, Any]:
    """What ``--help`` says: the choices, or the description in the first declaration that has the setting."""
    *before, last = path
    declarations: list[Declaration] = [TrainingSettings]
    for name in before:
        field = next(kind.model_fields[name] for kind in declarations if name in kind.model_fields)
        declarations = _declarations(field)
    if last == KIND:
        usual = getattr(field.default, KIND)
        names = (f"{kind} (default)" if kind == usual else kind for kind in kinds_of(field))
        return {"metavar": "NAME", "help": f"{(field.description or '').rstrip('.')}: {', '.join(names)}"}
    field = next(kind.model_fields[last] for kind in declarations if last in kind.model_fields)
    metavar = "A,B,..." if get_args(field.annotation) else "N" if field.annotation is int else "X"
    return {"metavar": metavar, "help": (field.description or "").rstrip(".").replace("%", "%%")}


# ---- putting values in


def _choice(given: Given) -> Given:
    """``schedule=cosine`` is short for ``schedule.kind=cosine``."""
    field = TrainingSettings.model_fields.get(given.path[-1]) if len(given.path) == 1 else None
    if field and kinds_of(field) and isinstance(given.value, str):
        return Given((*given.path, KIND), given.value, given.option)
    return given


def _put(document: dict[str, Any], given: Given) -> None:
    """Follow the path into ``document`` and put the value there."""
    declaration: Declaration = TrainingSettings
    *before, last = given.path
    for name, following in zip(before, given.path[1:], strict=True):
        field = _field(declaration, name, given)
        if following == KIND and kinds_of(field):
            _choose(document, name, given, kinds_of(field))
        declaration = _declaration(document, name, following, field, given)
        document = document[name]
    _field(declaration, last, given)
    document[last] = given.value


def _field(declaration: Declaration, name: str, given: Given) -> FieldInfo:
    if name not in declaration.model_fields:
        known = ", ".join(each for each in declaration.model_fields if each != KIND)
        raise InputError(f"{given.option}: there is no setting “{name}”.", f"Known are {known}.")
    return declaration.model_fields[name]


def _choose(document: dict[str, Any], name: str, given: Given, kinds: dict[str, Declaration]) -> None:
    if given.value not in kinds:
        raise InputError(f"{given.option}: there is no {name} “{given.value}”.", f"Choose one of {', '.join(kinds)}.")
    if document[name][KIND] != given.value:
        document[name] = {KIND: given.value}


def _declaration(document: dict[str, Any], name: str, setting: str, field: FieldInfo, given: Given) -> Declaration:
    """That of what ``document`` has in ``name``, where ``setting`` will be looked for."""
    if not (declarations := _declarations(field)):
        raise InputError(f"{given.option}: “{name}” has no settings of its own.")
    if not isinstance(document[name], dict):
        document[name] = {}
    kinds = kinds_of(field)
    if (document[name].get(KIND), setting) == ("sgd", "momentum"):  # what has momentum is that other kind
        document[name][KIND] = "momentum"
    declaration = kinds.get(document[name].get(KIND, ""), declarations[0])
    able = [kind for kind, other in kinds.items() if setting in other.model_fields]
    if able and setting not in declaration.model_fields:
        kind = document[name][KIND]
        raise InputError(f"{given.option}: the {name} {kind} has no {setting}.", f"These have: {', '.join(able)}.")
    return declaration


def _complaint(error: ValidationError, given: Sequence[Given]) -> InputError:
    """The first thing that is wrong, and the option that asked for it."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    guilty = [each for each in given if _leads_to(each.path, place)] or [
        each for each in given if each.path[:1] == tuple(place[:1])
    ]
    name, value = (guilty[-1].option, guilty[-1].value) if guilty else (".".join(place), first["input"])
    message = first["msg"].removeprefix("Value error, ")
    return InputError(f"{name} (={value}): {message[:1].lower()}{message[1:]}.")


def _leads_to(path: Sequence[str], place: Sequence[str]) -> bool:
    """Whether all of ``path`` is in ``place``, which names the kinds that were chosen on its way too."""
    left = iter(place)
    return all(part in left for part in path)
