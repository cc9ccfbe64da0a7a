"""All runs, and everything that is kept of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from time import time
from typing import Any, Self
from uuid import uuid4

import numpy as np

from nnstudio.paths import user_data_dir
from nnstudio.training.events import Judged
from nnstudio.training.runs.chunks import Block, joined, packed_figures, packed_steps, unpacked_figures, unpacked_steps
from nnstudio.training.runs.database import PATIENCE, RunStoreError, connect, explained, prepare, transaction
from nnstudio.training.runs.measurements import Measurements
from nnstudio.training.runs.owner import is_alive, this_process
from nnstudio.training.runs.packing import Spread
from nnstudio.training.runs.records import NO_POINTS, Documents, Mark, Origin, Points, Run, RunCurves, RunStatus
from nnstudio.training.runs.weights import WeightFiles

_COLUMNS = tuple(field.name for field in fields(Run) if field.name not in ("tags", "parent_name"))
_SELECT = (
    f"SELECT {', '.join(_COLUMNS)}, (SELECT name FROM run AS parent WHERE parent.uuid = run.parent) AS parent_name "
    "FROM run"
)
SUM = "seconds"
"""The one curve that a run begins at 0, whatever it goes on from."""
_LONGEST_LINE = 1000
"""Runs that go on from one another, of which curves are put together."""


def runs_path() -> Path:
    """Where the program keeps runs."""
    return user_data_dir() / "runs" / "runs.sqlite"


class RunStore:
    """A connection to the database of runs, and the weights beside it; it belongs to the thread that made it.

    Whatever SQLite complains of is a `RunStoreError`. ``repaired`` says what had to be done to a damaged database.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        """At a place that `open` has prepared."""
        self.path, self.repaired = path, ""
        self.weights = WeightFiles(path.parent / "weights")
        with self._errors_explained():
            self._connection = connect(path, patience=patience)
        self._measurements = Measurements(self._connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """With a look through the whole database, which may be missing or damaged; what no process works on any more
        has crashed."""
        repaired = prepare(path)
        store = cls(path)
        store.repaired = repaired
        store.settle_crashed()
        return store

    def close(self) -> None:
        self._connection.close()

    def set_patience(self, seconds: float) -> None:
        """How long to wait for others that write before it is a `RunStoreBusyError`."""
        self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- reading

    def runs(self) -> list[Run]:
        """All of them, deleted ones too, the newest first."""
        with self._errors_explained():
            rows = self._connection.execute(f"{_SELECT} ORDER BY id DESC").fetchall()
            tags: dict[str, list[str]] = {}
            for uuid, text in self._connection.execute("SELECT uuid, text FROM tag JOIN run ON run.id = tag.run"):
                tags.setdefault(uuid, []).append(text)
        return [_run(row, tags.get(row[0], ())) for row in rows]

    def run(self, uuid: str) -> Run:
        """One of them; `RunStoreError` when it is gone."""
        with self._errors_explained():
            row = self._connection.execute(f"{_SELECT} WHERE uuid = ?", (uuid,)).fetchone()
            if row is None:
                raise RunStoreError("That run is not kept any more.", "Look at the list again.")
            number = self._id(uuid)
            tags = [text for (text,) in self._connection.execute("SELECT text FROM tag WHERE run = ?", (number,))]
        return _run(row, tags)

    def knows(self, uuid: str) -> bool:
        """Whether it is one of them."""
        with self._errors_explained():
            return self._connection.execute("SELECT 1 FROM run WHERE uuid = ?", (uuid,)).fetchone() is not None

    def documents(self, uuid: str) -> Documents:
        """Settings and network of a run."""
        run = self.run(uuid)
        with self._errors_explained():
            row = self._connection.execute(
                "SELECT settings, network FROM document WHERE run = ?", (self._id(uuid),)
            ).fetchone()
        if row is None:
            raise RunStoreError(f"The settings of “{run.name}” are missing.")
        return Documents(run, *row)

    def weights_of(self, uuid: str) -> bytes | None:
        """What a run has learned, as safetensors bytes; ``None`` where it was not kept."""
        with self._errors_explained():
            return self.weights.read(uuid)

    def curves(self, uuid: str, *, last: int | None = None, inside: bool = False) -> RunCurves:
        """What was measured up to step `last`; a run that goes on from another begins with what that was up to there.

        Histograms and answers, which take longer to read, are there only with `inside`.
        """
        curves: dict[str, Points] = {}
        marks: list[Mark] = []
        spreads: list[Spread] = []
        judgements: list[Judged] = []
        for run, end in self._line(uuid, last):
            for name, points in self._own_curves(run.uuid).items():
                before = curves.get(name, NO_POINTS)
                curves[name] = _appended(before, points, run.parent_step, end, adding=name == SUM)
            marks += [mark for mark in self._own_marks(run.uuid) if end is None or mark.step <= end]
            if inside:
                with self._errors_explained():
                    number = self._id(run.uuid)
                    spreads += self._measurements.spreads(number, end)
                    judgements += self._measurements.judgements(number, end)
        return RunCurves(curves, tuple(marks), tuple(spreads), tuple(judgements))

    def _line(self, uuid: str, last: int | None) -> list[tuple[Run, int | None]]:
        """The run and those that it goes on from, the first first, each with the step where it was left."""
        line: list[tuple[Run, int | None]] = [(self.run(uuid), last)]
        known = {run.uuid: run for run in self.runs()} if line[0][0].parent else {}
        while (run := line[0][0]).parent in known and len(line) < _LONGEST_LINE:
            left = line[0][1]
            line.insert(0, (known[run.parent], run.parent_step if left is None else min(run.parent_step, left)))
        return line

    def _own_curves(self, uuid: str) -> dict[str, Points]:
        with self._errors_explained():
            rows = self._connection.execute(
                "SELECT names, points, steps, figures FROM series JOIN chunk ON chunk.series = series.id "
                "WHERE run = ? ORDER BY chunk.id",
                (self._id(uuid),),
            ).fetchall()
        blocks: dict[str, list[Block]] = {}
        for names, points, steps, figures in rows:
            block = unpacked_steps(steps, points), unpacked_figures(figures, len(json.loads(names)), points)
            blocks.setdefault(names, []).append(block)
        return {
            key: value for names, parts in blocks.items() for key, value in joined(json.loads(names), parts).items()
        }

    def _own_marks(self, uuid: str) -> list[Mark]:
        with self._errors_explained():
            rows = self._connection.execute("SELECT step, text FROM mark WHERE run = ? ORDER BY id", (self._id(uuid),))
            return [Mark(*row) for row in rows]

    # ---- writing what training says

    def begin(self, origin: Origin) -> Run:
        """A new run, which this process works on."""
        uuid, settings = origin.uuid or uuid4().hex, origin.settings
        known = {
            "uuid": uuid, "name": origin.name, "status": RunStatus.RUNNING, "owner": this_process(), "created": time(),
            "network": origin.network.name, "dataset": origin.dataset, "fingerprint": origin.fingerprint,
            "seed": settings.seed, "device": "", "program": origin.program,
            "parent": origin.parent, "parent_step": origin.parent_step,
        }  # fmt: skip
        with self.transaction() as connection:
            places = ", ".join(f":{column}" for column in known)
            number = connection.execute(f"INSERT INTO run ({', '.join(known)}) VALUES ({places})", known).lastrowid
            if not origin.name:
                connection.execute("UPDATE run SET name = ? WHERE id = ?", (f"Run {number}", number))
            documents = (number, settings.model_dump_json(), origin.network.to_json())
            connection.execute("INSERT INTO document VALUES (?, ?, ?)", documents)
        return self.run(uuid)

    def append(self, uuid: str, names: Sequence[str], block: Block) -> None:
        """Some more points of curves that are always measured together."""
        steps, figures = block
        number, text = self._id(uuid), json.dumps(list(names))
        with self._errors_explained():
            self._connection.execute("INSERT OR IGNORE INTO series (run, names) VALUES (?, ?)", (number, text))
            (series,) = self._connection.execute(
                "SELECT id FROM series WHERE run = ? AND names = ?", (number, text)
            ).fetchone()
            self._connection.execute(
                "INSERT INTO chunk (series, points, steps, figures) VALUES (?, ?, ?, ?)",
                (series, len(steps), packed_steps(steps), packed_figures(figures)),
            )

    def add_mark(self, uuid: str, mark: Mark) -> None:
        with self._errors_explained():
            self._connection.execute("INSERT INTO mark (run, step, text) VALUES (?, ?, ?)", (self._id(uuid), *mark))

    def add_spread(self, uuid: str, spread: Spread) -> None:
        """Histograms of all layers; where there are too many by then, some between the first and this one go."""
        with self._errors_explained():
            self._measurements.add_spread(self._id(uuid), spread)

    def add_judgement(self, uuid: str, judged: Judged) -> None:
        """How the network answered; bounded in the same way."""
        with self._errors_explained():
            self._measurements.add_judgement(self._id(uuid), judged)

    def change(self, uuid: str, **columns: Any) -> None:
        """Set some columns of a run: ``change(uuid, name="Best", starred=True)``."""
        if unknown := columns.keys() - set(_COLUMNS):
            raise ValueError(f"a run has no {min(unknown)}")
        if "class_names" in columns:
            columns["class_names"] = json.dumps(columns["class_names"])
        assignments = ", ".join(f"{column} = :{column}" for column in columns)
        with self._errors_explained():
            self._connection.execute(f"UPDATE run SET {assignments} WHERE uuid = :uuid", {**columns, "uuid": uuid})

    # ---- what people do

    def set_tags(self, uuid: str, tags: Iterable[str]) -> None:
        """These and no others."""
        with self.transaction() as connection:
            number = self._id(uuid)
            connection.execute("DELETE FROM tag WHERE run = ?", (number,))
            connection.executemany("INSERT INTO tag VALUES (?, ?)", [(number, tag) for tag in sorted(set(tags))])

    def delete(self, uuids: Iterable[str]) -> None:
        """Put runs into the trash; what is being trained stays."""
        self._move(uuids, time(), "AND status != 'running'")

    def restore(self, uuids: Iterable[str]) -> None:
        """Take runs out of the trash again."""
        self._move(uuids, None, "")

    def _move(self, uuids: Iterable[str], deleted: float | None, condition: str) -> None:
        with self.transaction() as connection:
            connection.executemany(
                f"UPDATE run SET deleted = ? WHERE uuid = ? {condition}", [(deleted, uuid) for uuid in uuids]
            )

    def empty_trash(self) -> int:
        """Delete for good what is in the trash; how many runs that were."""
        with self.transaction() as connection:
            rows = connection.execute("SELECT uuid FROM run WHERE deleted IS NOT NULL").fetchall()
            connection.execute("DELETE FROM run WHERE deleted IS NOT NULL")
        with self._errors_explained():
            for (uuid,) in rows:
                self.weights.remove(uuid)
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()
        return len(rows)

    # ---- keeping order

    def settle_crashed(self) -> None:
        """Runs that no living process works on have crashed."""
        with self._errors_explained():
            rows = self._connection.execute("SELECT uuid, owner FROM run WHERE status = 'running'").fetchall()
            for uuid in (uuid for uuid, owner in rows if not is_alive(owner)):
                self._connection.execute(
                    "UPDATE run SET status = 'crashed', ended = created + seconds "
                    "WHERE uuid = ? AND status = 'running'",
                    (uuid,),
                )

    def prune_weights(self) -> None:
        """Let the oldest weights go where there are too many; those of starred runs stay."""
        with self._errors_explained():
            rows = self._connection.execute("SELECT uuid FROM run WHERE starred OR status = 'running'").fetchall()
            self.weights.prune({uuid for (uuid,) in rows})

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is written inside is written whole or not at all."""
        with self._errors_explained(), transaction(self._connection) as connection:
            yield connection

    def _id(self, uuid: str) -> int:
        row = self._connection.execute("SELECT id FROM run WHERE uuid = ?", (uuid,)).fetchone()
        if row is None:
            raise RunStoreError("That run is not kept any more.", "Look at the list again.")
        return int(row[0])

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise explained(error, self.path) from error


def _run(row: Sequence[Any], tags: Iterable[str]) -> Run:
    *known, parent_name = row
    values = dict(zip(_COLUMNS, known, strict=True))
    values |= {
        "status": RunStatus(values["status"]),
        "starred": bool(values["starred"]),
        "class_names": tuple(json.loads(values["class_names"])),
    }
    return Run(**values, tags=tuple(sorted(tags)), parent_name=parent_name or "")


def _appended(before: Points, points: Points, first: int, last: int | None, *, adding: bool) -> Points:
    """A curve that goes on after step ``first`` with what lies up to ``last``; a sum begins with what it was before."""
    kept = points.x <= last if last is not None else np.ones(len(points), np.bool_)
    old = before.x <= first
    x, y = before.x[old], before.y[old]
    sum_before = y[-1] if adding and len(y) else 0.0
    return Points(np.concatenate([x, points.x[kept]]), np.concatenate([y, sum_before + points.y[kept]]))
