"""In what runs differ: the settings, layers and circumstances that are not the same in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnstudio.training.runs.records import Documents

ABSENT = "–"


@dataclass(frozen=True)
class Difference:
    """Something by its path, ``optimizer.learning_rate`` or ``conv1.filters``, and what it is in each of the runs."""

    part: str
    """``Settings``, ``Network`` or ``Run``."""
    path: str
    values: tuple[str, ...]


def differences(documents: Sequence[Documents]) -> list[Difference]:
    """What differs, settings first; where a run has no such thing, it says `ABSENT`."""
    parts = {
        "Settings": [dict(_leaves(each.plain_settings())) for each in documents],
        "Network": [dict(_layers(each.plain_network())) for each in documents],
        "Run": [_circumstances(each) for each in documents],
    }
    return [difference for part, values in parts.items() for difference in _differing(part, values)]


def _differing(part: str, runs: Sequence[Mapping[str, str]]) -> Iterator[Difference]:
    paths = dict.fromkeys(path for run in runs for path in run)
    for path in paths:
        values = tuple(run.get(path, ABSENT) for run in runs)
        if len(set(values)) > 1:
            yield Difference(part, path, values)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Everything that is not a mapping, by its path; ``kind`` says what its parent is."""
    if not isinstance(value, Mapping):
        yield path, _text(value)
        return
    for name, inner in value.items():
        yield from _leaves(inner, path if name == "kind" and path else f"{path}.{name}".strip("."))


def _layers(network: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The layers' settings, and what goes into each; places on the canvas make no difference."""
    sources: dict[str, list[tuple[int, str]]] = {}
    for link in network.get("connections", ()):
        sources.setdefault(link["target"], []).append((link.get("port", 0), link["source"]))
    for node in network.get("nodes", ()):
        yield from _leaves(node["layer"], node["id"])
        if before := sorted(sources.get(node["id"], ())):
            yield f"{node['id']} comes after", ", ".join(source for _, source in before)
        if node.get("muted"):
            yield f"{node['id']} is muted", _text(True)


def _circumstances(documents: Documents) -> dict[str, str]:
    run = documents.run
    known = {
        "data": run.dataset, "data fingerprint": run.fingerprint, "device": run.device,
        "program version": run.program, "result": run.status.text,
        "goes on from": run.parent_name, "began after step": f"{run.parent_step:,}",
    }  # fmt: skip
    return {name: value for name, value in known.items() if value}


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list():
            return "×".join(_text(each) for each in value) or "none"
        case None:
            return "none"
        case _:
            return str(value)
