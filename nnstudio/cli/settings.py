"""Training settings on the command line: every setting by its path, the usual ones by an option of their own.

What a setting is called, what it may be and what it does comes from its declaration, so a new one can be given at once:
``--set schedule.factor=0.2``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, get_args

from nnstudio.cli.output import user_input
from nnstudio.network.settings_text import read_value
from nnstudio.training import settings_path
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import KIND, Declaration, Given, declarations_of, kinds_of

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


def add_options(parser: argparse.ArgumentParser) -> None:
    """The short options and ``--set``; what they are given is collected in its order as ``settings``."""
    for option, path in SHORT.items():
        parser.add_argument(option, action=_Collect, dest="settings", default=[], **_described(path.split(".")))
    names = ", ".join(TrainingSettings.model_fields)
    text = f"any setting by its path, such as schedule.factor=0.2; paths begin with {names}"
    parser.add_argument("--set", action=_Collect, dest="settings", metavar="NAME=VALUE", help=text)


def changed(settings: TrainingSettings, given: Sequence[Given]) -> TrainingSettings:
    """``settings`` with what was given. ``InputError`` names the option that is wrong."""
    with user_input():
        return settings_path.changed(settings, given)


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


def _described(path: Sequence[str]) -> dict[str, Any]:
    """What ``--help`` says: the choices, or the description in the first declaration that has the setting."""
    *before, last = path
    declarations: list[Declaration] = [TrainingSettings]
    for name in before:
        field = next(kind.model_fields[name] for kind in declarations if name in kind.model_fields)
        declarations = declarations_of(field)
    if last == KIND:
        usual = getattr(field.default, KIND)
        names = (f"{kind} (default)" if kind == usual else kind for kind in kinds_of(field))
        return {"metavar": "NAME", "help": f"{(field.description or '').rstrip('.')}: {', '.join(names)}"}
    field = next(kind.model_fields[last] for kind in declarations if last in kind.model_fields)
    metavar = "A,B,..." if get_args(field.annotation) else "N" if field.annotation is int else "X"
    return {"metavar": metavar, "help": (field.description or "").rstrip(".").replace("%", "%%")}
