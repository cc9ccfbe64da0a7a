"""Buffers that share memory: whatever a run needs, nobody overwrites it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine.sharing import Run, share

NAMES = [f"b{number}" for number in range(12)]
RUNS = st.lists(st.lists(st.sets(st.sampled_from(NAMES), max_size=4), max_size=12), max_size=3)
SIZES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 100), min_size=1)


def needed(run: Run, step: int) -> set[str]:
    """What a step names, and what steps before and after it name."""
    before = {name for names in run[: step + 1] for name in names}
    return before & {name for names in run[step:] for name in names}


def moments(sizes: Mapping[str, int], runs: Sequence[Run]) -> list[list[str]]:
    """For each step of each run the buffers with a size that are needed then."""
    return [sorted(needed(run, step) & sizes.keys()) for run in runs for step in range(len(run))]


@given(SIZES, RUNS)
def test_whoever_is_needed_at_the_same_time_has_memory_of_their_own(sizes: dict[str, int], runs: list[Run]) -> None:
    shared = share(sizes, runs)
    for names in moments(sizes, runs):
        assert len({shared[name] for name in names}) == len(names)


@given(SIZES, RUNS)
def test_everybody_fits_into_the_memory_they_use(sizes: dict[str, int], runs: list[Run]) -> None:
    shared = share(sizes, runs)
    assert shared.keys() == sizes.keys()
    for name, piece in shared.items():
        assert shared[piece] == piece
        assert sizes[name] <= sizes[piece]


@given(SIZES, RUNS)
def test_no_more_than_without_sharing_and_no_less_than_is_needed_at_once(
    sizes: dict[str, int], runs: list[Run]
) -> None:
    total = sum(sizes[piece] for piece in set(share(sizes, runs).values()))
    at_once = [sum(sizes[name] for name in names) for names in moments(sizes, runs)]
    assert max([*at_once, *sizes.values()]) <= total <= sum(sizes.values())


def test_gradients_of_a_chain_take_turns() -> None:
    backward = [("d4", "d3"), ("d3", "d2"), ("d2", "d1"), ("d1", "d0")]
    shared = share({f"d{number}": 10 - number for number in range(5)}, [backward])
    assert shared == {"d0": "d0", "d2": "d0", "d4": "d0", "d1": "d1", "d3": "d1"}


def test_every_run_counts() -> None:
    alone, together = [("a",), ("b",)], [("a", "b")]
    assert set(share({"a": 1, "b": 1}, [alone, alone]).values()) == {"a"}
    assert set(share({"a": 1, "b": 1}, [alone, together]).values()) == {"a", "b"}
