"""The table of runs, used by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMessageBox, QTableView, QToolButton
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.curves import Overlay
from nnstudio.gui.runs.panel import RunsPanel
from nnstudio.gui.runs.runs_model import COLOURS, Comparison, RunsModel
from nnstudio.network.presets import lenet5
from nnstudio.training.runs import Origin, RunStore
from nnstudio.training.settings import TrainingSettings
from tests.gui.runs.conftest import KEYS, Desk

CONTROL = Qt.KeyboardModifier.ControlModifier


def child(desk: Desk, kind: type, name: str) -> object:
    found = desk.panel.findChild(kind, name)
    assert found is not None
    return found


def test_the_newest_run_stands_on_top(desk: Desk) -> None:
    assert desk.column("name") == ["four", "three", "two", "one"]
    assert desk.column("dataset")[2] == "MNIST"
    assert desk.column("test_accuracy") == ["60.00%", "–", "80.00%", "90.00%"]


@pytest.mark.parametrize(
    ("clicks", "expected"), [(1, ["four", "two", "one", "three"]), (2, ["one", "two", "four", "three"])]
)
def test_a_click_on_a_header_sorts_and_what_is_not_known_comes_last(
    desk: Desk, clicks: int, expected: list[str]
) -> None:
    header = desk.panel.view.horizontalHeader()
    section = KEYS.index("test_accuracy")
    place = header.sectionViewportPosition(section) + 20
    for _ in range(clicks):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=header.rect().center().__class__(place, 10))
    assert desk.column("name") == expected


def test_typing_searches(desk: Desk) -> None:
    desk.panel.view.setFocus()
    QTest.keyClick(desk.panel.view, Qt.Key.Key_F, CONTROL)
    search = child(desk, QLineEdit, "runs_search")
    assert search.hasFocus()
    QTest.keyClicks(search, "MNIST two")
    assert desk.column("name") == ["two"]
    QTest.keyClicks(search, "x")
    assert desk.column("name") == []
    assert "No run has all these words" in child(desk, QLabel, "runs_hint").text()


def test_an_empty_history_says_what_will_be_there(qtbot: QtBot, tmp_path) -> None:
    model = RunsModel(tmp_path / "none.sqlite")
    desk = Desk(qtbot, model)
    assert "Every run is kept here" in child(desk, QLabel, "runs_hint").text()
    assert child(desk, QLabel, "runs_hint").isVisible()
    model.shut_down()


# ---- editing


@pytest.mark.parametrize(("key", "typed", "shown"), [("name", "best", "best"), ("notes", "a word", "a word"),
                                                     ("tags", "b, a,,b", "a, b")])  # fmt: skip
def test_a_double_click_edits_in_place(desk: Desk, key: str, typed: str, shown: str) -> None:
    view = desk.panel.view
    place = desk.place("two", key)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desk.type_over(typed)
    assert desk.column(key)[2] == shown
    desk.kept()
    assert desk.column(key)[2] == shown


def test_f2_renames_from_any_column_and_no_name_is_none(desk: Desk) -> None:
    desk.click("three")
    QTest.keyClick(desk.panel.view, Qt.Key.Key_F2)
    desk.type_over("third")
    assert desk.column("name")[1] == "third"
    QTest.keyClick(desk.panel.view, Qt.Key.Key_F2)
    desk.type_over("")
    assert desk.column("name")[1] == "third"


def test_a_click_on_the_star_puts_it_and_chooses_nothing(desk: Desk) -> None:
    desk.click("two", "starred")
    assert desk.kept()["two"].starred
    assert desk.panel.view.chosen == []
    desk.click("two", "starred")
    assert not desk.kept()["two"].starred


def test_a_key_stars_all_that_are_selected(desk: Desk) -> None:
    desk.click("two", "starred")
    desk.panel.view.setFocus()
    QTest.keyClick(desk.panel.view, Qt.Key.Key_A, CONTROL)
    desk.settle()
    QTest.keyClick(desk.panel.view, Qt.Key.Key_B, CONTROL)
    assert all(run.starred for run in desk.kept().values())


# ---- deleting


def test_what_is_deleted_can_be_taken_back(desk: Desk) -> None:
    desk.click("two")
    desk.click("four", modifiers=CONTROL)
    QTest.keyClick(desk.panel.view, Qt.Key.Key_Delete)
    assert desk.column("name") == ["three", "one"]
    assert child(desk, QLabel, "runs_told").text() == "2 runs deleted"
    assert child(desk, QToolButton, "runs_trash").text() == "Trash (2)"
    desk.press("runs_undo")
    assert desk.column("name") == ["four", "three", "two", "one"]
    assert not any(run.deleted for run in desk.kept().values())


def test_the_trash_restores_and_is_emptied_after_a_question(desk: Desk, qtbot: QtBot) -> None:
    desk.click("two")
    desk.click("four", modifiers=CONTROL)
    desk.press("runs_delete")
    desk.press("runs_trash")
    assert desk.column("name") == ["four", "two"]
    desk.click("four")
    desk.press("runs_restore")
    assert desk.column("name") == ["two"]
    for key, left in ((Qt.Key.Key_Escape, True), (Qt.Key.Key_Return, False)):
        desk.press("runs_empty")
        question = child(desk, QMessageBox, "runs_empty_question")
        button = question.button(QMessageBox.StandardButton.Discard)
        if left:
            QTest.keyClick(question, key)
        else:
            with qtbot.waitSignal(desk.model.loaded):
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert ("two" in desk.kept()) == left
    assert child(desk, QLabel, "runs_hint").text() == "The trash is empty."


# ---- choosing


def test_selected_runs_are_overlaid_and_compared(desk: Desk, qtbot: QtBot) -> None:
    told: list[list[Overlay]] = []
    desk.model.overlaysChanged.connect(told.append)
    desk.click("four")
    with qtbot.waitSignal(desk.model.compared, check_params_cb=lambda comparison: len(comparison.runs) == 2) as found:
        desk.click("two", modifiers=CONTROL)
    overlays = told[-1]
    assert [overlay.name for overlay in overlays] == ["four", "two"]
    assert overlays[1].curves.training_loss.y.tolist() == [2, 2, 2]
    assert len({overlay.colour for overlay in overlays}) == 2
    comparison: Comparison = found.args[0]
    assert {row.path: row.values for row in comparison.rows} == {"epochs": ("4", "2"), "data": ("digits", "mnist")}
    shown = child(desk, QTableView, "runs_differences_table").model()
    assert [shown.headerData(column, Qt.Orientation.Horizontal) for column in range(3)] == ["Differs", "four", "two"]
    assert [shown.index(0, column).data() for column in range(3)] == ["epochs", "4", "2"]


def test_a_run_keeps_its_colour_while_others_come_and_go(desk: Desk) -> None:
    desk.click("four")
    desk.click("two", modifiers=CONTROL)
    two = next(run.uuid for run in desk.model.runs if run.name == "two")
    colour = desk.model.colours[two]
    desk.click("four", modifiers=CONTROL)
    assert desk.model.colours == {two: colour}
    desk.click("three", modifiers=CONTROL)
    assert desk.model.colours[two] == colour
    assert len(set(desk.model.colours.values())) == 2
    assert set(desk.model.colours.values()) <= set(COLOURS)


def test_only_the_last_choice_is_told(desk: Desk, qtbot: QtBot) -> None:
    told: list[list[Overlay]] = []
    desk.model.overlaysChanged.connect(told.append)
    with qtbot.waitSignal(desk.model.compared):
        for run in desk.model.runs:
            desk.model.choose([run.uuid])
    desk.model.choose([])
    desk.kept()
    assert [[overlay.name for overlay in overlays] for overlays in told] == [["one"], []]


def test_enter_opens_the_run(desk: Desk, qtbot: QtBot) -> None:
    desk.click("two")
    with qtbot.waitSignal(desk.model.openAsked) as opened:
        QTest.keyClick(desk.panel.view, Qt.Key.Key_Return)
    project, name, _ = opened.args
    assert name == "two"
    assert project.settings.epochs == 2
    assert project.parameters is None


def test_a_run_that_was_interrupted_and_the_one_that_goes_on_from_it_say_so(
    path: Path, model: RunsModel, qtbot: QtBot
) -> None:
    with RunStore.open(path) as store:
        crashed = next(run for run in store.runs() if run.name == "four")
        store.change(crashed.uuid, status="crashed")
        origin = Origin(TrainingSettings(), lenet5(), "digits", parent=crashed.uuid, parent_step=1200, name="five")
        store.change(store.begin(origin).uuid, status="done", created=5.0)
    desk = Desk(qtbot, model)
    assert desk.column("status")[:3] == ["done", "interrupted", "done"]
    assert desk.column("parent_name")[:3] == ["four", "", ""]
    rows = desk.panel.view.model()

    def tip(row: int, key: str) -> str:
        return str(rows.index(row, KEYS.index(key)).data(Qt.ItemDataRole.ToolTipRole))

    assert tip(0, "name") == "five: goes on from “four” after step 1,200"
    assert tip(1, "status").endswith("“five” goes on from here after step 1,200")
    with qtbot.waitSignal(model.compared, check_params_cb=lambda comparison: len(comparison.runs) == 2) as compared:
        desk.click("four")
        desk.click("five", modifiers=CONTROL)
    rows_told = {row.path: row.values for row in compared.args[0].rows}
    assert rows_told["result"] == ("done", "interrupted")
    assert rows_told["goes on from"] == ("four", "–")
    desk.click("four", "name")
    QTest.keyClick(desk.panel.view, Qt.Key.Key_F2)
    desk.type_over("renamed")
    assert desk.column("parent_name")[0] == "renamed"
    QTest.keyClicks(child(desk, QLineEdit, "runs_search"), "interrupted")
    assert desk.column("name") == ["renamed"]


def test_everything_has_a_name_and_is_reached_by_tab(desk: Desk) -> None:
    for button in desk.panel.findChildren(QToolButton):
        if button.objectName().startswith("runs_"):
            assert button.accessibleName()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    view = desk.panel.view
    assert view.accessibleName()
    assert view.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "not starred"
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Tab)
    assert not view.hasFocus()


def test_it_follows_the_theme(desk: Desk) -> None:
    from nnstudio.gui.theme import theme_source

    theme_source.themeChanged.emit(theme_source.theme)
    assert isinstance(desk.panel, RunsPanel)
    assert not desk.panel.grab().isNull()
