"""What a project holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

import nnstudio
from nnstudio.network import NetworkSpec
from nnstudio.training.settings import TrainingSettings


class Metadata(BaseModel):
    """Where the weights came from. A field that a later program adds is passed over, not refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    program_version: str = Field(nnstudio.__version__, max_length=100)
    dataset: str = Field("", max_length=1000)
    class_names: tuple[str, ...] = Field((), max_length=65_536)
    steps: int = Field(0, ge=0)
    """Training steps behind the weights."""
    test_accuracy: float | None = Field(None, ge=0, le=1, allow_inf_nan=False)
    device: str = Field("", max_length=1000)
    command: str = Field("", max_length=10_000)
    """The command line that made the project."""


@dataclass(frozen=True, eq=False)
class Project:
    """A network, how it is trained, and what it has learned.

    `parameters` are all parameters of `spec`, as it is computed, by name (`conv1.weight`), float32 or float64, or
    `None` before training. Their values may be NaN or infinite: a network that diverged is worth looking at. `muted`
    are those that muted layers keep until they are heard again; whether they still fit is seen only then.
    """

    spec: NetworkSpec
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    parameters: Mapping[str, NDArray[np.floating]] | None = None
    metadata: Metadata = field(default_factory=Metadata)
    muted: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
