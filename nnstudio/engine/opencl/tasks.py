"""Kernels made of tasks.

A task is a function in ``kernels/*.cl``, written ``TASK(name)(AT, parameters)``, that does the work at one place of a
launch. A kernel either does one task at the place that OpenCL names, or those of several merged launches (see
``chains.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nnstudio.engine.opencl.schedule import Constants, Launch

_TASK = re.compile(r"^TASK\((\w+)\)\(AT, ([^)]*)\)", re.MULTILINE)
_HERE = "get_global_id(0), get_global_id(1), get_global_id(2)"


@dataclass(frozen=True)
class Task:
    """``name`` with its section's prefix; ``parameters`` are declarations in C, constants resolved."""

    name: str
    parameters: tuple[str, ...]

    @property
    def types(self) -> tuple[str, ...]:
        """The parameters' types, for a kernel in which some tasks read what others write."""
        types = (re.sub(r"\b(const|restrict)\b|\w+$", "", parameter) for parameter in self.parameters)
        return tuple(" ".join(kind.split()) for kind in types)


def tasks_in(text: str, prefix: str, constants: Constants) -> dict[str, Task]:
    """All tasks of a file by their names, which may be constants too."""
    found = ((f"{prefix}_{_resolved(name, constants)}", parameters) for name, parameters in _TASK.findall(text))
    return {
        name: Task(name, tuple(_resolved(parameter, constants) for parameter in parameters.split(",")))
        for name, parameters in found
    }


def _resolved(parameter: str, constants: Constants) -> str:
    """Constants such as ``INDEX`` in a type, or ``SPREAD`` as a name, are only known inside their section."""
    words = re.split(r"(\W+)", " ".join(parameter.split()))
    return "".join(str(constants.get(word, word)) for word in words)


def kernel_of(launch: Launch, tasks: Mapping[str, Task]) -> str:
    """The kernel that ``launch`` starts."""
    if not launch.links:
        parameters = tasks[launch.kernel].parameters
        names = (re.split(r"\W", parameter)[-1] for parameter in parameters)
        return _kernel(launch, parameters, f"    {_call(launch.kernel, _HERE, names)}\n")
    types: dict[str, str] = {}
    for link in launch.links:
        types |= dict(zip(link.arguments, tasks[link.kernel].types, strict=True))
    body = _in_a_row(launch.links) if launch.by_image else _side_by_side(launch.links)
    return _kernel(launch, [f"{types[name]} {name}" for name in launch.arguments], body)


def _kernel(launch: Launch, parameters: Iterable[str], body: str) -> str:
    return f"kernel void {launch.kernel}({', '.join(parameters)})\n{{\n{body}}}\n"


def _in_a_row(links: Iterable[Launch]) -> str:
    """All tiles of one task after the other, for a block of images."""
    place = "get_global_id(0), tile, get_global_id(2)"
    return "".join(
        f"    for (int tile = 0; tile < {link.size[1]}; tile++)\n        {_call(link.kernel, place, link.arguments)}\n"
        for link in links
    )


def _side_by_side(links: Iterable[Launch]) -> str:
    """One tile of one task: the first tiles belong to the first task, the next ones to the second."""
    lines, first = "", 0
    for link in links:
        place = f"0, (int)get_global_id(1) - {first}, 0"
        first += link.size[1]
        lines += f"    if (get_global_id(1) < {first}) {{ {_call(link.kernel, place, link.arguments)} return; }}\n"
    return lines


def _call(task: str, place: str, arguments: Iterable[str]) -> str:
    return f"{task}_task({', '.join([place, *arguments])});"
