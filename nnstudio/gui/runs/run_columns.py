"""What the table of runs tells of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nnstudio.data.names import DATASETS
from nnstudio.training.runs import Run, RunStatus

UNKNOWN = "–"


@dataclass(frozen=True)
class Column:
    """A column: `text` is shown, `value` is sorted by (``None`` last), `letters` is its usual width."""

    key: str
    title: str
    tip: str
    text: Callable[[Run], str]
    value: Callable[[Run], Any]
    letters: int
    number: bool = False
    editable: bool = False


def _loss(loss: float | None) -> str:
    return UNKNOWN if loss is None else f"{loss:.4f}"


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.2%}"


def when(seconds: float) -> str:
    """A moment in the user's time: ``2026-11-26 14:03``."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def data_title(name: str) -> str:
    """What people call a data set; of a folder, its last name."""
    return DATASETS.get(name) or Path(name).name or name


def _number(key: str, title: str, tip: str, text: Callable[[Run], str], letters: int) -> Column:
    return Column(key, title, tip, text, lambda run: getattr(run, key), letters, number=True)


def _words(key: str, title: str, tip: str, letters: int, *, editable: bool = False) -> Column:
    def value(run: Run) -> str:
        return str(getattr(run, key))

    return Column(key, title, tip, value, lambda run: value(run).casefold() or None, letters, editable=editable)


COLUMNS = (
    Column("starred", "", "Starred: a click puts the star or takes it away", lambda _: "", lambda run: run.starred, 3),
    _words("name", "Name", "The run's name; F2 or a double-click changes it", 18, editable=True),
    Column("created", "When", "When training began", lambda run: when(run.created), lambda run: run.created, 19),
    Column(
        "status", "Result", "Whether it came to its end", lambda run: run.status.text, lambda run: run.status.text, 13
    ),
    _words("parent_name", "Goes on from", "The run that it continues", 16),
    _words("network", "Network", "The network that was trained", 18),
    Column(
        "dataset", "Data", "What it learned from", lambda run: data_title(run.dataset),
        lambda run: data_title(run.dataset).casefold(), 22,
    ),
    _number("epoch", "Epochs", "Epochs trained", lambda run: f"{run.epoch:,}", 7),
    _number("validation_loss", "Val. loss", "Validation loss after the last epoch",
            lambda run: _loss(run.validation_loss), 9),
    _number("validation_accuracy", "Val. acc.", "Validation accuracy after the last epoch",
            lambda run: _share(run.validation_accuracy), 9),
    _number("test_accuracy", "Test acc.", "Share of the test pictures that are recognised",
            lambda run: _share(run.test_accuracy), 9),
    _number("images_per_second", "Images/s", "Pictures trained on in a second",
            lambda run: f"{run.images_per_second:,.0f}" if run.images_per_second else UNKNOWN, 9),
    _words("device", "Device", "What computed", 22),
    Column(
        "tags", "Tags", "Words to find it by, separated by commas; F2 or a double-click changes them",
        lambda run: ", ".join(run.tags), lambda run: ", ".join(run.tags).casefold() or None, 14, editable=True,
    ),
    _words("notes", "Notes", "What is worth remembering; F2 or a double-click changes it", 24, editable=True),
)  # fmt: skip
STAR = 0
NAME = 1


def described(run: Run, column: Column, continuations: Sequence[Run] = ()) -> str:
    """What a cell says when somebody points at it, where those runs go on from this one."""
    match column.key:
        case "status":
            return _ended(run, continuations)
        case "name" | "parent_name" if run.parent_step:
            return f"{run.name}: goes on from {_parent(run)} after step {run.parent_step:,}"
        case "validation_loss" if run.best_validation_loss is not None:
            return f"The best was {_loss(run.best_validation_loss)}"
        case "validation_accuracy" if run.best_validation_accuracy is not None:
            return f"The best was {_share(run.best_validation_accuracy)}"
        case "dataset":
            return run.dataset
        case "epoch":
            return f"{run.step:,} steps in {run.seconds:,.0f} s"
        case _:
            return column.text(run)


def _ended(run: Run, continuations: Sequence[Run]) -> str:
    """How it ended, and what goes on from it."""
    crashed = run.status is RunStatus.CRASHED
    ended = "interrupted: the program ended before the run did" if crashed else run.status.text
    after = [f"“{each.name}” goes on from here after step {each.parent_step:,}" for each in continuations]
    return "; ".join([ended, *after])


def _parent(run: Run) -> str:
    return f"“{run.parent_name}”" if run.parent_name else "a run that is gone"


def haystack(run: Run) -> str:
    """The text that is searched."""
    data = (data_title(run.dataset), run.dataset)
    words = (run.name, run.network, *data, run.device, run.status.text, run.parent_name, run.notes, *run.tags)
    return "\n".join(words).casefold()
