"""Problems with their repairs: in the list by mouse and keys, and on the canvas as notes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QGraphicsScene
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.canvas.note import NoteItem
from nnstudio.gui.designer.panel.problem_list import ProblemList
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.theme import apply_theme
from nnstudio.network import NetworkSpec, Problem, check
from nnstudio.network.layers.activation import Softmax
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.presets import alexnet, lenet5

BROKEN = lenet5().replace("conv2", Convolution(filters=16, kernel=33)).disconnect("dense2")
WARNED = lenet5().insert_after("dense3", Softmax())


@pytest.fixture
def network() -> NetworkModel:
    return NetworkModel(BROKEN)


@pytest.fixture
def problems(qtbot: QtBot, network: NetworkModel) -> ProblemList:
    """As the designer has it: what is asked for is done, and the list shows what is left."""
    shown = ProblemList()
    qtbot.addWidget(shown)
    shown.setMinimumWidth(800)
    shown.show_check(network.check)
    network.checkChanged.connect(shown.show_check)

    def repair(problem: Problem) -> None:
        assert problem.repair
        network.edit(problem.repair.title, problem.repair.edit(network.spec))

    shown.repairAsked.connect(repair)
    qtbot.waitExposed(shown)
    return shown


def row_of(problems: ProblemList, words: str) -> int:
    return next(row for row in range(problems.count()) if words in problems.item(row).text())


def test_a_click_on_the_repair_repairs(qtbot: QtBot, problems: ProblemList, network: NetworkModel) -> None:
    gone: list[str] = []
    problems.chosen.connect(gone.append)
    room = problems.repair_room(row_of(problems, "kernel 33×33"))
    with qtbot.waitSignal(network.checkChanged):
        qtbot.mouseClick(problems.viewport(), Qt.MouseButton.LeftButton, pos=room.center())
    assert network.spec == BROKEN.replace("conv2", Convolution(filters=16, kernel=33, padding=10))
    assert network.undo_stack.undoText() == "Set padding 10"
    assert not gone, "it does not go to the layer as well"
    assert not any("kernel 33×33" in problems.item(row).text() for row in range(problems.count()))


def test_a_click_beside_it_goes_to_the_layer(qtbot: QtBot, problems: ProblemList, network: NetworkModel) -> None:
    room = problems.repair_room(row_of(problems, "kernel 33×33"))
    with qtbot.waitSignal(problems.chosen) as chosen:
        beside = room.center() - QPoint(room.width(), 0)
        qtbot.mouseClick(problems.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    assert chosen.args == ["conv2"]
    assert network.spec == BROKEN


def test_everything_by_keyboard(qtbot: QtBot, problems: ProblemList, network: NetworkModel) -> None:
    """Ctrl+. again and again mends what can be mended."""
    problems.setFocus()
    problems.setCurrentRow(0)
    for _ in range(3):
        if problems.count():
            with qtbot.waitSignal(network.checkChanged):
                qtbot.keyClick(problems, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert network.check.ok
    assert not problems.isVisibleTo(None)


def test_the_action_says_what_it_would_do(problems: ProblemList) -> None:
    action = problems.findChild(QAction, "repair_problem")
    problems.setCurrentRow(-1)
    assert not action.isEnabled()
    problems.setCurrentRow(row_of(problems, "kernel 33×33"))
    assert (action.text(), action.isEnabled()) == ("Set padding 10", True)
    problems.show_check(check(alexnet(), batch_size=20_000))
    problems.setCurrentRow(0)
    assert (action.text(), action.isEnabled()) == ("Repair", False)
    assert problems.repair_room(0).isEmpty()


def test_screen_readers_hear_of_the_repair(problems: ProblemList) -> None:
    item = problems.item(row_of(problems, "kernel 33×33"))
    spoken = item.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("error: conv2: kernel 33×33")
    assert spoken.endswith("Repair with Ctrl+.: Set padding 10")
    assert problems.accessibleName()
    assert "Ctrl+." in problems.accessibleDescription()


@pytest.mark.parametrize("width", [260, 800])
def test_words_and_repair_have_room(problems: ProblemList, width: int) -> None:
    problems.setMinimumWidth(0)
    problems.resize(width, problems.height())
    for row in range(problems.count()):
        line, room = problems.visualItemRect(problems.item(row)), problems.repair_room(row)
        assert line.contains(room)
        assert room.width() <= line.width() / 2
    lines = sum(problems.sizeHintForRow(row) for row in range(min(4, problems.count())))
    assert problems.height() >= lines


def test_the_mouse_shows_where_it_repairs(qtbot: QtBot, problems: ProblemList) -> None:
    room = problems.repair_room(0)
    qtbot.mouseMove(problems.viewport(), room.center() - QPoint(room.width(), 0))
    qtbot.mouseMove(problems.viewport(), room.center())
    assert problems.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor
    qtbot.mouseMove(problems.viewport(), room.center() - QPoint(room.width(), 0))
    assert problems.viewport().cursor().shape() is Qt.CursorShape.ArrowCursor


def test_signs_follow_the_theme(problems: ProblemList) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    problems.setCurrentRow(1)
    looks = []
    for scheme in ("light", "dark"):
        apply_theme(app, scheme)
        looks.append(problems.item(0).icon().pixmap(16, 16).toImage())
        assert problems.currentRow() == 1
    assert looks[0] != looks[1]
    apply_theme(app, "light")


def test_problems_that_stay_are_not_listed_again(problems: ProblemList) -> None:
    first = problems.item(0)
    problems.show_check(check(BROKEN.rename("conv1", "first")))
    assert problems.item(0) is first
    problems.show_check(check(lenet5()))
    assert problems.count() == 0
    assert not problems.isVisibleTo(None)


# ---- notes on the canvas


def notes_of(spec: NetworkSpec, scene: QGraphicsScene) -> list[NoteItem]:
    notes = [NoteItem(problem.node or "", problem) for problem in check(spec).problems]
    for note in notes:
        scene.addItem(note)
    return notes


def test_a_note_has_its_repair_below_the_words(qtbot: QtBot) -> None:
    scene = QGraphicsScene()
    note = next(note for note in notes_of(BROKEN, scene) if note.node == "conv2")
    note.setPos(100, 50)
    assert note.outline.contains(note.repair_room)
    assert note.on_repair(note.mapToScene(note.repair_room.center()))
    assert not note.on_repair(note.mapToScene(QPointF(20, 10)))


def test_errors_stay_and_warnings_come_when_wanted(qtbot: QtBot) -> None:
    scene = QGraphicsScene()
    (warning,) = notes_of(WARNED, scene)
    assert (warning.lasting, warning.isVisible()) == (False, False)
    assert not warning.on_repair(warning.mapToScene(warning.repair_room.center())), "what is not seen is not clicked"
    warning.set_wanted(True)
    assert warning.isVisible()
    for error in notes_of(BROKEN, scene):
        error.set_wanted(False)
        assert error.lasting
        assert error.isVisible()
        assert error.zValue() < warning.zValue()


def test_a_note_without_a_repair_is_lower(qtbot: QtBot) -> None:
    plain = Problem("dense1", "it is wrong", "mend it")
    mendable = next(p for p in check(lenet5().replace("dense3", Dense(units=4)), classes=10).problems if p.repair)
    assert NoteItem("dense1", plain).repair_room.isEmpty()
    assert NoteItem("dense1", plain).height < NoteItem("output1", mendable).height
