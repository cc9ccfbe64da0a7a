"""Widgets are destroyed in their own thread only."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from nnstudio.gui import garbage


@pytest.fixture
def collector(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[garbage.GarbageCollector]:
    monkeypatch.setattr(garbage, "_PERIOD_MS", 5)
    parent = QObject()
    yield garbage.GarbageCollector(parent)
    gc.unfreeze()


class Knot:
    """Something that only the collector can find; it notes the thread that destroyed it."""

    def __init__(self, seen: list[threading.Thread]) -> None:
        self.itself, self.seen = self, seen

    def __del__(self) -> None:
        self.seen.append(threading.current_thread())


def test_garbage_made_elsewhere_is_collected_here(qtbot: QtBot, collector: garbage.GarbageCollector) -> None:
    seen: list[threading.Thread] = []

    def work() -> None:
        for _ in range(5000):
            Knot(seen)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not seen
    qtbot.waitUntil(lambda: len(seen) == 5000)
    assert set(seen) == {threading.main_thread()}
