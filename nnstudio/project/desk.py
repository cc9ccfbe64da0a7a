"""What stands on the desk, as the autosave keeps it: the project, where it belongs, and what is chosen besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import time

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nnstudio.network import NetworkSpec
from nnstudio.project.archive import Archive, pack
from nnstudio.project.model import Project
from nnstudio.project.store import (
    MOST_JSON_BYTES,
    project_parts,
    read_document,
    read_network,
    read_project,
    to_json,
    to_model,
)
from nnstudio.project.weights import decode, encode, most_bytes

DESK = "desk.json"
LEARNED_NETWORK, LEARNED_WEIGHTS = "learned_network.json", "learned.safetensors"


class DeskFacts(BaseModel):
    """What is told of a desk without reading networks and weights."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    saved: float = Field(0.0, ge=0, allow_inf_nan=False)
    """When, in seconds since 1970."""
    name: str = Field("", max_length=1000)
    path: str = Field("", max_length=10_000)
    """The file that the project was opened from or saved to; empty for none."""
    dataset: str = Field("", max_length=10_000)
    device: str = Field("", max_length=1000)
    from_current: bool = False
    run: str = Field("", max_length=100)
    """The run that made the weights; empty where they are not, or no longer, those of a run of the session."""
    step: int = Field(0, ge=0)


@dataclass(frozen=True)
class Learned:
    """The weights of the last sound network, kept while the one on the desk has errors and thus no weights."""

    spec: NetworkSpec
    parameters: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Desk:
    """A project as it stands on the desk."""

    facts: DeskFacts
    project: Project
    learned: Learned | None = None


def pack_desk(desk: Desk) -> bytes:
    """The bytes of its file, dated now: a project that can also be opened by itself, with some parts more."""
    parts = project_parts(desk.project)
    parts[DESK] = to_json(desk.facts.model_copy(update={"saved": time()}).model_dump())
    if desk.learned:
        parts[LEARNED_NETWORK] = desk.learned.spec.to_json().encode()
        parts[LEARNED_WEIGHTS] = encode(desk.learned.spec, desk.learned.parameters)
    return pack(parts)


def read_desk_facts(archive: Archive) -> DeskFacts:
    """What a desk says of itself; `ProjectError` where it is none."""
    return to_model(DeskFacts, read_document(archive, DESK), DESK)


def read_desk(archive: Archive) -> Desk:
    """All of it; `ProjectError` says what is damaged."""
    learned = None
    if LEARNED_NETWORK in archive:
        spec = read_network(archive.read(LEARNED_NETWORK, MOST_JSON_BYTES))
        learned = Learned(spec, decode(spec, archive.read(LEARNED_WEIGHTS, most_bytes(spec)))[0])
    return Desk(read_desk_facts(archive), read_project(archive), learned)
