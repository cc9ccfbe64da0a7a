"""What became of a network's weights, in one sentence and in a word for each layer."""

from __future__ import annotations

from collections.abc import Mapping

from nnstudio.engine.surgery import Fate
from nnstudio.network import NetworkSpec, expand

_NAMED = 3
"""More layers than that are counted, not named."""
_VERBS = {Fate.KEPT: ("keeps its weights", "keep their weights"), Fate.WIDENED: ("is widened", "are widened")}
_VERBS[Fate.NEW] = ("begins anew", "begin anew")


def outcome(fates: Mapping[str, Fate]) -> str:
    """Such as “conv1 keeps its weights, conv2 and dense1 are widened, dense2 begins anew”."""
    parts = []
    for fate, verbs in _VERBS.items():
        layers = [name for name, became in fates.items() if became is fate]
        if layers:
            parts.append(f"{_listed(layers)} {verbs[len(layers) > 1]}")
    return ", ".join(parts)


def in_a_word(fates: Mapping[str, Fate], spec: NetworkSpec) -> dict[str, str]:
    """Such as ``{"conv1": "kept", "dense2": "widened"}``, for the layers of the designed `spec`: of a repeated one the
    worst of its copies. Empty when all weights are kept."""
    if not any(fates.values()):
        return {}
    origin, designed = expand(spec).origin, dict[str, Fate]()
    for name, fate in fates.items():
        if name in origin:
            designed[origin[name]] = max(fate, designed.get(origin[name], Fate.KEPT))
    return {name: fate.name.lower() for name, fate in designed.items()}


def _listed(names: list[str]) -> str:
    if len(names) > _NAMED:
        return f"{len(names)} layers"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
