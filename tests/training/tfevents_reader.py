"""Reads TensorBoard's event files bit by bit, by their specification and with nothing of what writes them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ReadEvent:
    wall_time: float = 0.0
    step: int = 0
    version: str = ""
    restarts: bool = False
    scalars: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    histograms: dict[str, dict[int, Any]] = field(default_factory=dict)
    """By tag, the fields by number: 1 least, 2 greatest, 3 count, 4 sum, 5 sum of squares, 6 limits, 7 counts."""


def crc32c(data: bytes) -> int:
    """Bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_records(data: bytes) -> list[bytes]:
    """Whole records; what a crash has cut off at the end is passed over, but a wrong checksum is an error."""
    records, place = [], 0
    while place + 12 <= len(data):
        (length,), head = struct.unpack_from("<Q", data, place), data[place : place + 8]
        end = place + 12 + length + 4
        if end > len(data):
            break
        body = data[place + 12 : place + 12 + length]
        assert struct.unpack_from("<I", data, place + 8)[0] == masked(head), "length is damaged"
        assert struct.unpack_from("<I", data, end - 4)[0] == masked(body), "data are damaged"
        records.append(body)
        place = end
    return records


def fields(message: bytes) -> list[tuple[int, Any]]:
    """Numbers and values of a protocol buffer's fields; messages and texts stay bytes."""
    found, place = [], 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        key = varint()
        match key & 7:
            case 0:
                value: Any = varint()
            case 1:
                (value,) = struct.unpack_from("<d", message, place)
                place += 8
            case 2:
                length = varint()
                value = message[place : place + length]
                place += length
            case 5:
                (value,) = struct.unpack_from("<f", message, place)
                place += 4
            case kind:
                raise AssertionError(f"unknown kind {kind}")
        found.append((key >> 3, value))
    assert place == len(message)
    return found


def read_events(data: bytes) -> list[ReadEvent]:
    return [_event(record) for record in read_records(data)]


def _event(record: bytes) -> ReadEvent:
    event = ReadEvent()
    for number, value in fields(record):
        match number:
            case 1:
                event.wall_time = value
            case 2:
                event.step = value
            case 3:
                event.version = value.decode()
            case 5:
                for _, one in fields(value):
                    _value(event, dict(fields(one)))
            case 7:
                event.restarts = dict(fields(value)) == {1: 1}
    return event


def _value(event: ReadEvent, parts: dict[int, Any]) -> None:
    tag = parts[1].decode()
    if 2 in parts:
        event.scalars[tag] = parts[2]
    if 8 in parts:
        event.texts[tag] = dict(fields(parts[8]))[8].decode()
    if 5 in parts:
        histogram = dict(fields(parts[5]))
        for packed in (6, 7):
            raw = histogram[packed]
            histogram[packed] = list(struct.unpack(f"<{len(raw) // 8}d", raw))
        event.histograms[tag] = histogram
