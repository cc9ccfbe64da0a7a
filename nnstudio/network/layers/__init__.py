"""The layers a network can be made of, one file a layer.

Adding a layer means adding a file here: every module of this package is imported, and every concrete ``Layer`` in it
is known to the palette, the property form, the project file and the checker.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from nnstudio.network.layers.base import Family, Layer, LayerError, Parameter, Shape, shape_text

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def _concrete(base: type[Layer]) -> list[type[Layer]]:
    """All declared layers below ``base``; a class without a ``kind`` of its own is only a shared base."""
    found = [base] if "kind" in base.model_fields else []
    return found + [layer for child in base.__subclasses__() for layer in _concrete(child)]


LAYERS: dict[str, type[Layer]] = {
    layer.model_fields["kind"].default: layer for layer in sorted(_concrete(Layer), key=lambda layer: layer.rank)
}
"""Every layer by its ``kind``, in the order a palette shows them."""

__all__ = ["LAYERS", "Family", "Layer", "LayerError", "Parameter", "Shape", "shape_text"]
