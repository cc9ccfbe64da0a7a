"""The tables that keep runs, and how older databases become newer ones.

A database's version is the number of `MIGRATIONS` it has been through; SQLite keeps it as ``user_version``.
"""

from __future__ import annotations

import sqlite3

_FIRST = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped', 'failed', 'crashed')),
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    ended REAL,
    network TEXT NOT NULL,
    dataset TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    seed INTEGER NOT NULL,
    device TEXT NOT NULL,
    program TEXT NOT NULL,
    parent TEXT,
    parent_step INTEGER NOT NULL DEFAULT 0,
    step INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    validation_loss REAL,
    validation_accuracy REAL,
    best_validation_loss REAL,
    best_validation_accuracy REAL,
    test_loss REAL,
    test_accuracy REAL,
    images_per_second REAL NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    starred INTEGER NOT NULL DEFAULT 0,
    notes TEXT NOT NULL DEFAULT '',
    deleted REAL
);
CREATE TABLE document (
    run INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE,
    settings TEXT NOT NULL,
    network TEXT NOT NULL
);
CREATE TABLE tag (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    text TEXT NOT NULL,
    PRIMARY KEY (run, text)
) WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    names TEXT NOT NULL,
    UNIQUE (run, names)
);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
    points INTEGER NOT NULL,
    steps BLOB NOT NULL,
    figures BLOB NOT NULL
);
CREATE INDEX chunk_series ON chunk (series);
CREATE TABLE mark (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    step INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX mark_run ON mark (run);
"""
"""Settings and networks stand apart from ``run``, so that a long table of runs is read without them. A row of
``series`` names figures that are always measured together, and each of its chunks has some more points of them."""

_SECOND = """
CREATE TABLE measurement (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    kind TEXT NOT NULL,
    step INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX measurement_run ON measurement (run, kind, step);
ALTER TABLE run ADD COLUMN class_names TEXT NOT NULL DEFAULT '[]';
"""
"""What each ``data`` holds is in `packing`: histograms of all layers, or the answers to one part of a data set. The
names of its classes are a list in JSON."""

MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND)
"""Each leads from the version that is its place to the next. What was once published is never changed, only followed
by another."""


TABLES: tuple[tuple[str, ...], ...] = (("run", "document", "tag", "series", "mark", "chunk"), ("measurement",))
"""Those that each of the migrations makes."""
LARGE = ("chunk", "measurement")
"""Of these, the ones that hold most of the bytes."""


def version_of(connection: sqlite3.Connection) -> int:
    """How many migrations a database has been through; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the newest version, each step whole or not at all."""
    for version, script in enumerate(MIGRATIONS):
        if version_of(connection) == version:
            # A pragma takes no parameters; the number is ours.
            connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version + 1}; COMMIT;")
