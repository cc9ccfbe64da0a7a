"""The benchmarks' own arithmetic: turns, comparisons, what is reached. Nothing here is timed."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.contest import Contender, Result, contest
from tests.benchmarks.row import Goal, Row
from tests.benchmarks.table import Measured


def contender(name: str, unit_seconds: float, log: list[tuple[str, int]]) -> Contender:
    """One that only says how long it took."""

    def run(units: int) -> float:
        log.append((name, units))
        return unit_seconds * units

    return Contender(name, run, scale=64)


def test_contenders_take_turns_of_one_length_each_round_beginning_with_another() -> None:
    log: list[tuple[str, int]] = []
    results = contest([contender("slow", 0.01, log), contender("fast", 0.001, log)], rounds=2, seconds=0.5)
    assert log[-8:] == [
        ("slow", 5), ("slow", 50), ("fast", 50), ("fast", 500), ("fast", 50), ("fast", 500), ("slow", 5), ("slow", 50)
    ]  # fmt: skip
    assert [[round(value) for value in result.values] for result in results] == [[6400, 6400], [64000, 64000]]


def test_a_turn_may_have_a_given_amount_of_work() -> None:
    log: list[tuple[str, int]] = []
    contest([contender("any", 0.01, log)], rounds=1, seconds=0, units=30)
    assert log == [("any", 3), ("any", 30)]


def nothing(_settings: object) -> tuple[Result, ...]:
    return ()


def cells(row: Row, *results: Result) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in Measured(row, results, 0.0).lines()]


EAGER, COMPILED = Result("eager", (10.0, 12.0, 11.0), peer=True), Result("compile", (8.0, 8.0, 8.0), peer=True)


def row(*goals: Goal, measure: Callable[..., tuple[Result, ...]] = nothing, inverse: bool = False) -> Row:
    return Row("key", "work", "images/s", goals, measure, inverse)


def test_rates_are_compared_with_the_fastest_peer_by_medians_and_by_rounds() -> None:
    goals = Goal("PoCL", at_least=6), Goal("NumPy", at_least=1)
    pocl, numpy = Result("PoCL", (66.0, 60.0, 88.0)), Result("NumPy", (10.0, 10.0, 10.0))
    assert cells(row(*goals), EAGER, COMPILED, pocl, numpy) == [
        ["work", "eager", "11.0 images/s (10.0 – 12.0)", "1", ""],
        ["", "compile", "8.00 images/s (8.00 – 8.00)", "0.73 × (0.67 – 0.80)", ""],
        ["", "PoCL", "66.0 images/s (60.0 – 88.0)", "6.00 × (5.00 – 8.00)", "≥ 6 ×: reached"],
        ["", "NumPy", "10.0 images/s (10.0 – 10.0)", "0.91 × (0.83 – 1.00)", "≥ 1 ×: missed"],
    ]


def test_of_times_the_shortest_is_the_fastest() -> None:
    found = cells(row(Goal("", figure=0.1), inverse=True), EAGER, COMPILED, Result("ours", (0.05,) * 3))
    assert [line[3].split(" (")[0] for line in found] == ["0.73 ×", "1", "160.00 ×"]
    assert found[2][4] == "≤ 0.1 images/s: reached"


def test_growth_is_measured_by_the_smallest() -> None:
    smallest = Result("20 epochs", (100.0,), peer=True)
    found = cells(row(Goal("", at_most=1.05)), smallest, Result("200 epochs", (106.0,)))
    assert found[1][3:] == ["1.06 ×", "≤ 1.05 ×: missed"]


def test_a_figure_may_have_to_be_large() -> None:
    found = cells(row(Goal("", at_least_figure=50)), Result("slow", (40.0,)), Result("fast", (60.0,)))
    assert [line[3:] for line in found] == [["", "≥ 50 images/s: missed"], ["", "≥ 50 images/s: reached"]]


def test_without_a_peer_only_figures_count() -> None:
    found = cells(row(Goal("inside", figure=150)), Result("inside", (100.0,)), Result("outside", (400.0,)))
    assert [line[3:] for line in found] == [["", "≤ 150 images/s: reached"], ["", ""]]
