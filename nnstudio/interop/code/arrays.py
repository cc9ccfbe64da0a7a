"""What NumPy's arrays and PyTorch's tensors say in the same words."""

from __future__ import annotations

from nnstudio.interop.code.outline import Site
from nnstudio.interop.code.writers import Writers
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.reshape import Reshape

ARRAYS = Writers("Arithmetic with arrays")


@ARRAYS.writes(Input)
def _input(site: Site) -> str:
    return site.name


@ARRAYS.writes(Reshape)
def _reshape(site: Site) -> str:
    return f"{site.x}.reshape(-1, {', '.join(map(str, site.output))})"


@ARRAYS.writes(Add)
def _add(site: Site) -> str:
    return " + ".join(site.inputs)


@ARRAYS.writes(LinearOutput)
def _linear_output(site: Site) -> str:
    return site.x
