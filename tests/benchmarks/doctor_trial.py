"""The doctor on trial: what does it say to healthy trainings, and what does it miss in ill ones?

    python -m tests.benchmarks.doctor_trial --data DIR [--only lenet5,dead] [--seeds 9,10,11] [--every 20] [--json FILE]

DIR holds `mnist` and `fashion-mnist` (IDX files) and `cifar10-subset.zip` (an image folder). For each run it is told
what the doctor said, when, and whether that was expected. Thresholds may be looked at with seeds 0 to 8; what is
reported is said of seeds 9 to 11, which have other weights, another order and, where there are enough, other pictures.

Measured is every so many steps, so that a run says the same on any machine; `--every 0` measures as the program does,
by the clock.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from time import perf_counter

from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import open_backend
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.files import atomic_write
from nnstudio.training.doctor import DataFacts, Doctor, Finding, examine_data
from nnstudio.training.events import Event, Failed, Paused, Started
from nnstudio.training.loop import TrainingLoop
from nnstudio.training.trainer import Trainer
from nnstudio.training.watch import Watch
from tests.benchmarks.doctor_cases import HEALTHY, ILL, Case

SEEDS = (9, 10, 11)


@dataclass(frozen=True)
class Told:
    """A finding as it was told: after which step, in which epoch (from 1), and whether the case is ill with it."""

    cause: str
    step: int
    epoch: int
    expected: bool
    anew: bool
    """Whether there was no card for it just before; otherwise it has become more severe."""
    text: str


@dataclass(frozen=True)
class Outcome:
    """What the doctor said in a run of ``steps``; ``together`` are causes that stood side by side in the panel though
    one would have said it."""

    key: str
    seed: int
    healthy: bool
    told: tuple[Told, ...]
    together: tuple[str, ...]
    missed: bool
    steps: int
    seconds: float

    @property
    def false_alarms(self) -> int:
        return sum(not told.expected for told in self.told)

    @property
    def doubles(self) -> int:
        """Cards that came back after they had gone, and cards too many at a time."""
        cards = Counter(told.cause for told in self.told if told.anew)
        return cards.total() - len(cards) + max(0, len(self.together) - 1)


class SteadyWatch(Watch):
    """Measures one step after each stretch, and judges after each epoch: no clock has a say in what is found."""

    _turn = False

    @property
    def due(self) -> bool:
        self._turn = not self._turn
        return self._turn


def try_case(case: Case, folder: Path, seed: int, backend: Backend, every: int) -> Outcome:
    """Train once and let the doctor listen, as the window does."""
    began = perf_counter()
    spec, dataset = case.network(), case.data(folder, seed)
    settings = case.settings.model_copy(update={"seed": seed}).fitting(spec)
    weights = case.begin(spec, dataset, settings) if case.begin else None
    trainer = Trainer(spec, dataset, settings, backend=backend, state=weights, measures=True, snapshots_per_second=1)
    doctor, facts = Doctor(spec, settings), examine_data(dataset)
    told: list[Told] = []
    together: set[str] = set()
    shown: set[str] = set()
    for event in _events(trainer, every):
        told += [_told(case, doctor, finding, shown) for finding in _heard(doctor, event, facts)]
        shown = {finding.cause for finding in doctor.findings}
        if len(shown & case.right) > 1:
            together |= shown & case.right
    missed = not case.healthy and not {entry.cause for entry in told} & set(case.expected)
    seconds = perf_counter() - began
    return Outcome(
        case.key, seed, case.healthy, tuple(told), tuple(sorted(together)), missed, doctor.chart.step, seconds
    )


def _events(trainer: Trainer, every: int) -> Iterator[Event]:
    """To the end, or until training pauses by itself."""
    for event in _steadily(trainer, every) if every else trainer.run():
        yield event
        if isinstance(event, Failed):
            sys.exit(f"{event.message} {event.hint}")
        if isinstance(event, Paused) and event.reason:
            trainer.stop()


def _steadily(trainer: Trainer, every: int) -> Iterator[Event]:
    assert trainer.backend
    plan = compile_plan(trainer.spec, loss=trainer.settings.loss)
    watch = SteadyWatch(plan, trainer.dataset, trainer.settings)
    watch.measurements.share = watch.judgements.share = inf
    return TrainingLoop(
        plan, trainer.dataset, trainer.settings, trainer.backend, trainer.state, trainer.control,
        trainer.snapshot_interval, watch, stretch=every - 1,
    ).events()  # fmt: skip


def _heard(doctor: Doctor, event: Event, facts: DataFacts) -> list[Finding]:
    told = doctor.hear(event)
    return told + (doctor.learn_about_data(facts) if isinstance(event, Started) else [])


def _told(case: Case, doctor: Doctor, finding: Finding, shown: set[str]) -> Told:
    epoch = 1 + max(0, finding.step - 1) // max(1, doctor.chart.steps_per_epoch)
    cause = finding.cause
    return Told(cause, finding.step, epoch, cause in case.right, cause not in shown, finding.text)


# ---- the report


def lines(outcome: Outcome) -> Iterator[str]:
    """One for the run, and one for each message."""
    verdict = "ill" if not outcome.healthy else "healthy"
    missed = "   MISSED" if outcome.missed else ""
    heard = "" if outcome.told else "   nothing said"
    took = f"{outcome.steps:,} steps, {outcome.seconds:.1f} s"
    yield f"{verdict:8}{outcome.key}, seed {outcome.seed}: {took}{heard}{missed}"
    for told in outcome.told:
        right = "expected" if told.expected else "FALSE ALARM"
        worse = "" if told.anew else " (more severe now)"
        yield f"        {told.cause} after step {told.step:,}, epoch {told.epoch}: {right}{worse}"
        yield f"            {told.text}"
    if outcome.doubles:
        yield f"        DOUBLE: {', '.join(outcome.together) or 'told again'}"


def summary(outcomes: Sequence[Outcome]) -> str:
    healthy, ill = ([each for each in outcomes if each.healthy is wanted] for wanted in (True, False))
    return (
        f"{len(healthy)} healthy runs: {sum(each.false_alarms for each in healthy)} false alarms. {len(ill)} ill runs: "
        f"{sum(each.missed for each in ill)} missed, {sum(each.false_alarms for each in ill)} messages beside the "
        f"point, {sum(each.doubles for each in outcomes)} doubles."
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the data sets are")
    parser.add_argument("--only", metavar="WORDS", default="", help="cases in whose names one is; healthy; ill")
    parser.add_argument("--seeds", metavar="NUMBERS", default=",".join(map(str, SEEDS)))
    parser.add_argument("--every", type=int, default=20, metavar="STEPS", help="0: by the clock")
    parser.add_argument("--device", default="auto", help="where cases train that name no device")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args(argv)
    chosen = [case for case in (*HEALTHY, *ILL) if _is_wanted(case, options.only.split(","))]
    if not chosen:
        parser.error("--only names no case.")
    fastest, numpy = open_backend(options.device), NumpyBackend()
    outcomes = []
    for case in chosen:
        for seed in map(int, options.seeds.split(",")):
            outcomes.append(try_case(case, options.data, seed, numpy if case.numpy else fastest, options.every))
            print("\n".join(lines(outcomes[-1])), flush=True)
    measured = f"every {options.every} steps" if options.every else "by the clock"
    print(f"\n{fastest.name}, seeds {options.seeds}, measured {measured}. {summary(outcomes)}")
    if options.json:
        atomic_write(options.json, json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n")
    return int(any(each.missed or each.doubles or each.false_alarms for each in outcomes))


def _is_wanted(case: Case, words: Sequence[str]) -> bool:
    return any(word in case.key or word == ("healthy" if case.healthy else "ill") for word in words)


if __name__ == "__main__":
    sys.exit(main())
