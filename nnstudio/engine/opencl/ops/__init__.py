"""One file an op: which kernel is launched how. Each has ``KINDS``, the kinds of layers it lowers, and ``lower``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Piece
from nnstudio.engine.plan import Op

Lower = Callable[[Op, str, Frame], Piece]

_modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
LOWER: dict[str, Lower] = {kind: module.lower for module in _modules for kind in module.KINDS}
"""How each kind of op is lowered: from the op, a prefix for its kernels, and the frame."""
