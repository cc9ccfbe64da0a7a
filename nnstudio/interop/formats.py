"""All that a network can be written as in text: the window and the command line list these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nnstudio.files import atomic_write
from nnstudio.interop.code import TARGETS, code, weights
from nnstudio.interop.code.outline import Parameters
from nnstudio.interop.errors import InteropError
from nnstudio.interop.summary import as_markdown, as_text, summary
from nnstudio.network import NetworkSpec


@dataclass(frozen=True, eq=False)
class Content:
    """What there is to write: a network, as designed; its weights, by the names of the network as computed, if it has
    some; and the names of the classes that it tells apart."""

    spec: NetworkSpec
    parameters: Parameters | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A way to write a network. ``text`` raises ``InteropError`` when it cannot be written so."""

    title: str
    suffix: str
    about: str
    """What it is good for."""
    text: Callable[[Content], str]
    has_weights: bool = False
    """Whether the weights go into a file beside it."""


def _code(target: str, about: str) -> Format:
    def text(content: Content) -> str:
        return code(content.spec, target, content.classes)

    return Format(TARGETS[target].title, ".py", about, text, has_weights=True)


def _summary(write: Callable[..., str], content: Content) -> str:
    return write(summary(content.spec))


FORMATS: dict[str, Format] = {
    "pytorch": _code("pytorch", "A module to train on or to build into a program of your own."),
    "keras": _code("keras", "A functional model for Keras 3, on TensorFlow, PyTorch or JAX."),
    "numpy": _code("numpy", "A script that needs nothing but NumPy: every layer in a few lines to read."),
    "text": Format("Text", ".txt", "A table of the layers for a terminal or a letter.", partial(_summary, as_text)),
    "markdown": Format("Markdown", ".md", "A table of the layers for a page.", partial(_summary, as_markdown)),
}
"""Every format by its name on the command line."""


def write(path: Path, form: Format, content: Content) -> tuple[Path, ...]:
    """Write ``content`` to ``path``, and its weights beside it where the format has some; returns the files written.

    Raises ``InteropError`` when it cannot be written so, and ``WriteError`` when the place does not take it.
    """
    if form.has_weights and path.suffix != form.suffix:
        raise InteropError(f"“{path.name}” must end in {form.suffix}.", "Choose another name.")
    text = form.text(content)
    files = {path: text.encode()}
    if form.has_weights and content.parameters is not None:
        files[path.with_suffix(".npz")] = weights(content.spec, content.parameters)
    for file, data in reversed(files.items()):
        atomic_write(file, data)
    return tuple(files)
