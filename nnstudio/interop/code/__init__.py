"""Networks as programs: modules of PyTorch, models of Keras, and scripts that need NumPy only.

A file of code has its weights beside it, under the same name with the ending .npz; the names and layouts in it are
PyTorch's, whatever the target.

**Adding a layer** costs a small function for each target, entered for the layer's class by ``WRITERS.writes``, and for
NumPy and where a target lacks it a function that is written into the files which need it.
"""

from __future__ import annotations

from collections.abc import Sequence

from nnstudio.interop.code.keras import KERAS
from nnstudio.interop.code.numpy_script import NUMPY
from nnstudio.interop.code.outline import Outline, Parameters, outline, packed
from nnstudio.interop.code.pytorch import PYTORCH
from nnstudio.interop.code.script import Target, written
from nnstudio.network import NetworkSpec

TARGETS: dict[str, Target] = {"pytorch": PYTORCH, "keras": KERAS, "numpy": NUMPY}
"""Every target by its name on the command line."""


def code(spec: NetworkSpec, target: str, classes: Sequence[str] = ()) -> str:
    """``spec`` as a file of code; ``classes`` are the names of its answers.

    Raises ``InteropError`` when the network cannot be computed, or the target has no place for one of its layers.
    """
    return written(TARGETS[target], _outline(spec), classes)


def weights(spec: NetworkSpec, parameters: Parameters) -> bytes:
    """The parameters of ``spec`` as the .npz file that belongs beside its code, whatever the target."""
    return packed(_outline(spec), parameters)


def _outline(spec: NetworkSpec) -> Outline:
    """Layers have the same names in all targets."""
    return outline(spec, set().union(*(target.names() for target in TARGETS.values())))
