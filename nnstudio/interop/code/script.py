"""A file of code as a whole: what it says of itself, what it imports, the functions that it needs, and its main."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nnstudio import __version__
from nnstudio.interop.code.outline import Outline
from nnstudio.network.layers import shape_text
from nnstudio.network.layers.softmax_output import SoftmaxOutput

WIDTH, TEXT_WIDTH = 120, 88
"""Of lines of code, and of text."""
INDENT = "    "
WEIGHTS = 'WEIGHTS = Path(__file__).with_suffix(".npz")'
STANDARD = {"sys": "import sys", "Path": "from pathlib import Path"}
"""The imports from Python's own library."""
_FRAME = ("WEIGHTS", "CLASSES", "read_pictures", "load_weights", "forward", "build", "main")
"""What a file defines beside its target's functions."""


@dataclass(frozen=True)
class Target:
    """A language to write networks in.

    ``body`` writes the network and how its weights are loaded, ``answering`` the lines of ``main`` that make
    ``answers`` of ``pictures``.
    """

    title: str
    what: str
    """What the file holds: ``a PyTorch module``."""
    needs: str
    imports: Mapping[str, str]
    """The statement that imports each name alone."""
    constants: Mapping[str, str]
    """The statement that gives each its value."""
    functions: Mapping[str, str]
    """Functions to be written into the files that call them."""
    body: Callable[[Outline], str]
    answering: Callable[[Outline], Sequence[str]]

    def names(self) -> set[str]:
        """All that a file may define or import, so that no layer can be called so."""
        return {*self.imports, *self.constants, *self.functions, *_FRAME}


def written(target: Target, outline: Outline, classes: Sequence[str] = ()) -> str:
    """The whole file; ``classes`` are the names of the answers, if they have some."""
    body = "\n\n\n".join((target.body(outline), _reading(outline), _main(target, outline, classes)))
    body = "\n\n\n".join((*_needed(target.functions, body), body))
    constants = [WEIGHTS, *([f"CLASSES = {_in_lines(classes)}"] if _tells_classes(outline, classes) else [])]
    constants += [line for name, line in target.constants.items() if _mentions(body, name)]
    rest = "\n".join(constants) + f"\n\n\n{body}\n"
    imports = [line for name, line in target.imports.items() if _mentions(rest, name)]
    return "\n\n".join((_header(target, outline), _sorted_imports(imports), rest))


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _in_lines(values: Sequence[str]) -> str:
    """A tuple of text, several to a line."""
    quoted = [f"{json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)}," for value in values]
    if len(line := f"({' '.join(quoted)})") <= TEXT_WIDTH:
        return line if len(values) == 1 else line.replace(",)", ")")
    lines = [INDENT]
    for value in quoted:
        if len(lines[-1]) + len(value) >= TEXT_WIDTH:
            lines.append(INDENT)
        lines[-1] += f"{value} "
    return "\n".join(("(", *(line.rstrip() for line in lines), ")"))


def statement(name: str, value: str, indent: str = "", note: str = "") -> str:
    """``name = value``, on several lines where it is long."""
    line = f"{indent}{name} = {value}" + (f"  # {note}" if note else "")
    if len(line) <= WIDTH:
        return line
    if note:
        return f"{indent}# {note}\n{statement(name, value, indent)}"
    return "\n".join((f"{indent}{name} = (", *_broken(value, indent + INDENT), f"{indent})"))


def called(function: str, argument: str, indent: str = "") -> str:
    """``function(argument)``, on several lines where it is long."""
    line = f"{indent}{function}({argument})"
    if len(line) <= WIDTH:
        return line
    return "\n".join((f"{indent}{function}(", *_broken(argument, indent + INDENT), f"{indent})"))


def _broken(expression: str, indent: str) -> list[str]:
    """Lines that are broken at spaces, of which there are none within names and quotes."""
    return textwrap.wrap(
        expression, WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _header(target: Target, outline: Outline) -> str:
    """What the file is, where it came from, how it is run."""
    title = printable(outline.title) or "A network"
    lead = f"{title} as {target.what}, written by NN Studio {__version__}."
    takes = shape_text(outline.picture)
    gives = shape_text(outline.answer.output)
    about = (
        f"It needs {target.needs}. Its weights are in the file beside it that has the same name and ends in .npz. "
        f"It takes pictures of {takes} (channels, height, width) with values from 0 to 1 "
        f"and gives {gives} values for each."
    )
    run = "Run it with pictures in a file of NumPy's:\n\n    python THIS_FILE.py PICTURES.npy"
    paragraphs = [
        textwrap.fill(text, TEXT_WIDTH, break_long_words=False, break_on_hyphens=False) for text in (lead, about)
    ]
    return '"""' + "\n\n".join((*paragraphs, run)) + '\n"""'


def printable(text: str) -> str:
    """Text for a docstring: nothing in it ends the string, or is no letter."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.replace("\\", "/").replace('"', "'").split())


def _sorted_imports(lines: Sequence[str]) -> str:
    """Python's own library first, as one is used to, and one line for all that comes from one module."""
    together: dict[str, list[str]] = {}
    for line in lines:
        module, _, name = line.partition(" import ")
        together.setdefault(module, []).append(name)
    merged = [f"{module} import {', '.join(names)}" if names[0] else module for module, names in together.items()]
    own = [line for line in merged if line in STANDARD.values()]
    return "\n\n".join(("\n".join(own), "\n".join(line for line in merged if line not in own)))


def _needed(functions: Mapping[str, str], text: str) -> list[str]:
    """Those that ``text`` calls, and those that they call."""
    found: set[str] = set()
    left = [text]
    while left:
        called = set(re.findall(r"\b\w+\b", left.pop()))
        new = (called & functions.keys()) - found
        found |= new
        left += [functions[name] for name in new]
    return [source for name, source in functions.items() if name in found]


def _tells_classes(outline: Outline, classes: Sequence[str]) -> bool:
    return isinstance(outline.answer.layer, SoftmaxOutput) and len(classes) == outline.answer.output[0]


def _reading(outline: Outline) -> str:
    channels, height, width = outline.picture
    shape = (height, width) if channels == 1 else outline.picture
    text = ", ".join(map(str, shape))
    return f'''
def read_pictures(path: str) -> np.ndarray:
    """Pictures from a file; whole numbers from 0 to 255 become values from 0 to 1."""
    pictures = np.load(path)
    if pictures.shape[-{len(shape)}:] != {shape}:
        sys.exit(f"{{path}} has the shape {{pictures.shape}}, and (number of pictures, {text}) is needed.")
    if pictures.dtype == np.uint8:
        pictures = pictures / 255
    return pictures.astype(np.float32).reshape(-1, {channels}, {height}, {width})
'''.strip()


def _main(target: Target, outline: Outline, classes: Sequence[str]) -> str:
    lines = "\n".join(f"    {line}" for line in target.answering(outline))
    return f'''
def main() -> None:
    """Print the answer for each picture of the file that the command line names."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pictures = read_pictures(sys.argv[1])
{lines}
    for number, answer in enumerate(answers):
        print({_told(outline, classes)})


if __name__ == "__main__":
    main()
'''.strip()


def _told(outline: Outline, classes: Sequence[str]) -> str:
    """What is printed of an answer: the class where there are classes, else all values."""
    if not isinstance(outline.answer.layer, SoftmaxOutput):
        return 'f"{number}:", answer'
    best = "{CLASSES[answer.argmax()]}" if _tells_classes(outline, classes) else "class {answer.argmax()}"
    return f'f"{{number}}: {best} ({{answer.max():.1%}})"'
