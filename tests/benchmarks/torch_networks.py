"""The presets in PyTorch, as everybody writes them. Their last layers give scores: losses do the rest.

Layers come in the order in which ours were put, so that parameters can be handed over one after another (``load``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.plan import Plan

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # otherwise processes stay behind that wait for more to do
try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("The benchmarks compare with PyTorch: install it first (pip install torch).")


def lenet5() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def vgg_small() -> nn.Module:
    layers: list[nn.Module] = []
    for before, filters in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, filters, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 128), nn.ReLU(), nn.Linear(128, 10))


class ResidualBlock(nn.Module):
    """Two convolutions, and a shortcut past them: nothing, or a convolution of 1×1 where the size changes."""

    def __init__(self, before: int, filters: int, stride: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(before, filters, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.convolution2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(before, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        learned = torch.relu(self.norm1(self.convolution1(X)))
        return torch.relu(self.norm2(self.convolution2(learned)) + self.shortcut(X))


def resnet20() -> nn.Module:
    blocks, before = [], 16
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        blocks += [ResidualBlock(before, filters, stride), *(ResidualBlock(filters, filters, 1) for _ in range(2))]
        before = filters
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


def autoencoder() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(1568, 32), nn.Linear(32, 1568), nn.ReLU(), nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 4, 2, padding=1), nn.ReLU(), nn.ConvTranspose2d(16, 1, 4, 2, padding=1),
    )  # fmt: skip


def two_layer_network() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))


def load(network: nn.Module, plan: Plan, parameters: Mapping[str, NDArray[np.floating]]) -> None:
    """Give the parameters of ``plan``, running statistics too, to the same network in PyTorch."""
    tensors = {name: tensor for name, tensor in network.state_dict().items() if "num_batches" not in name}
    place = {node.id: number for number, node in enumerate(plan.spec.nodes)}
    slots = sorted(plan.slots, key=lambda slot: place[slot.node])
    for slot, (name, tensor) in zip(slots, tensors.items(), strict=True):
        if slot.shape != tuple(tensor.shape):
            raise ValueError(f"`{slot.name}` of shape {slot.shape} is not `{name}` of shape {tuple(tensor.shape)}")
        tensor.copy_(torch.from_numpy(parameters[slot.name]))
