"""Random layers, and random edits of which many make no sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from hypothesis import strategies as st

from nnstudio.network import LAYERS, Layer, NetworkSpec

SIZES = st.tuples(st.integers(1, 7), st.integers(1, 7))


def values(kind: type[Layer], name: str) -> st.SearchStrategy[Any]:
    """Values that one setting of a layer may have, by what its default looks like."""
    default = kind.model_fields[name].default
    if name in ("kind", "padding"):
        return st.just(default)
    if isinstance(default, tuple):
        return SIZES
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, str):
        return st.sampled_from(get_args(kind.model_fields[name].annotation))
    return st.floats(0.001, 0.999) if isinstance(default, float) else st.integers(1, 40)


def layer_of(kind: type[Layer]) -> st.SearchStrategy[Layer]:
    return st.builds(kind, **{name: values(kind, name) for name in kind.model_fields})


LAYER = st.sampled_from(list(LAYERS.values())).flatmap(layer_of)
NAME = st.sampled_from(["input1", "conv1", "a", "b", "dense1"]) | st.text(max_size=5)
PORT = st.just(0) | st.integers(-1, 300)
Edit = Callable[[NetworkSpec], NetworkSpec]


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """One edit. The layers it names are mostly those of the network, the new names anything."""
    method = draw(st.sampled_from(
        ["add", "append", "insert_after", "remove", "move_after", "replace", "rename", "connect", "disconnect"]
    ))  # fmt: skip
    layer, port, new_name, stranger = draw(LAYER), draw(PORT), draw(NAME), draw(NAME)
    places = draw(st.tuples(st.integers(0, 20), st.integers(0, 20)))

    def apply(spec: NetworkSpec) -> NetworkSpec:
        names = [*(node.id for node in spec.nodes), stranger]
        one, other = (names[place % len(names)] for place in places)
        arguments: dict[str, tuple[Any, ...]] = {
            "add": (layer, new_name), "append": (layer, new_name), "insert_after": (one, layer, new_name),
            "remove": (one,), "move_after": (one, other), "replace": (one, layer), "rename": (one, new_name),
            "connect": (one, other, port), "disconnect": (one, port),
        }  # fmt: skip
        edited: NetworkSpec = getattr(spec, method)(*arguments[method])
        return edited

    return apply
