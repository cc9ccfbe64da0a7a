"""Kills a program at random moments, again and again, and looks each time at what is left."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from nnstudio.project import load_project
from nnstudio.project.recovery import load_recovery, recoverable
from nnstudio.training.runs import RunStore

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
_IN_THE_START = 0.25
"""The share of kills that may come before the program is under way."""


@dataclass(frozen=True)
class Outcome:
    """What one kill led to. Times in seconds."""

    moment: float
    """After the program was under way (had trained and saved), or negative: after it began."""
    reached: int
    """The last step that the program told."""
    kept: int
    """The step that can be had back."""
    lost: float
    """How long before the end that step was."""
    epochs_lost: int
    files: int
    """That were read afterwards: projects, desks, checkpoints, databases."""


@dataclass
class Life:
    """A program and what it has told, with times."""

    process: subprocess.Popen[str]
    told: list[tuple[float, dict[str, object]]]
    under_way: threading.Event

    def listen(self) -> None:
        assert self.process.stdout
        seen: set[str] = set()
        for line in self.process.stdout:
            self.told.append((monotonic(), json.loads(line)))
            seen |= self.told[-1][1].keys()
            if {"step", "saved"} <= seen:
                self.under_way.set()

    def steps(self) -> Iterator[tuple[float, int, int]]:
        for moment, what in self.told:
            if "step" in what:
                yield moment, int(str(what["step"])), int(str(what["epoch"]))


def kill_series(folder: Path, count: int, seed: int, longest: float = 1.5) -> Iterator[Outcome]:
    """Kill `count` programs, each of which goes on with what the last has left in `folder`.

    Raises `AssertionError` for anything that cannot be read, or that was there before and is no more.
    """
    generator, kept = random.Random(seed), 0
    for number in range(count):
        in_the_start = number > 0 and generator.random() < _IN_THE_START
        seconds = generator.uniform(0, 2 * longest if in_the_start else longest)
        life, moment, killed = _live(folder, seconds, in_the_start)
        outcome = _look(folder, life, moment, killed, kept)
        kept = outcome.kept
        yield outcome


def _live(folder: Path, seconds: float, in_the_start: bool) -> tuple[Life, float, float]:
    """A program that lived for some seconds since it was under way (or began), and when it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.gui.crash_driver", str(folder / "mine.nnstudio")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NNSTUDIO_DATA_DIR": str(folder / "data"), "NNSTUDIO_CONFIG_DIR": str(folder / "config")},
    )
    life = Life(process, [], threading.Event())
    listener = threading.Thread(target=life.listen)
    listener.start()
    if not in_the_start:
        assert life.under_way.wait(_START_SECONDS), f"the program did not start: {life.told}"
    threading.Event().wait(seconds)
    killed = monotonic()
    process.kill()
    process.wait()
    listener.join()
    assert process.stdout
    process.stdout.close()
    return life, -seconds if in_the_start else seconds, killed


def _look(folder: Path, life: Life, moment: float, killed: float, before: int) -> Outcome:
    failures = [what["failure"] for _, what in life.told if "failure" in what]
    assert not failures, failures
    step = files = 0
    for found in recoverable(folder / "data" / "autosave"):
        assert not found.problems, found.problems
        loaded = load_recovery(found)
        assert not loaded.problems, loaded.problems
        files += 1 + (loaded.checkpoint is not None)
        step = max(step, loaded.checkpoint.state.step if loaded.checkpoint else loaded.desk.facts.step)
    if (folder / "mine.nnstudio").exists():
        load_project(folder / "mine.nnstudio")
        files += 1
    files += _read_runs(folder)
    assert step >= before, f"step {before} could be had back before, and now only {step}"
    missed = [(at, epoch) for at, reached, epoch in life.steps() if reached > step]
    epochs = [epoch for _, reached, epoch in life.steps() if reached <= step] or [missed[0][1]] if missed else [0]
    return Outcome(
        moment=moment,
        reached=max((reached for _, reached, _ in life.steps()), default=before),
        kept=step,
        lost=max(0.0, killed - missed[0][0]) if missed else 0.0,
        epochs_lost=missed[-1][1] - epochs[-1] if missed else 0,
        files=files,
    )


def _read_runs(folder: Path) -> int:
    path = folder / "data" / "runs" / "runs.sqlite"
    if not path.exists():
        return 0
    with RunStore.open(path) as store:
        assert not store.repaired, store.repaired
        for run in store.runs():
            assert not run.parent_step or run.parent_name, "it goes on from a run that is known"
            store.curves(run.uuid, inside=True)
            store.documents(run.uuid)
    return 1
