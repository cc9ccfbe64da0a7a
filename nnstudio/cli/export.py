"""``nnstudio export``: a network as code for other programs, or as a table of its layers."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from nnstudio.cli.loading import project_or_preset
from nnstudio.cli.output import InputError, Printer, user_input
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.interop.code.outline import Parameters
from nnstudio.interop.formats import FORMATS, Content, Format, write
from nnstudio.network import check
from nnstudio.project import Project

DRAWN = ("svg", "png")
"""What only the window can draw."""
MOST_UNTRAINED = 2**25
"""More random numbers, above 128 MiB, are worth no file: the other program can draw its own."""


def add_options(parser: argparse.ArgumentParser) -> None:
    choices = ", ".join(FORMATS)
    parser.add_argument("--to", required=True, metavar="FORMAT", help=f"what to write: {choices}")
    parser.add_argument(
        "-o", "--out", metavar="PATH", help="the file; for code, the weights go beside it (default: print the text)"
    )


def run(options: argparse.Namespace) -> int:
    with user_input():
        form = _format(options.to)
        path = options.out and _fitting(Path(options.out), form)
        project = project_or_preset(options.network)
        content = Content(project.spec, project.parameters, project.metadata.class_names)
        text = form.text(content)
    printer = Printer(options.json)
    if path is None:
        printer.say(text.rstrip("\n"), event="exported", format=options.to, content=text)
        return 0
    if form.has_weights and content.parameters is None:
        content = replace(content, parameters=_first_weights(project))
    files = write(path, form, content)
    told = f"Wrote {' and '.join(map(str, files))}{_about_weights(form, project, content)}"
    printer.say(told, event="exported", format=options.to, files=[str(file) for file in files])
    return 0


def _format(name: str) -> Format:
    if name in DRAWN:
        raise InputError(
            f"--to (={name}): drawings are made in the window.", "Open the network there and choose Export."
        )
    if name not in FORMATS:
        raise InputError(f"--to (={name}) must be one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def _fitting(path: Path, form: Format) -> Path:
    if path.is_dir() or (form.has_weights and path.suffix != form.suffix):
        raise InputError(f"--out (={path}) must be the name of a file that ends in {form.suffix}.")
    return path


def _first_weights(project: Project) -> Parameters | None:
    """Those that training would begin with."""
    if check(project.spec).parameter_count > MOST_UNTRAINED:
        return None
    plan = compile_plan(project.spec)
    return initial_parameters(plan, project.settings.initializer, project.settings.seed)


def _about_weights(form: Format, project: Project, content: Content) -> str:
    """What is to be known about the weights of a network that has learned nothing."""
    if not form.has_weights or project.parameters is not None:
        return ""
    what = "has no weights yet" if content.parameters is None else "is not trained: its weights are random"
    return f"; {project.spec.name} {what}"
