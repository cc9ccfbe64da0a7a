"""What limits a piece of work, and how that is said."""

from __future__ import annotations

import pytest

from nnstudio.engine.roofline import COPIED, Limit, Measurement, Peaks, copies_within, judge

PEAKS = Peaks(gflops=500.0, gbs=20.0, launch_seconds=2e-6)
"""Arithmetic and memory are as fast as each other at 25 FLOPs a byte."""
MICRO = 1e-6


@pytest.mark.parametrize(
    ("flops", "moved", "micros", "launches", "limit", "sentence"),
    [
        (40_000_000, 400_000, 100, 1, "arithmetic", "limited by arithmetic: 400 of 500 GFLOP/s"),
        (40_000_000, 1_638_400, 100, 1, "memory", "limited by memory: it moves 1.6 MiB at 16.4 of 20.0 GB/s"),
        (26_000_000, 1_000_000, 80, 1, "arithmetic", "limited by arithmetic: 325 of 500 GFLOP/s"),
        (24_000_000, 1_000_000, 80, 1, "memory", "limited by memory: it moves 976.6 KiB at 12.5 of 20.0 GB/s"),
        (1000, 1000, 3, 1, "launches", "too small: starting the launch is 2.00 µs of its 3.00 µs"),
        (1000, 1000, 9, 3, "launches", "too small: starting its 3 launches is 6.00 µs of its 9.00 µs"),
        (1000, 1000, 50, 1, "launches", "far from every limit: starting the launch is 2.00 µs of its 50.0 µs"),
        (40_000_000, 400_000, 400, 1, "arithmetic",
         "far from every limit: the nearest is arithmetic, 100 of 500 GFLOP/s"),
        (0, 1_048_576, 500, 1, "memory",
         "far from every limit: the nearest is memory, it moves 1.0 MiB at 2.10 of 20.0 GB/s"),
        (0, 0, 3, 1, "nothing", "nothing to compute: this device only puts the values into another order"),
        (0, 0, 0, 0, "nothing", "nothing to do: the same values are only seen in another shape"),
        (1000, 1000, 0, 0, "nothing", "takes no time of its own: its neighbours do its work along with theirs"),
    ],
)  # fmt: skip
def test_the_longest_of_the_bounds_decides(
    flops: int, moved: int, micros: float, launches: int, limit: str, sentence: str
) -> None:
    assert judge(Measurement(flops, moved, micros * MICRO, launches), PEAKS) == (Limit(limit), sentence)


def test_without_peaks_nothing_is_claimed() -> None:
    limit, sentence = judge(Measurement(1000, 1000, 1e-6, 1), Peaks())
    assert (limit, sentence) == (Limit.UNKNOWN, "what this device can do at most is not known")
    assert judge(Measurement(1000, 1000, 1e-6, 1), Peaks(gbs=1.0))[0] is Limit.MEMORY


def test_bytes_are_compared_with_a_copy_of_no_fewer() -> None:
    peaks = Peaks(500.0, 20.0, 2e-6, copies=((2**20, 200.0), (2**24, 100.0)))
    assert [peaks.gbs_for(moved) for moved in (1, 2**20, 2**20 + 1, 2**24, 2**30)] == [200, 200, 100, 100, 20]
    in_cache = Measurement(10_000_000, 2**20, 25e-6, 1)
    assert judge(in_cache, PEAKS)[0] is Limit.MEMORY
    assert judge(in_cache, peaks)[0] is Limit.ARITHMETIC


def test_small_devices_do_without_large_copies() -> None:
    assert copies_within(2**40) == COPIED
    assert copies_within(2**27) == (2**20, 2**22, 2**24)
    assert copies_within(0) == (2**20,)
