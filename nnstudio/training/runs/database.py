"""Opening the database of runs: whatever is in its place, somebody can go on working.

SQLite with a write-ahead log: readers never wait for the writer, and what was committed survives the program's death
at any moment (a power cut may cost the last transactions, but not the database: ``synchronous=NORMAL``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from nnstudio.errors import NNStudioError
from nnstudio.training.runs.schema import LARGE, MIGRATIONS, TABLES, migrate, version_of

PATIENCE = 5.0
"""Seconds to wait for another process that writes or opens."""
_APPLICATION = 0x4E4E5352
"""Marks the file as ours: "NNSR"."""
LOOKED_THROUGH = 32 * 2**20
"""Bytes of a database that is looked through at each opening; of larger ones, after a clean end, all but the curves
and measurements."""
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class RunStoreError(NNStudioError):
    """Runs cannot be read or kept."""


class RunStoreBusyError(RunStoreError):
    """Another process is writing: later it will work."""


class _DamagedError(Exception):
    """What stands in the place of the database is none, or no longer sound."""


def prepare(path: Path) -> str:
    """Make sure that at `path` stands a sound database of the newest version; says what was done to a damaged one.

    Processes prepare one after another: two that both find damage must not set aside what the other has just begun.
    Raises `RunStoreError` where the place takes no database, or a newer program has made it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            return _prepare(path)
    except (sqlite3.Error, OSError) as error:
        raise explained(error, path) from error


def _prepare(path: Path) -> str:
    try:
        _examine(path)
    except _DamagedError as damage:
        aside = _set_aside(path)
        _examine(path)
        return f"The history of runs was damaged ({damage}). It was set aside as “{aside}”, and a new one was begun."
    return ""


def _examine(path: Path) -> None:
    """Look through the file, and bring it to the newest version."""
    everything = _needs_care(path)
    try:
        with closing(connect(path)) as connection:
            if (version := version_of(connection)) > len(MIGRATIONS):
                raise RunStoreError(
                    f"The history of runs in “{path}” was made by a newer NN Studio (version {version}; this one knows "
                    f"up to {len(MIGRATIONS)}). Runs are not kept.",
                    "Use the newer program, or move that file to another place.",
                )
            _require_ours(connection, version)
            _require_sound(connection, version, everything)
            migrate(connection)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise _DamagedError(str(error)) from error
        raise


def _require_ours(connection: sqlite3.Connection, version: int) -> None:
    """A database of somebody else's, or one whose tables are gone, is as good as damaged."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if missing := {*_tables(version)} - tables:
        raise _DamagedError(f"the table “{min(missing)}” is missing")
    if not version and tables:
        raise _DamagedError("it is a database of another program")


def _tables(version: int) -> list[str]:
    """Those that a database of this version has."""
    return [table for made in TABLES[:version] for table in made]


def _needs_care(path: Path) -> bool:
    """Whether the database is small, or was not closed (a log is left) and may be damaged anywhere."""
    log = path.with_name(path.name + "-wal")
    left = log.exists() and log.stat().st_size > 0
    return left or not path.exists() or path.stat().st_size <= LOOKED_THROUGH


def _require_sound(connection: sqlite3.Connection, version: int, everything: bool) -> None:
    some = [f"PRAGMA quick_check({table})" for table in _tables(version) if table not in LARGE]
    for check in ["PRAGMA quick_check(1)"] if everything else some:
        if (found := connection.execute(check).fetchone()[0]) != "ok":
            raise _DamagedError(found.replace("\n", " "))


def connect(path: Path, *, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection for the calling thread, in which each statement is a transaction unless one is begun."""
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        if connection.execute("PRAGMA page_count").fetchone() == (0,):  # only before all else
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Everything inside happens, or nothing; asks for the right to write at once, so that it cannot be lost midway."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself takes back what a full disk has interrupted
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold SQLite's lock on an empty file beside the database: the system lets go of it when a process dies."""
    with closing(sqlite3.connect(path.with_suffix(".lock"), timeout=PATIENCE, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")


def _set_aside(path: Path) -> str:
    """Give the file, and what belongs to it, a name that is free; the database's new name."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    for ending in ("-wal", "-shm", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside.name


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the database itself is broken, and not only busy or without room."""
    return _primary(error) in _DAMAGE


def _primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code; -1 for errors that Python's module raises itself."""
    code = getattr(error, "sqlite_errorcode", -1)
    return code & 0xFF if code >= 0 else -1


def explained(error: sqlite3.Error | OSError, path: Path) -> RunStoreError:
    """What an error means for whoever wants to keep runs, and what to do."""
    code = _primary(error) if isinstance(error, sqlite3.Error) else -1
    if code == sqlite3.SQLITE_FULL:
        return RunStoreError("The disk is full: runs are not kept.", f"Make room where “{path.parent}” is.")
    if code == sqlite3.SQLITE_READONLY:
        return RunStoreError(f"“{path}” is read-only: runs are not kept.", "Allow writing to it.")
    if code in _DAMAGE:
        return RunStoreError(f"The history of runs in “{path}” is damaged.", "Start again: it is then set aside.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return RunStoreBusyError("Another program is using the history of runs.", "Try again when it has finished.")
    reason = getattr(error, "strerror", None) or str(error)
    return RunStoreError(f"Runs cannot be kept in “{path}”: {reason}.", "Make that folder writable, or make room.")
