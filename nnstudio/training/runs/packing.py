"""What a network looked like inside, and how it answered, as few bytes.

Each packet is self-contained: what it is about as JSON in its first line, then columns one after another, all deflated.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnstudio.errors import NNStudioError
from nnstudio.training.events import Histogram, Judged, Measured

MOST_UNPACKED = 2**28
"""Bytes that a packet may unfold to: damage must not fill the memory."""
_QUICK = 1
"""Of zlib's levels: higher ones take five times as long and save a tenth."""
_SURE = 2**16 - 1
"""Stands for a confidence of 1."""


def _levels() -> NDArray[np.int64]:
    """The counts that a byte can stand for: a float without sign, of five bits for the exponent and three below."""
    exponent, fraction = np.divmod(np.arange(256, dtype=np.int64), 8)
    return np.where(exponent == 0, fraction, (8 + fraction) << np.maximum(exponent - 1, 0))


LEVELS = _levels()
"""Up to 16 every count, beyond none farther from the next than a seventeenth from what it stands for; only 0 is 0."""
_BETWEEN = (LEVELS[:-1] + LEVELS[1:]) / 2


class PacketError(NNStudioError):
    """Bytes that are no packet, or not all of it."""


@dataclass(frozen=True)
class Spread:
    """How the values of parameters and of layers' outputs spread after ``step`` steps, by their names."""

    step: int
    parameters: Mapping[str, Histogram]
    activations: Mapping[str, Histogram]

    @classmethod
    def of(cls, measured: Measured) -> Spread:
        parameters = {name: one.histogram for name, one in measured.parameters.items()}
        activations = {name: one.histogram for name, one in measured.activations.items()}
        return cls(measured.step, parameters, activations)


def packed_spread(spread: Spread) -> bytes:
    """Bounds are kept as they are, counts as the nearest of `LEVELS`."""
    histograms = [*spread.parameters.values(), *spread.activations.values()]
    about = {
        "parameters": [*spread.parameters],
        "activations": [*spread.activations],
        "bins": [len(one.counts) for one in histograms],
    }
    bounds = np.array([[one.low for one in histograms], [one.high for one in histograms]])
    counts = np.concatenate([np.empty(0, np.int64), *(one.counts for one in histograms)])
    return _packed(about, bounds.astype("<f8"), np.searchsorted(_BETWEEN, counts, side="left").astype("u1"))


def unpacked_spread(data: bytes, step: int) -> Spread:
    about, packet = _unpacked(data, ("parameters", "activations", "bins"))
    names, bins = [*about["parameters"], *about["activations"]], about["bins"]
    if len(names) != len(bins):
        raise PacketError(f"{len(names)} histograms have {len(bins)} numbers of bins.")
    lows, highs = packet.column("<f8", len(names)), packet.column("<f8", len(names))
    codes = [packet.column("u1", count) for count in bins]
    found = [
        Histogram(float(low), float(high), LEVELS[code]) for low, high, code in zip(lows, highs, codes, strict=True)
    ]
    first = len(about["parameters"])
    return Spread(step, dict(zip(names[:first], found[:first], strict=True)),
                  dict(zip(names[first:], found[first:], strict=True)))  # fmt: skip


def packed_answers(judged: Judged) -> bytes:
    """Which pictures, classes and answers exactly; how sure to the nearest of 65,535 steps."""
    most = max(judged.labels.max(initial=0), judged.answers.max(initial=0))
    kind: DTypeLike = "u1" if most < 2**8 else "<u2" if most < 2**16 else "<u4"
    labels, answers = judged.labels.astype(kind), judged.answers.astype(kind)
    sure = np.rint(np.clip(np.nan_to_num(judged.confidences), 0, 1) * _SURE).astype("<u2")
    about = {"epoch": judged.epoch, "pictures": len(judged.pictures), "kind": kind}
    # Deflating finds what repeats: distances of pictures, and the zeros of answers that are right.
    distances = np.diff(judged.pictures, prepend=0).astype("<i8")
    planes = sure.view("u1").reshape(-1, 2).T  # the upper bytes are alike
    return _packed(about, distances, labels, answers ^ labels, np.ascontiguousarray(planes))


def unpacked_answers(data: bytes, step: int, part: str) -> Judged:
    about, packet = _unpacked(data, ("epoch", "pictures", "kind"))
    count, kind = int(about["pictures"]), str(about["kind"])
    if kind not in ("u1", "<u2", "<u4"):
        raise PacketError(f"Classes are kept as “{kind}”, which is not known.")
    pictures = np.cumsum(packet.column("<i8", count), dtype=np.int64)
    labels = packet.column(kind, count)
    answers = packet.column(kind, count) ^ labels
    low, high = packet.column("u1", count), packet.column("u1", count)
    sure = ((low + 256.0 * high) / _SURE).astype(np.float32)
    return Judged(step, int(about["epoch"]), part, pictures, labels.astype(np.int64), answers.astype(np.int64), sure)


# ---- packets


def _packed(about: Mapping[str, Any], *columns: NDArray[Any]) -> bytes:
    return zlib.compress(json.dumps(about).encode() + b"\n" + b"".join(each.tobytes() for each in columns), _QUICK)


class _Packet:
    """Columns that are read one after another."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place

    def column(self, kind: DTypeLike, count: int) -> NDArray[Any]:
        there = len(self._data) - self._place
        wanted = np.dtype(kind).itemsize * count
        if not 0 <= wanted <= there:
            raise PacketError(f"A column of {wanted} bytes is cut short: {there} are left.")
        self._place += wanted
        return np.frombuffer(self._data, kind, count, self._place - wanted)


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    content = inflater.decompress(data, MOST_UNPACKED)
    if not inflater.eof:
        raise ValueError("it is cut short, or far too long")
    return content


def _unpacked(data: bytes, keys: Sequence[str]) -> tuple[dict[str, Any], _Packet]:
    """What a packet is about, which must have these keys, and its columns."""
    try:
        content = _inflated(data)
        first = content.index(b"\n") + 1
        about = json.loads(content[:first])
    except (zlib.error, ValueError) as error:
        raise PacketError(f"A measurement that was kept is damaged: {error}.") from error
    if not isinstance(about, dict) or (missing := set(keys) - about.keys()):
        raise PacketError(f"A measurement that was kept does not say its {min(missing)}.")
    return about, _Packet(content, first)
