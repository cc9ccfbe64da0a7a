"""A training setting by its path, such as ``optimizer.learning_rate``: which there are, and how they are changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from nnstudio.errors import NNStudioError
from nnstudio.training.settings import TrainingSettings

KIND = "kind"
"""The end of a path that chooses one of several declarations."""
Declaration = type[BaseModel]


class SettingError(NNStudioError):
    """A setting that there is not, or a value that it cannot have."""


@dataclass(frozen=True)
class Given:
    """Something that was asked for: where, what, and by which option."""

    path: tuple[str, ...]
    value: Any
    option: str


def changed(settings: TrainingSettings, given: Sequence[Given]) -> TrainingSettings:
    """``settings`` with what was given. ``SettingError`` names the option that is wrong.

    Choices between declarations come first, and one that was not chosen before begins with its usual settings.
    """
    document = settings.model_dump()
    for each in sorted(map(_choice, given), key=lambda each: each.path[-1] != KIND):
        _put(document, each)
    try:
        return TrainingSettings.model_validate(document)
    except ValidationError as error:
        raise _complaint(error, given) from error


@dataclass(frozen=True)
class Place:
    """A setting that there is: its path, what people call it, and its declaration."""

    path: str
    title: str
    field: FieldInfo

    @property
    def short(self) -> str:
        """What people call it where it is clear what it belongs to."""
        return self.field.title or self.path.rpartition(".")[2]

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.field.annotation is int


def places(settings: TrainingSettings) -> list[Place]:
    """Every setting that some choice has, each once; of what ``settings`` choose first."""
    found: dict[str, Place] = {}
    for name, field in TrainingSettings.model_fields.items():
        title, kinds, chosen = field.title or name, kinds_of(field), type(getattr(settings, name))
        if kinds:
            found[f"{name}.{KIND}"] = Place(f"{name}.{KIND}", title, field)
        if not (declarations := declarations_of(field)):
            found[name] = Place(name, title, field)
        for declaration in sorted(declarations, key=lambda each: each is not chosen):
            for inner, own in declaration.model_fields.items():
                if inner != KIND:
                    path = f"{name}.{inner}"
                    found.setdefault(path, Place(path, f"{title}: {(own.title or inner).lower()}", own))
    return list(found.values())


def value_at(settings: TrainingSettings, path: str) -> Any:
    """What ``settings`` have there; ``None`` where their choice has no such setting."""
    value: Any = settings
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


# ---- declarations


def kinds_of(field: FieldInfo) -> dict[str, Declaration]:
    """The declarations that a setting chooses from, by their kind; none where there is nothing to choose."""
    return {kind.model_fields[KIND].default: kind for kind in declarations_of(field) if KIND in kind.model_fields}


def title_of_kind(kind: Declaration) -> str:
    """What people call it: ``Adam``."""
    return str(getattr(kind, "title", kind.__name__))


def declarations_of(field: FieldInfo) -> list[Declaration]:
    kinds = get_args(field.annotation) or (field.annotation,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


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
        raise SettingError(f"{given.option}: there is no setting “{name}”.", f"Known are {known}.")
    return declaration.model_fields[name]


def _choose(document: dict[str, Any], name: str, given: Given, kinds: dict[str, Declaration]) -> None:
    if given.value not in kinds:
        raise SettingError(f"{given.option}: there is no {name} “{given.value}”.", f"Choose one of {', '.join(kinds)}.")
    if document[name][KIND] != given.value:
        document[name] = {KIND: given.value}


def _declaration(document: dict[str, Any], name: str, setting: str, field: FieldInfo, given: Given) -> Declaration:
    """That of what ``document`` has in ``name``, where ``setting`` will be looked for."""
    if not (declarations := declarations_of(field)):
        raise SettingError(f"{given.option}: “{name}” has no settings of its own.")
    if not isinstance(document[name], dict):
        document[name] = {}
    kinds = kinds_of(field)
    if (document[name].get(KIND), setting) == ("sgd", "momentum"):  # what has momentum is that other kind
        document[name][KIND] = "momentum"
    declaration = kinds.get(document[name].get(KIND, ""), declarations[0])
    able = [kind for kind, other in kinds.items() if setting in other.model_fields]
    if able and setting not in declaration.model_fields:
        kind = document[name][KIND]
        raise SettingError(f"{given.option}: the {name} {kind} has no {setting}.", f"These have: {', '.join(able)}.")
    return declaration


def _complaint(error: ValidationError, given: Sequence[Given]) -> SettingError:
    """The first thing that is wrong, and the option that asked for it."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    guilty = [each for each in given if _leads_to(each.path, place)] or [
        each for each in given if each.path[:1] == tuple(place[:1])
    ]
    name, value = (guilty[-1].option, guilty[-1].value) if guilty else (".".join(place), first["input"])
    message = first["msg"].removeprefix("Value error, ")
    return SettingError(f"{name} (={value}): {message[:1].lower()}{message[1:]}.")


def _leads_to(path: Sequence[str], place: Sequence[str]) -> bool:
    """Whether all of ``path`` is in ``place``, which names the kinds that were chosen on its way too."""
    left = iter(place)
    return all(part in left for part in path)
