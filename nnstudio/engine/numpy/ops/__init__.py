"""The operations, one file each, forward beside backward.

Adding one means adding a file here: every module of this package is imported, and every ``Operation`` in it is found by
the layers that it names.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from nnstudio.engine.numpy.ops.base import JointOperation, Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network import Layer

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def _all_below(base: type[Any]) -> list[type[Operation]]:
    return [found for child in base.__subclasses__() for found in (child, *_all_below(child))]


OPERATIONS: dict[type[Layer], type[Operation]] = {
    layer: kind for kind in _all_below(Operation) for layer in kind.layers
}
"""The operation that computes each layer."""


def operation(op: Op, number: int, memory: Memory) -> Operation:
    """Op ``number`` of a plan, ready to work on ``memory``."""
    return OPERATIONS[type(op.layer)].suited(op)(op, number, memory)


__all__ = ["OPERATIONS", "JointOperation", "Memory", "Operation", "operation"]
