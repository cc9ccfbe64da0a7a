"""How networks are put together in a program: chains, and graphs whose paths part and meet again."""

from __future__ import annotations

from collections.abc import Iterable

from nnstudio.network.layers import Layer
from nnstudio.network.spec import NetworkSpec


class Builder:
    """A network that grows. ``end`` is the layer put last, which the next one is fed by unless told otherwise."""

    def __init__(self, name: str) -> None:
        self.spec = NetworkSpec(name=name)
        self.end = ""

    def put(self, layer: Layer, *sources: str) -> str:
        """Add ``layer``, fed by ``sources`` in port order, and return its name."""
        feeding = sources or tuple(filter(None, [self.end]))
        self.end = self.spec.free_id(layer)
        self.spec = self.spec.add(layer, self.end)
        for port, source in enumerate(feeding):
            self.spec = self.spec.connect(source, self.end, port)
        return self.end

    def path(self, layers: Iterable[Layer], source: str = "") -> str:
        """Add layers one after another, the first fed by ``source``; the name of the last, ``source`` if none."""
        self.end = source or self.end
        for layer in layers:
            self.put(layer)
        return self.end


def chain(name: str, layers: Iterable[Layer]) -> NetworkSpec:
    """Layers connected one after another."""
    builder = Builder(name)
    builder.path(layers)
    return builder.spec
