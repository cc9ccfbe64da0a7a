"""A training state as bytes: lossless, checked, and smaller than its numbers.

A file is a magic word, a checksum, a header in JSON, and safetensors taken apart into four planes: the first bytes of
all numbers, then the second ones, and so on. Signs and exponents of weights are much alike, so that their plane shrinks
to less than half, while the lower ones are noise, which is stored as it is: looking for order in it takes long.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from nnstudio.engine.backend import TrainingState
from nnstudio.errors import NNStudioError

_MAGIC = b"NNSTATE1"
_PREFIX = struct.Struct("<II")
"""Checksum of all that follows it but the next number, and how long the header is."""
_WIDTH = 4
_SAMPLE = 4096
_WORTHWHILE = 0.9
"""A plane of which a sample shrinks less than to this is stored."""
_MOST = 2**33
"""Bytes that a state may have."""


class TimelineError(NNStudioError):
    """A moment of the past cannot be had any more."""


class _About(BaseModel):
    """What a state has beside its arrays."""

    step: int = Field(ge=0)
    averaged: bool
    slots: int = Field(ge=0, le=16)
    validation_losses: tuple[float, ...]
    seen: int | None
    best: _About | None


class _Header(BaseModel):
    about: _About
    size: int = Field(ge=0, le=_MOST)
    planes: tuple[int, int, int, int]


def pack(state: TrainingState) -> bytes:
    """`state` as the bytes of a file."""
    plain = save({name: np.asarray(array, order="C") for name, array in _arrays(state)})
    padded = np.frombuffer(plain + bytes(-len(plain) % _WIDTH), np.uint8)
    planes = [_shrunk(plane.tobytes()) for plane in padded.reshape(-1, _WIDTH).T]
    header = {"about": _about(state), "size": len(plain), "planes": [len(plane) for plane in planes]}
    text = json.dumps(header).encode()
    body = b"".join([text, *planes])
    return _MAGIC + _PREFIX.pack(zlib.crc32(body), len(text)) + body


def _arrays(state: TrainingState, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """All arrays with their names in a file: ``p:conv1.weight``, ``0:conv1.weight``, ``best-p:conv1.weight``."""
    for group, values in (("p", state.parameters), *((str(n), slot) for n, slot in enumerate(state.slots))):
        for name, array in values.items():
            yield f"{prefix}{group}:{name}", array
    if state.best:
        yield from _arrays(state.best, f"{prefix}best-")


def _about(state: TrainingState) -> dict[str, Any]:
    return {
        "step": state.step,
        "averaged": state.averaged,
        "slots": len(state.slots),
        "validation_losses": list(state.validation_losses),
        "seen": state.seen,
        "best": _about(state.best) if state.best else None,
    }


def unpack(data: bytes) -> TrainingState:
    """What was packed, in arrays that cannot be written to; `TimelineError` when the bytes are not what was packed."""
    try:
        return _unpacked(data)
    except (ValueError, KeyError, struct.error, zlib.error, SafetensorError, ValidationError) as error:
        raise TimelineError(f"It is damaged: {error}.", "Choose another moment.") from error


def _unpacked(data: bytes) -> TrainingState:
    begin = len(_MAGIC) + _PREFIX.size
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("it does not begin as a state does")
    checksum, length = _PREFIX.unpack(data[len(_MAGIC) : begin])
    if zlib.crc32(data[begin:]) != checksum:
        raise ValueError("its checksum is wrong")
    header = _Header.model_validate_json(data[begin : begin + length])
    each = -(-header.size // _WIDTH)
    planes, at = np.empty((each, _WIDTH), np.uint8), begin + length
    for number, size in enumerate(header.planes):
        plane = zlib.decompressobj().decompress(data[at : at + size], each + 1)
        planes[:, number] = np.frombuffer(plane, np.uint8)
        at += size
    arrays = load(planes.tobytes()[: header.size])
    groups: dict[str, dict[str, NDArray[Any]]] = {}
    for key, values in arrays.items():
        group, _, name = key.partition(":")
        groups.setdefault(group, {})[name] = values
    return frozen(_state(header.about, groups))


def _state(about: _About, groups: Mapping[str, dict[str, NDArray[Any]]], prefix: str = "") -> TrainingState:
    return TrainingState(
        groups.get(f"{prefix}p", {}),
        tuple(groups.get(f"{prefix}{number}", {}) for number in range(about.slots)),
        about.step,
        about.averaged,
        about.validation_losses,
        about.seen,
        _state(about.best, groups, f"{prefix}best-") if about.best else None,
    )


def frozen(state: TrainingState) -> TrainingState:
    """The same numbers, seen through arrays that cannot be written to."""
    slots = tuple(_read_only(slot) for slot in state.slots)
    best = frozen(state.best) if state.best else None
    return replace(state, parameters=_read_only(state.parameters), slots=slots, best=best)


def _read_only(values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    views = {name: array.view() for name, array in values.items()}
    for view in views.values():
        view.flags.writeable = False
    return views


def size_of(state: TrainingState) -> int:
    """Bytes that a state takes in memory, with the best so far, even where others share that one."""
    own = sum(array.nbytes for values in (state.parameters, *state.slots) for array in values.values())
    return own + size_of(state.best) if state.best else own


def same(one: TrainingState, other: TrainingState) -> bool:
    """Whether both have the same numbers everywhere."""
    mine, theirs = dict(_arrays(one)), dict(_arrays(other))
    known = (one.step, one.averaged, one.seen) == (other.step, other.averaged, other.seen)
    return (
        known
        and mine.keys() == theirs.keys()
        and all(np.array_equal(mine[name], theirs[name], equal_nan=True) for name in mine)
    )


def _shrunk(plane: bytes) -> bytes:
    middle = max(0, len(plane) // 2 - _SAMPLE // 2)
    sample = plane[middle : middle + _SAMPLE]
    worthwhile = len(zlib.compress(sample, 1)) < _WORTHWHILE * len(sample)
    return zlib.compress(plane, 1 if worthwhile else 0)
