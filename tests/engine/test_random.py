"""Counted random numbers: the hash against Python's own integers, and the statistics that dropout relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from nnstudio.engine.random import (
    mix,
    mix_in_place,
    numbered_bits,
    random_bits,
    second_stream,
    stream,
    symmetric,
    threshold,
    whole,
)

WORD = st.integers(0, 2**32 - 1)


def lowbias32(value: int) -> int:
    value = (value ^ value >> 16) * 0x7FEB352D % 2**32
    value = (value ^ value >> 15) * 0x846CA68B % 2**32
    return value ^ value >> 16


@given(st.lists(WORD, min_size=1, max_size=20))
def test_mix(values: list[int]) -> None:
    given_values = np.array(values, np.uint32)
    assert mix(given_values).tolist() == [lowbias32(value) for value in values]
    assert given_values.tolist() == values
    mix_in_place(given_values, np.empty_like(given_values))
    assert given_values.tolist() == [lowbias32(value) for value in values]


@given(st.integers(0, 2**64), st.integers(0, 2**40), st.integers(0, 5000))
def test_stream(seed: int, step: int, op: int) -> None:
    key = lowbias32(seed % 2**32)
    for part in (step, op):
        key = lowbias32((key + part + 0x9E3779B9) % 2**32)
    assert int(stream(seed, step, op)) == key


def test_random_bits() -> None:
    key = stream(3, 4, 5)
    assert random_bits(key, 100).tolist() == [lowbias32(lowbias32(i) ^ int(key)) for i in range(100)]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_share_of_hits(rate: float) -> None:
    count = 200_000
    share = (random_bits(stream(1, 2, 3), count) < threshold(rate)).mean()
    assert abs(share - rate) < 5 * np.sqrt(rate * (1 - rate) / count) + 1e-12


def test_steps_ops_and_seeds_are_independent() -> None:
    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1)]
    masks = np.array([random_bits(stream(*place), 50_000) < threshold(0.5) for place in places], float)
    correlation = np.corrcoef(masks) - np.eye(len(places))
    assert np.abs(correlation).max() < 0.02


def test_threshold_fits_into_32_bits() -> None:
    assert (threshold(0), threshold(0.25), threshold(1)) == (0, 2**30, 2**32 - 1)


@given(st.lists(WORD, min_size=1, max_size=20))
def test_symmetric(values: list[int]) -> None:
    found = symmetric(np.array(values, np.uint32))
    assert found.tolist() == [(value >> 8) / 2**23 - 1 for value in values]
    assert_array_equal(found, found.astype(np.float32), err_msg="a float has it exactly")


@given(st.lists(st.tuples(WORD, st.integers(1, 2**31)), min_size=1, max_size=20))
def test_whole(pairs: list[tuple[int, int]]) -> None:
    bits, counts = np.array(pairs, np.uint32).T
    assert whole(bits, counts).tolist() == [value * count >> 32 for value, count in pairs]
    assert whole(bits, 7).tolist() == [value * 7 >> 32 for value, _ in pairs]


def test_numbers_of_a_stream() -> None:
    key = stream(3, 4, 5)
    assert_array_equal(numbered_bits(key, np.arange(10, 20, dtype=np.uint32)), random_bits(key, 20)[10:])


def test_a_second_stream_is_that_of_no_op() -> None:
    """Nor is it like the first."""
    assert second_stream(3, 4, 5) not in {stream(3, 4, op) for op in range(2000)}
    first, second = (random_bits(key(3, 4, 5), 50_000) / 2**32 for key in (stream, second_stream))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
