"""Figures for people, in the unit that suits their size."""

from __future__ import annotations

from math import floor, log10

_BINARY = ("bytes", "KiB", "MiB", "GiB", "TiB")
_DECIMAL = ("", "k", "M", "G", "T")


def bytes_text(size: int) -> str:
    """Bytes in the unit that gives up to four digits: ``3.2 MiB``."""
    return _scaled(size, 1024, _BINARY)


def counted(number: int, thing: str) -> str:
    """``1 parameter``, ``61,706 parameters``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def short_count(number: int) -> str:
    """A large count in few digits: ``416.5 k``; exact below ten thousand."""
    return f"{number:,}" if number < 10_000 else _scaled(number, 1000, _DECIMAL)


def _scaled(size: float, step: int, units: tuple[str, ...]) -> str:
    power = 0
    while size >= step and power < len(units) - 1:
        size, power = size / step, power + 1
    return f"{size:,.1f} {units[power]}" if power else f"{size:,.0f} {units[0]}"


def few_digits(value: float, digits: int) -> float:
    """A figure with as many digits as it deserves: 1,234 with two of them is 1,200."""
    return round(value, digits - 1 - floor(log10(abs(value)))) if value else 0.0


def signed(value: float, digits: int = 3) -> str:
    """So many digits that matter, with a true minus sign: ``−0.0025``."""
    return f"{value:.{digits}g}".replace("-", "−")


def figure(value: float) -> str:
    """Three digits that mean something: ``0.42``, ``4.20``, ``42.0``, ``420``, ``4,200``."""
    decimals = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{decimals}f}"


def duration(seconds: float) -> str:
    """A time with the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e3)):
        if seconds * scale >= 1:
            return f"{figure(seconds * scale)} {unit}"
    return f"{figure(seconds * 1e6)} µs"
