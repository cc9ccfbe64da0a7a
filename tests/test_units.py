"""Figures for people."""

from __future__ import annotations

import pytest

from nnstudio.units import bytes_text, counted, duration, figure, short_count, signed


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1024, "1.0 KiB"), (8_597_024, "8.2 MiB"), (3 << 40, "3.0 TiB")],
)
def test_bytes_have_a_fitting_unit(size: int, text: str) -> None:
    assert bytes_text(size) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (9_999, "9,999"), (416_520, "416.5 k"), (1.5e9, "1.5 G")])
def test_large_counts_are_short(number: int, text: str) -> None:
    assert short_count(number) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(-0.00254, 3, "−0.00254"), (-0.00254, 2, "−0.0025"), (1234.5, 3, "1.23e+03"), (0, 2, "0")],
)
def test_signs_are_true_minus_signs(value: float, digits: int, text: str) -> None:
    assert signed(value, digits) == text


@pytest.mark.parametrize(("value", "text"), [(0.416, "0.42"), (4.2, "4.20"), (42.04, "42.0"), (4_200.4, "4,200")])
def test_figures_have_as_many_digits_as_they_deserve(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(2e-7, "0.20 µs"), (9.04e-6, "9.04 µs"), (0.0125, "12.5 ms"), (1.5, "1.50 s")]
)
def test_times_have_a_fitting_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_things_are_counted_in_the_right_number() -> None:
    assert [counted(number, "layer") for number in (0, 1, 61_706)] == ["0 layers", "1 layer", "61,706 layers"]
