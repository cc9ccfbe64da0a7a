"""TensorBoard's event files, written without TensorFlow: protocol buffers by hand, framed as TFRecords.

A file is a sequence of records: the length (uint64), its checksum, the data, its checksum. Checksums are CRC-32C
(Castagnoli), rotated and shifted ("masked"). The data are messages ``Event`` with a ``Summary`` inside; see
``tensorflow/core/util/event.proto``, ``framework/summary.proto`` and ``lib/io/record_writer.cc``.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nnstudio.training.events import Histogram

_POLYNOMIAL = 0x82F63B78
_MASK = 0xA282EAD8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_START = 1
"""Of ``SessionLog.SessionStatus``."""
_STRING = 7
"""``DT_STRING``"""


def _make_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table


_TABLE = _make_table()


# ---- records


def masked_crcs(rows: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The masked CRC-32C (N,) of each row of bytes (N, length); many rows cost hardly more than one."""
    crc = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in np.ascontiguousarray(rows.T):
        crc = _TABLE[(crc ^ column) & 0xFF] ^ (crc >> np.uint32(8))
    crc = ~crc
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(_MASK)


def framed(messages: Sequence[bytes]) -> bytes:
    """Messages as records, one behind the other."""
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for number, message in enumerate(messages):
        by_length[len(message)].append(number)
    parts = [b""] * len(messages)
    for length, numbers in by_length.items():
        records = _records([messages[number] for number in numbers], length)
        for place, number in enumerate(numbers):
            parts[number] = records[place]
    return b"".join(parts)


def _records(messages: Sequence[bytes], length: int) -> list[bytes]:
    """Messages of one length as a record each."""
    head = np.frombuffer(struct.pack("<Q", length), np.uint8)
    record = np.dtype([("head", "V12"), ("data", f"V{length}" if length else "V0"), ("sum", "<u4")])
    made = np.zeros(len(messages), record)
    made["head"] = np.void(head.tobytes() + struct.pack("<I", int(masked_crcs(head[None])[0])))
    rows = np.frombuffer(b"".join(messages), np.uint8).reshape(len(messages), length)
    made["data"] = rows.view(f"V{length}")[:, 0] if length else made["data"]
    made["sum"] = masked_crcs(rows)
    whole, size = made.tobytes(), record.itemsize
    return [whole[start : start + size] for start in range(0, len(whole), size)]


# ---- messages


def version_event(wall_time: float) -> bytes:
    """The first record of every file."""
    return _double(1, wall_time) + _text(3, "brain.Event:2")


def restart_event(wall_time: float, step: int) -> bytes:
    """From this step on everything comes anew; what was written of it before does not count."""
    return _double(1, wall_time) + _integer(2, step) + _message(7, _integer(1, _START))


def summary_event(wall_time: float, step: int, *values: bytes) -> bytes:
    """What was measured after a step: ``values`` are `scalar`, `histogram` or `text`."""
    return _double(1, wall_time) + _integer(2, step) + _message(5, b"".join(_message(1, value) for value in values))


def scalar(tag: str, value: float) -> bytes:
    """A number."""
    return _text(1, tag) + _key(2, _FIXED32) + struct.pack("<f", value)


def scalars(values: Mapping[str, float]) -> list[bytes]:
    """A number for each tag."""
    return [scalar(tag, value) for tag, value in values.items()]


class ScalarRow:
    """The same tags step after step, encoded in one go: a summary of scalars has always the same length."""

    def __init__(self, tags: Sequence[str]) -> None:
        heads = [scalar(tag, 0.0)[:-4] for tag in tags]
        heads = [_key(1, _BYTES) + _varint(len(head) + 4) + head for head in heads]
        self._size = sum(len(head) + 4 for head in heads)
        self._pack = struct.Struct("<" + "".join(f"{len(head)}sf" for head in heads)).pack
        self._heads = heads
        self._before = _key(5, _BYTES) + _varint(self._size)

    def event(self, wall_time: float, step: int, values: Sequence[float]) -> bytes:
        """What was measured after a step, in the order of the tags."""
        pairs = [part for pair in zip(self._heads, values, strict=True) for part in pair]
        return _double(1, wall_time) + _integer(2, step) + self._before + self._pack(*pairs)


def histogram(tag: str, values: Histogram) -> bytes:
    """How values spread; sums are taken as if each value lay in the middle of its bin."""
    edges = np.linspace(values.low, values.high, len(values.counts) + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    total = float(np.sum(values.counts))
    sums = float(middles @ values.counts), float(middles**2 @ values.counts)
    fields = (values.low, values.high, total, *sums)
    packed = b"".join(_double(number, field) for number, field in enumerate(fields, 1))
    packed += _message(6, edges[1:].astype("<f8").tobytes()) + _message(7, values.counts.astype("<f8").tobytes())
    return _text(1, tag) + _message(5, packed)


def text(tag: str, words: str) -> bytes:
    """A remark."""
    tensor = _integer(1, _STRING) + _message(2, _message(2, _integer(1, 1))) + _text(8, words)
    return _text(1, tag) + _message(8, tensor) + _message(9, _message(1, _text(1, "text")))


# ---- fields


def _key(number: int, kind: int) -> bytes:
    return bytes([number << 3 | kind])


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _integer(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _key(number, _FIXED64) + struct.pack("<d", value)


def _message(number: int, data: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(data)) + data


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())
