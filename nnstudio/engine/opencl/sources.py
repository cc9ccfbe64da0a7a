"""The text of a program: sections of ``kernels/``, each with its constants.

Constants go into the text, not into build options, because PoCL's cache of compiled kernels overlooks some options.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.schedule import Launch, Section
from nnstudio.engine.opencl.tasks import Task, kernel_of, tasks_in
from nnstudio.paths import kernels_dir

SHARED = ("prelude", "functions", "losses", "random")
"""Files that stand once before all sections."""


def source(sections: Iterable[Section], form: Form, launches: Iterable[Launch]) -> str:
    """A program with the kernels of ``launches``, as OpenCL C."""
    launches = {launch.kernel: launch for launch in launches}.values()
    tasks: dict[str, Task] = {}
    texts = [f"#define VECTOR {form.vector}\n#define BLOCK {form.block}", *map(_kernel_text, SHARED)]
    for section in _needed(sections, launches):
        texts.append(_section_text(section))
        tasks |= tasks_in(_kernel_text(section.file), section.prefix, section.constants)
    # A kernel that is no task stands in its section as it is.
    made = (launch for launch in launches if launch.links or launch.kernel in tasks)
    return "\n".join([*texts, *(kernel_of(launch, tasks) for launch in made)])


def _needed(sections: Iterable[Section], launches: Iterable[Launch]) -> list[Section]:
    kernels = [link.kernel for launch in launches for link in launch.links or (launch,)]
    return [section for section in sections if any(kernel.startswith(f"{section.prefix}_") for kernel in kernels)]


def _section_text(section: Section) -> str:
    """A file between its constants and their ``#undef``, so that the next section can use the same names."""
    definitions = {"NAME(kernel)": f"{section.prefix}_##kernel"}
    definitions |= {name: _literal(value) for name, value in section.constants.items()}
    definitions |= dict(_split_macro(macro) for macro in section.macros)
    text = _kernel_text(section.file)
    names = [name.partition("(")[0] for name in definitions] + _own_macros(text)
    return "\n".join(
        [
            f"// ======== {section.prefix}: {section.file}.cl",
            *(f"#define {name} {value}" for name, value in definitions.items()),
            text,
            *(f"#undef {name}" for name in names),
        ]
    )


def _split_macro(macro: str) -> tuple[str, str]:
    name, _, text = macro.partition(") ")
    return f"{name})", text


def _own_macros(text: str) -> list[str]:
    """What a file itself defines; it may come again with other constants."""
    lines = (line.split(maxsplit=2) for line in text.splitlines() if line.startswith("#define "))
    return list(dict.fromkeys(line[1].partition("(")[0] for line in lines))


def _literal(value: int | float | str) -> str:
    if isinstance(value, float):
        return f"{value!r}f"
    return f"({value})" if isinstance(value, int) and value < 0 else str(value)


@cache
def _kernel_text(name: str) -> str:
    return (kernels_dir() / f"{name}.cl").read_text(encoding="utf-8")


@cache
def kernels_hash() -> str:
    """A name for the state of all kernel sources, which this process sees as they first were."""
    digest = hashlib.sha256()
    for path in sorted(kernels_dir().glob("*.cl")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
