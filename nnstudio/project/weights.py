"""Weights as safetensors bytes, always checked against the network they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from nnstudio.network import NetworkSpec, SpecError, check, expand
from nnstudio.network.layers import Shape, shape_text
from nnstudio.project.errors import ProjectError

Parameters = Mapping[str, NDArray[np.floating]]
MOST_MUTED_BYTES = 2**29
"""What layers that are muted may bring along at most."""
_DTYPES: dict[str, Any] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}


def expected_shapes(spec: NetworkSpec) -> dict[str, Shape]:
    """The shape of every parameter of `spec` by name; layers that cannot work have none."""
    return {
        f"{node}.{parameter.role}": parameter.shape
        for node, report in check(spec).layers.items()
        for parameter in report.parameters
    }


def muted_names(spec: NetworkSpec) -> frozenset[str]:
    """Names of the layers that would be computed too if nothing were muted."""
    if not any(node.muted for node in spec.nodes):
        return frozenset()
    nodes = tuple(node.model_copy(update={"muted": False}) for node in spec.nodes)
    heard = NetworkSpec(name=spec.name, nodes=nodes, connections=spec.connections, groups=spec.groups)
    try:
        everything, computed = expand(heard).spec, expand(spec).spec
    except SpecError:  # a repeated block that cannot be written out: only the layers as designed have names
        return frozenset(node.id for node in spec.nodes if node.muted)
    return frozenset(node.id for node in everything.nodes) - {node.id for node in computed.nodes}


def most_bytes(spec: NetworkSpec) -> int:
    """More than the weights of `spec` can ever take as safetensors, header included."""
    shapes = expected_shapes(spec)
    muted = MOST_MUTED_BYTES if any(node.muted for node in spec.nodes) else 0
    return sum(8 * int(np.prod(shape)) + 1024 for shape in shapes.values()) + 65_536 + muted


def encode(spec: NetworkSpec, parameters: Parameters, muted: Parameters | None = None) -> bytes:
    """`parameters`, and those that `muted` layers keep, as safetensors bytes; `ProjectError` when they are not those
    of `spec`."""
    arrays = {name: np.ascontiguousarray(array) for name, array in {**(muted or {}), **parameters}.items()}
    for name, array in arrays.items():
        if array.dtype not in _DTYPES.values():
            raise ProjectError(f"The weights “{name}” are {array.dtype}, and only float32 and float64 can be kept.")
    _require_fit(spec, {name: array.shape for name, array in arrays.items()})
    return save(arrays)


def decode(spec: NetworkSpec, data: bytes) -> tuple[dict[str, NDArray[np.floating]], dict[str, NDArray[np.floating]]]:
    """The parameters of `spec` in safetensors bytes, and those of its muted layers, as read-only arrays."""
    try:
        tensors: dict[str, dict[str, Any]] = dict(deserialize(data))  # type: ignore[no-untyped-call]
    except (SafetensorError, ValueError, OverflowError) as error:
        raise ProjectError(f"The project's weights are damaged: {error}.", "Open a copy saved earlier.") from error
    for name, tensor in tensors.items():
        if tensor["dtype"] not in _DTYPES:
            raise ProjectError(f"The weights “{name}” are {tensor['dtype']}; NN Studio keeps F32 and F64 only.")
    _require_fit(spec, {name: tuple(tensor["shape"]) for name, tensor in tensors.items()})
    expected = expected_shapes(spec)
    arrays = {name: _array(tensor) for name, tensor in tensors.items()}
    return (
        {name: array for name, array in arrays.items() if name in expected},
        {name: array for name, array in arrays.items() if name not in expected},
    )


def _array(tensor: Mapping[str, Any]) -> NDArray[np.floating]:
    dtype = _DTYPES[tensor["dtype"]]
    array = np.frombuffer(tensor["data"], dtype).reshape(tensor["shape"]).astype(dtype.newbyteorder("="))
    array.flags.writeable = False
    return array


def _require_fit(spec: NetworkSpec, shapes: Mapping[str, Shape]) -> None:
    expected = expected_shapes(spec)
    if missing := sorted(expected.keys() - shapes.keys()):
        raise ProjectError(f"The weights “{missing[0]}” of the network “{spec.name}” are missing.")
    muted = muted_names(spec)
    surplus = sorted(name for name in shapes.keys() - expected.keys() if name.rpartition(".")[0] not in muted)
    if surplus:
        raise ProjectError(f"There are weights “{surplus[0]}”, for which the network “{spec.name}” has no place.")
    for name, shape in shapes.items():
        if shape != expected.get(name, shape):
            raise ProjectError(
                f"The weights “{name}” are {shape_text(shape)}, but the network needs {shape_text(expected[name])}."
            )
