"""From one session that breaks off to the next: what is saved, offered and had back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.engine.optimizers import Adam
from nnstudio.gui.models.autosave_model import AutosaveModel
from nnstudio.gui.models.curve_keeper import CurveKeeper
from nnstudio.gui.models.document import Document
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.recovery_banner import RecoveryBanner, details, question
from nnstudio.gui.recovery_model import RecoveryModel
from nnstudio.gui.runs.past_curves import PastCurves
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.network.layers.dense import Dense
from nnstudio.network.presets.points import two_layer_network
from nnstudio.project.autosave import DESK_FILE, RUN_FILE, Haste, autosave_dir
from nnstudio.project.checkpoint import RunFacts, StateFacts
from nnstudio.project.desk import DeskFacts
from nnstudio.project.recovery import Recovery, recoverable
from nnstudio.training.runs import Run, RunStatus, RunStore, runs_path
from nnstudio.training.runs.owner import this_process
from nnstudio.training.settings import TrainingSettings

SETTINGS = TrainingSettings(epochs=4, batch_size=50, optimizer=Adam(learning_rate=0.01))
LEFT = Qt.MouseButton.LeftButton


@dataclass
class Program:
    """The models as the window makes them."""

    network: NetworkModel
    weights: WeightsModel
    training: TrainingModel
    document: Document
    autosave: AutosaveModel
    recovery: RecoveryModel
    runs: RunsModel
    past: PastCurves

    def break_off(self) -> Path:
        """As after kill -9: nothing more is written, and the folder seems to be that of a program that is no more."""
        self.autosave.session.wait()
        folder = self.autosave.session.folder
        dead = folder.with_name(f"{4_194_305}-1-{folder.name.rpartition('-')[2]}")
        folder.rename(dead)
        self.autosave.session._lock.release()
        self.autosave.session._lock = None
        self.autosave.session._deaf = True
        return dead


Start = Callable[[], Program]


@pytest.fixture
def start(qtbot: QtBot) -> Iterator[Start]:
    programs: list[Program] = []

    def started() -> Program:
        network = NetworkModel(two_layer_network())
        weights = WeightsModel(network)
        training = TrainingModel(network, weights)
        document = Document(network, weights, training)
        autosave = AutosaveModel(network, weights, training, document, period=0.05)
        recovery, runs = RecoveryModel(document, training, autosave), RunsModel()
        training.recorders.append(runs.make_recorder)
        CurveKeeper(training, training)
        past = PastCurves(runs, training)
        recovery.runContinued.connect(past.go_on)
        programs.append(Program(network, weights, training, document, autosave, recovery, runs, past))
        training.set_settings(SETTINGS)
        training.choose(dataset="spirals", device="numpy")
        return programs[-1]

    yield started
    for program in programs:
        program.training.shut_down()
        program.runs.shut_down()
        program.document.wait()
        program.recovery.shut_down()
        program.autosave.shut_down()


def train(qtbot: QtBot, program: Program) -> None:
    """From the start to the end, however short."""
    ended = qtbot.waitSignal(
        program.training.stateChanged, timeout=20_000, check_params_cb=lambda phase: phase is TrainingPhase.IDLE
    )
    with ended:
        program.training.play()


def until(qtbot: QtBot, program: Program, phase: TrainingPhase) -> None:
    qtbot.waitUntil(lambda: program.training.state is phase, timeout=20_000)


def take_back(qtbot: QtBot, program: Program) -> Recovery:
    with qtbot.waitSignal(program.recovery.changed):
        program.recovery.look()
    offer = program.recovery.offer
    assert offer
    with qtbot.waitSignal(program.recovery.continued):
        program.recovery.resume(offer)
    return offer


def test_nothing_is_offered_after_a_clean_end(qtbot: QtBot, start: Start) -> None:
    program = start()
    train(qtbot, program)
    program.autosave.session.wait()
    assert (program.autosave.session.folder / RUN_FILE).exists()
    program.autosave.shut_down()
    assert list(autosave_dir().iterdir()) == []


def test_training_goes_on_to_the_same_bits(qtbot: QtBot, start: Start) -> None:
    whole = start()
    train(qtbot, whole)
    broken = start()
    for _ in range(3):
        with qtbot.waitSignal(broken.weights.changed):
            broken.training.step()
    until(qtbot, broken, TrainingPhase.PAUSED)
    qtbot.waitUntil(lambda: broken.training.status.step == 3)
    broken.autosave.save(Haste.NOW)
    broken.break_off()
    later = start()
    later.training.set_settings(TrainingSettings())
    offer = take_back(qtbot, later)
    assert (offer.name, offer.step, offer.epoch) == (two_layer_network().name, 3, 1)
    assert later.training.settings == SETTINGS
    assert (later.training.dataset, later.training.device) == ("spirals", "numpy")
    assert later.training.status.step == 3
    assert later.document.modified
    train(qtbot, later)
    assert later.weights.step == whole.weights.step == 160
    for name, values in whole.weights.parameters.items():
        assert values.tobytes() == later.weights.parameters[name].tobytes()


def test_edits_and_the_file_they_belong_to_come_back(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    program = start()
    with qtbot.waitSignal(program.document.saved):
        program.document.save(tmp_path / "mine.nnstudio")
    program.network.edit("Units", program.network.spec.replace("dense1", Dense(units=12)))
    folder = program.autosave.session.folder
    qtbot.waitUntil(lambda: (folder / DESK_FILE).exists())
    program.break_off()
    later = start()
    offer = take_back(qtbot, later)
    assert offer.name == later.document.name == "mine"
    assert later.document.path == tmp_path / "mine.nnstudio"
    assert later.network.spec == program.network.spec
    assert later.document.modified
    with qtbot.waitSignal(later.document.saved):
        later.document.save(tmp_path / "mine.nnstudio")
    assert not later.document.modified


def test_what_is_taken_back_survives_the_next_crash(qtbot: QtBot, start: Start) -> None:
    program = start()
    program.network.edit("Units", program.network.spec.replace("dense1", Dense(units=12)))
    program.autosave.save(Haste.NOW)
    program.break_off()
    again = start()
    take_back(qtbot, again)
    assert recoverable() == [], "it belongs to a living program now"
    again.break_off()
    take_back(qtbot, later := start())
    assert later.network.spec == program.network.spec


def test_weights_survive_although_the_network_was_in_pieces(qtbot: QtBot, start: Start) -> None:
    program = start()
    learned = {name: np.full_like(old, 0.25) for name, old in program.weights.parameters.items()}
    program.weights.load(learned, 12)
    program.document._settle(None, program.document._metadata)  # as if it had been opened
    program.network.edit("Remove", program.network.spec.remove("flatten1"))
    assert not program.network.check.ok
    program.autosave.save(Haste.NOW)
    program.break_off()
    later = start()
    take_back(qtbot, later)
    assert not later.network.check.ok
    later.network.edit("Mend", two_layer_network())
    for name, values in learned.items():
        np.testing.assert_array_equal(later.weights.parameters[name], values)


def test_a_weight_changed_by_hand_after_training_comes_back(qtbot: QtBot, start: Start) -> None:
    program = start()
    program.training.step()
    until(qtbot, program, TrainingPhase.PAUSED)
    program.weights.set_value("dense1.bias", (3,), 42.0)
    until(qtbot, program, TrainingPhase.IDLE)
    program.autosave.save(Haste.NOW)
    program.break_off()
    later = start()
    take_back(qtbot, later)
    assert later.weights.parameters["dense1.bias"][3] == 42.0


def test_another_project_leaves_the_run_behind(qtbot: QtBot, start: Start) -> None:
    program = start()
    program.training.step()
    until(qtbot, program, TrainingPhase.PAUSED)
    program.autosave.session.wait()
    assert (program.autosave.session.folder / RUN_FILE).exists()
    program.document.new(two_layer_network())
    until(qtbot, program, TrainingPhase.IDLE)
    program.autosave.session.wait()
    assert not (program.autosave.session.folder / RUN_FILE).exists()
    assert not (program.autosave.session.folder / DESK_FILE).exists(), "nothing on the desk would be missed"


def test_a_run_that_is_still_prepared_is_left_behind_too(qtbot: QtBot, start: Start) -> None:
    program = start()
    program.training.play()
    program.document.new(two_layer_network())
    until(qtbot, program, TrainingPhase.IDLE)
    program.autosave.session.wait()
    assert not (program.autosave.session.folder / RUN_FILE).exists()


def test_a_full_disk_is_told_once_and_training_goes_on(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    program, told = start(), []
    program.autosave.failed.connect(lambda *what: told.append(what))
    train(qtbot, program)
    program.autosave.session.wait()
    qtbot.waitUntil(lambda: bool(told))
    assert len(told) == 1
    assert "No space left on device" in told[0][0]
    assert program.weights.step == 160


def test_a_session_that_somebody_else_took(qtbot: QtBot, start: Start) -> None:
    program = start()
    program.network.edit("Units", program.network.spec.replace("dense1", Dense(units=12)))
    program.autosave.save(Haste.NOW)
    program.break_off()
    first, second = start(), start()
    for other in (first, second):
        with qtbot.waitSignal(other.recovery.changed):
            other.recovery.look()
    wanted = second.recovery.offer
    take_back(qtbot, first)
    assert wanted
    with qtbot.waitSignal(second.recovery.failed) as failed:
        second.recovery.resume(wanted)
    assert "gone" in failed.args[0] or "cannot be read" in failed.args[0]
    qtbot.waitUntil(lambda: second.recovery.offer is None)


# ---- in the history of runs


def stepped(qtbot: QtBot, program: Program, steps: int) -> None:
    """Paused after so many steps, all of which are kept."""
    for step in range(1, steps + 1):
        program.training.step()
        qtbot.waitUntil(lambda step=step: program.training.status.step == step)
    until(qtbot, program, TrainingPhase.PAUSED)
    qtbot.waitUntil(lambda: kept()[0].step == steps)
    program.autosave.save(Haste.NOW)


def kept() -> list[Run]:
    with RunStore(runs_path()) as store:
        return store.runs()


def disown(run: Run) -> None:
    """As if the process that works on it were no more."""
    machine, number, _ = this_process().split("/")
    with RunStore(runs_path()) as store, store.transaction() as connection:
        connection.execute("UPDATE run SET owner = ? WHERE uuid = ?", (f"{machine}/{number}/1.00", run.uuid))


def test_what_goes_on_shows_what_was_before_and_is_known_as_its_continuation(qtbot: QtBot, start: Start) -> None:
    broken = start()
    stepped(qtbot, broken, 3)
    before, crashed = broken.training.curves, kept()[0]
    broken.break_off()
    disown(crashed)
    later = start()
    with qtbot.waitSignal(later.runs.loaded):
        later.runs.load()
    with qtbot.waitSignal(later.training.curvesChanged):
        take_back(qtbot, later)
    qtbot.waitUntil(lambda: len(later.training.curves.training_loss) == 3)
    shown = later.training.curves
    np.testing.assert_allclose(shown.training_loss.y, before.training_loss.y, rtol=1e-6)
    assert [*shown.gradient_norms] == [*before.gradient_norms] != []
    assert [*shown.weight_histograms] == [*before.weight_histograms] != []
    train(qtbot, later)
    assert later.training.curves.training_loss.x.tolist() == [*range(1, 161)]
    assert np.all(np.diff(later.training.curves.seconds.y) > 0), "time goes on where it was"
    assert "validation" in later.training.curves.judgements
    second, first = kept()
    assert (first.uuid, first.status, first.status.text) == (crashed.uuid, RunStatus.CRASHED, "interrupted")
    assert (second.parent, second.parent_step, second.parent_name) == (crashed.uuid, 3, first.name)
    assert later.runs.continuations(crashed.uuid)[0].uuid == second.uuid


def test_training_that_goes_on_at_once_joins_what_was_before(qtbot: QtBot, start: Start) -> None:
    broken = start()
    stepped(qtbot, broken, 2)
    broken.break_off()
    later = start()
    later.recovery.continued.connect(lambda _: later.training.step())
    take_back(qtbot, later)
    qtbot.waitUntil(lambda: later.training.curves.training_loss.x.tolist() == [1, 2, 3])


def test_what_was_before_does_not_come_after_something_else(qtbot: QtBot, start: Start) -> None:
    broken = start()
    stepped(qtbot, broken, 2)
    broken.break_off()
    later = start()
    later.recovery.continued.connect(lambda _: later.document.new(two_layer_network()))
    take_back(qtbot, later)
    with qtbot.waitSignal(later.runs.loaded):
        later.runs.load()  # answered after the curves
    assert len(later.training.curves.training_loss) == 0


# ---- the banner


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    window = QWidget()
    QLabel("A bar", window).setObjectName("bar")
    window.resize(1000, 500)
    qtbot.addWidget(window)
    window.show()
    yield window


def left_behind(qtbot: QtBot, start: Start, *names: int) -> Program:
    for units in names:
        program = start()
        program.network.edit("Units", program.network.spec.replace("dense1", Dense(units=units)))
        program.autosave.save(Haste.NOW)
        program.break_off()
    return start()


def button(banner: QWidget, name: str) -> QPushButton:
    found = banner.findChild(QPushButton, f"recovery_{name}")
    assert isinstance(found, QPushButton)
    assert found.isVisible()
    return found


def test_the_banner_offers_one_after_another(qtbot: QtBot, start: Start, window: QWidget) -> None:
    program = left_behind(qtbot, start, 5, 6, 7)
    banner = RecoveryBanner(program.recovery, window, window.findChild(QLabel, "bar"))
    banner.continueAsked.connect(program.recovery.resume)
    assert not banner.isVisible()
    program.recovery.look()
    qtbot.waitUntil(banner.isVisible)
    assert "2 more sessions follow" in banner.accessibleName()
    assert window.rect().contains(banner.geometry())
    qtbot.mouseClick(button(banner, "later"), LEFT)
    assert "One more session" in banner.accessibleName()
    with qtbot.waitSignal(program.recovery.continued):
        qtbot.keyClick(button(banner, "continue"), Qt.Key.Key_Space)
    assert program.network.spec.node("dense1").layer == Dense(units=6)
    discard = button(banner, "discard")
    for answer, remain in ((QMessageBox.StandardButton.Cancel, 2), (QMessageBox.StandardButton.Discard, 1)):
        qtbot.mouseClick(discard, LEFT)
        boxes = [box for box in window.findChildren(QMessageBox, "recovery_question") if box.isVisible()]
        qtbot.mouseClick(boxes[0].button(answer), LEFT)
        program.recovery.shut_down()
        assert len(recoverable()) == remain
    assert not banner.isVisible()


def test_what_is_damaged_can_only_be_discarded(qtbot: QtBot, start: Start, window: QWidget) -> None:
    program = start()
    program.network.edit("Units", program.network.spec.replace("dense1", Dense(units=12)))
    program.autosave.save(Haste.NOW)
    (program.break_off() / DESK_FILE).write_bytes(b"PK nonsense")
    later = start()
    banner = RecoveryBanner(later.recovery, window, window.findChild(QLabel, "bar"))
    later.recovery.look()
    qtbot.waitUntil(banner.isVisible)
    assert "damaged" in banner.accessibleName()
    assert not banner.findChild(QPushButton, "recovery_continue").isVisible()
    button(banner, "discard")


def test_what_is_said() -> None:
    state = StateFacts(step=3200)
    run = RunFacts(run="a", saved=1000.0, epoch=7, epochs=20, state=state)
    offer = Recovery(Path("x"), 1020.0, DeskFacts(saved=990.0, name="LeNet-5", run="a"), run)
    assert question(offer) == "Continue where the last session ended (LeNet-5, epoch 7, 20 s before the end)?"
    assert "step 3,200, can go on exactly" in details(offer)
    minutes = Recovery(Path("x"), 1300.0, DeskFacts(saved=1000.0, name="Mine"))
    assert question(minutes) == "Continue where the last session ended (Mine, 5 min before the end)?"


def test_every_word_is_within_the_banner(qtbot: QtBot, start: Start, window: QWidget) -> None:
    program = left_behind(qtbot, start, 5, 6)
    banner = RecoveryBanner(program.recovery, window, window.findChild(QLabel, "bar"))
    program.recovery.look()
    qtbot.waitUntil(banner.isVisible)
    for width in (1000, 420):
        window.resize(width, 500)
        for label in banner.findChildren(QLabel):
            assert banner.rect().contains(label.geometry())
            assert label.height() >= label.heightForWidth(label.width())
        assert banner.mapTo(window, QPoint(0, 0)).x() >= 0
