"""A run in progress as a file: all that it takes to go on exactly.

A zip of readable JSON and safetensors like a project, with the optimizer's memory beside the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from nnstudio.engine.backend import TrainingState
from nnstudio.network import NetworkSpec
from nnstudio.project.archive import Archive, pack
from nnstudio.project.errors import ProjectError
from nnstudio.project.migrate import FORMAT_VERSION, migrate
from nnstudio.project.store import (
    MOST_JSON_BYTES,
    NETWORK,
    SETTINGS,
    WEIGHTS,
    read_document,
    read_network,
    to_json,
    to_model,
)
from nnstudio.project.weights import decode, encode, most_bytes
from nnstudio.training.settings import TrainingSettings

FACTS = "checkpoint.json"
FORMAT = "nnstudio-checkpoint"
_BEST = "best_"
_MOST_SLOTS = 8
"""More than any optimizer has."""


class StateFacts(BaseModel):
    """What a `TrainingState` is beside its arrays."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    step: int = Field(0, ge=0)
    slots: int = Field(0, ge=0, le=_MOST_SLOTS)
    averaged: bool = False
    validation_losses: tuple[float, ...] = ()
    seen: int | None = Field(None, ge=0)

    @classmethod
    def of(cls, state: TrainingState) -> Self:
        return cls(
            step=state.step,
            slots=len(state.slots),
            averaged=state.averaged,
            validation_losses=state.validation_losses,
            seen=state.seen,
        )


class RunFacts(BaseModel):
    """What is told of a checkpoint without reading its weights."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str = Field("", max_length=100)
    """Tells the runs of a session apart."""
    saved: float = Field(0.0, ge=0, allow_inf_nan=False)
    """When, in seconds since 1970."""
    name: str = Field("", max_length=1000)
    dataset: str = Field("", max_length=10_000)
    device: str = Field("", max_length=1000)
    """What was asked for (``auto``, or a device's key), not where it ran in the end."""
    epoch: int = Field(0, ge=0)
    """That of the last step, from 1; 0 before the first."""
    epochs: int = Field(1, ge=1)
    steps_per_epoch: int = Field(1, ge=1)
    finished: bool = False
    """Whether the run has ended, by itself or because somebody stopped it."""
    state: StateFacts = StateFacts()
    best: StateFacts | None = None
    """With early stopping, the best state so far, where that is another."""

    @property
    def step(self) -> int:
        return self.state.step


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run after some steps: the network as it is computed, the settings that hold, and the state."""

    facts: RunFacts
    spec: NetworkSpec
    settings: TrainingSettings
    state: TrainingState


def pack_checkpoint(checkpoint: Checkpoint) -> bytes:
    """The bytes of its file, dated now; `ProjectError` when the state is not one of the network."""
    spec, state = checkpoint.spec, checkpoint.state
    facts = checkpoint.facts.model_copy(
        update={
            "saved": time(),
            "name": spec.name,
            "epochs": checkpoint.settings.epochs,
            "state": StateFacts.of(state),
            "best": StateFacts.of(state.best) if state.best else None,
        }
    )
    parts = {
        FACTS: to_json({"format": FORMAT, "format_version": FORMAT_VERSION, **facts.model_dump()}),
        NETWORK: spec.to_json().encode(),
        SETTINGS: to_json(checkpoint.settings.model_dump(mode="json")),
        **_arrays(spec, state, ""),
    }
    return pack(parts | (_arrays(spec, state.best, _BEST) if state.best else {}))


def read_facts(archive: Archive) -> RunFacts:
    """What a checkpoint says of itself; `ProjectError` where it is none."""
    return _facts(read_document(archive, FACTS))


def read_checkpoint(archive: Archive) -> Checkpoint:
    """All of it; `ProjectError` says what is damaged."""
    about = read_document(archive, FACTS)
    facts = _facts(about)
    documents = migrate({"project": about, "settings": read_document(archive, SETTINGS)})
    spec = read_network(archive.read(NETWORK, MOST_JSON_BYTES))
    best = _state(archive, spec, facts.best, _BEST) if facts.best else None
    state = _state(archive, spec, facts.state, "", best)
    return Checkpoint(facts, spec, to_model(TrainingSettings, documents["settings"], SETTINGS), state)


def _arrays(spec: NetworkSpec, state: TrainingState, prefix: str) -> dict[str, bytes]:
    """Weights and optimizer's memory of a state as parts of the file."""
    slots = {_slot(prefix, number): encode(spec, slot) for number, slot in enumerate(state.slots)}
    return {prefix + WEIGHTS: encode(spec, state.parameters), **slots}


def _state(
    archive: Archive, spec: NetworkSpec, facts: StateFacts, prefix: str, best: TrainingState | None = None
) -> TrainingState:
    most = most_bytes(spec)
    names = (prefix + WEIGHTS, *(_slot(prefix, number) for number in range(facts.slots)))
    parameters, *slots = (decode(spec, archive.read(name, most))[0] for name in names)
    losses = facts.validation_losses
    return TrainingState(parameters, tuple(slots), facts.step, facts.averaged, losses, seen=facts.seen, best=best)


def _facts(about: dict[str, Any]) -> RunFacts:
    if about.get("format") != FORMAT:
        raise ProjectError("It is not a checkpoint of NN Studio.")
    return to_model(RunFacts, about, FACTS)


def _slot(prefix: str, number: int) -> str:
    return f"{prefix}slot{number}.safetensors"
