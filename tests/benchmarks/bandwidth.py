"""How fast layers that only move values are, against a copy of as many bytes on the same device.

Each stands alone in a network of large pictures, 64 channels of 32×32 in batches of 64 (17 MB), and is timed by the
X-ray. Bytes are those that must move at least (``engine/work.py``), so a layer that reads its input twice, as batch
normalization must, pays for it here. The copy moves as many bytes as the whole step: so much passes through the caches
before a layer sees the same memory again, while a smaller copy, done over and over, would never leave them.
"""

from __future__ import annotations

from collections.abc import Iterator

from nnstudio.engine.backend import Backend, Phase
from nnstudio.engine.devices import open_backend
from nnstudio.engine.roofline import Peaks
from nnstudio.engine.xray import examine
from nnstudio.network import Layer, NetworkSpec
from nnstudio.network.layers.activation import GELU, ReLU, Sigmoid
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.pooling import AveragePooling, GlobalAveragePooling, MaxPooling
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.benchmarks.contest import Result

WORK, UNIT = "Layers that move values, 64 channels of 32×32, batch 64", "% of a copy's speed"
CHANNELS, SIDE, BATCH = 64, 32, 64
LAYERS: dict[str, list[Layer]] = {
    "batch normalization": [BatchNormalization()],
    "batch normalization + ReLU": [BatchNormalization(), ReLU()],
    "ReLU": [ReLU()],
    "sigmoid": [Sigmoid()],
    "GELU": [GELU()],
    "max pooling 2×2": [MaxPooling()],
    "max pooling 3×3 /2": [MaxPooling(kernel=(3, 3), stride=(2, 2), padding=(1, 1))],
    "average pooling 2×2": [AveragePooling()],
    "global average pooling": [],
}


def network(name: str) -> NetworkSpec:
    """The layers behind one that learns, so that they have a gradient to compute, and a reshape, so that they cannot be
    fused into it."""
    return chain(name, [
        Input(channels=CHANNELS, height=SIDE, width=SIDE), BatchNormalization(),
        Reshape(channels=CHANNELS, height=SIDE, width=SIDE), *LAYERS[name],
        GlobalAveragePooling(), Dense(units=2), SoftmaxOutput(),
    ])  # fmt: skip


def subject(spec: NetworkSpec) -> str:
    """The node that is measured: the first behind the reshape."""
    return spec.targets("reshape1")[0]


def shares(key: str, rounds: int, seconds: float) -> list[Result]:
    """For each layer and phase its speed in per cent of that of a copy, measured in the same round."""
    backend = open_backend(key)
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, share in _round(backend, backend.measure_peaks(), seconds):
            found.setdefault(name, []).append(share)
    return [Result(name, tuple(values)) for name, values in found.items()]


def _round(backend: Backend, peaks: Peaks, seconds: float) -> Iterator[tuple[str, float]]:
    for name in LAYERS:
        spec = network(name)
        rows = examine(spec, backend, batch_size=BATCH, peaks=peaks, seconds=seconds).rows
        copy = peaks.gbs_for(sum(row.bytes for row in rows))
        for row in rows:
            if row.node == subject(spec) and row.phase in (Phase.FORWARD, Phase.BACKWARD):
                yield f"{name}, {row.phase}", 100 * row.gbs / copy
