"""Anything can be found by typing a few letters of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.actions import ActionRegistry
from nnstudio.gui.widgets.command_palette import CommandPalette, match_score


def test_type_and_enter(qtbot: QtBot) -> None:
    window, done = QWidget(), []
    qtbot.addWidget(window)
    window.show()
    actions = ActionRegistry(window)
    actions.add("file.save", "&Save", lambda: done.append("save"))
    actions.add("view.reset", "&Reset layout", lambda: done.append("reset"))
    actions.add("view.never", "Reset nothing", lambda: done.append("never")).setEnabled(False)
    palette = CommandPalette(actions, window)
    palette.popup()
    line, rows = palette.findChild(QLineEdit), palette.findChild(QListWidget)
    assert rows.count() == 2
    qtbot.keyClicks(line, "rst")
    assert rows.count() == 1
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert done == ["reset"]


def test_arrow_keys_choose(qtbot: QtBot) -> None:
    window, done = QWidget(), []
    qtbot.addWidget(window)
    window.show()
    actions = ActionRegistry(window)
    for name in ("one", "two", "three"):
        actions.add(f"file.{name}", name, lambda name=name: done.append(name))
    palette = CommandPalette(actions, window)
    palette.popup()
    line, rows = palette.findChild(QLineEdit), palette.findChild(QListWidget)
    qtbot.keyClick(line, Qt.Key.Key_Down)
    wanted = rows.currentItem().data(Qt.ItemDataRole.AccessibleTextRole)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert done == [wanted.removeprefix("File: ")]


def test_starts_of_words_win() -> None:
    scores = {text: match_score("rl", text) for text in ("View Reset layout", "View Real", "File Save")}
    assert scores["File Save"] is None
    assert scores["View Reset layout"] > scores["View Real"]  # type: ignore[operator]


@given(st.text("abc xyz", max_size=8), st.text("abc xyz", max_size=20))
def test_found_means_all_letters_in_order(wanted: str, text: str) -> None:
    letters = iter(text)
    assert (match_score(wanted, text) is not None) == all(letter in letters for letter in wanted.replace(" ", ""))
