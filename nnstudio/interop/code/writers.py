"""What the writers of all targets share: how a layer's code is found, and how calls are spelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnstudio.interop.code.outline import Site
from nnstudio.interop.errors import InteropError
from nnstudio.network import Layer


@dataclass(frozen=True)
class Code:
    """A layer as code: the expression of its ``value``, and of what it keeps (``own``): a module, or its weights."""

    value: str
    own: str = ""
    note: str = ""
    """A comment for the reader."""


Writer = Callable[[Site], Code | str]


class Writers:
    """For each class of layers the function that writes it in a target's words; plain text is a value alone.

    A target may begin with what others write in the same words.
    """

    def __init__(self, target: str, shared: Writers | None = None) -> None:
        self._target = target
        self.by_layer: dict[type[Layer], Writer] = dict(shared.by_layer if shared else {})

    def writes(self, *layers: type[Layer]) -> Callable[[Writer], Writer]:
        """Let the decorated function write these layers."""

        def enter(writer: Writer) -> Writer:
            self.by_layer.update(dict.fromkeys(layers, writer))
            return writer

        return enter

    @property
    def layers(self) -> frozenset[type[Layer]]:
        """What can be written."""
        return frozenset(self.by_layer)

    def code(self, site: Site) -> Code:
        """``site`` in the target's words; ``InteropError`` where it has none."""
        if type(site.layer) not in self.by_layer:
            raise InteropError(
                f"{self._target} has nothing that computes exactly what “{site.node}” ({site.layer.title}) does.",
                "Choose another form, or another layer.",
            )
        written = self.by_layer[type(site.layer)](site)
        return Code(written) if isinstance(written, str) else written


def call(function: str, *given: Any, **named: Any) -> str:
    """``conv2d(x, 3, padding=2)``: text stands as it is, other values as Python writes them."""
    words = [value if isinstance(value, str) else repr(value) for value in given]
    words += [f"{name}={value if isinstance(value, str) else repr(value)}" for name, value in named.items()]
    return f"{function}({', '.join(words)})"


_USUAL: dict[str, Any] = {
    "stride": (1, 1), "padding": (0, 0), "output_padding": (0, 0), "dilation": (1, 1), "groups": 1, "bias": True,
}  # fmt: skip


def unusual(layer: Layer, *names: str) -> dict[str, Any]:
    """Those settings of ``layer`` which differ from what everybody takes them to be."""
    values = {name: getattr(layer, name) for name in names}
    return {name: value for name, value in values.items() if value != _USUAL[name]}


def short(value: Any) -> Any:
    """One number for a pair of equal ones, as PyTorch and Keras allow it."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def shortened(named: dict[str, Any]) -> dict[str, Any]:
    return {name: short(value) for name, value in named.items()}
