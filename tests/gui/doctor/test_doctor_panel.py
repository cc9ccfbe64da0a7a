"""What the doctor shows, and what its buttons do to settings, network and training, by mouse and by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from nnstudio.engine.optimizers import Adam
from nnstudio.gui.doctor.data_check import DataCheck, facts_of, too_large
from nnstudio.gui.doctor.doctor_model import DoctorModel
from nnstudio.gui.doctor.doctor_panel import DoctorPanel
from nnstudio.gui.doctor.finding_card import FindingCard, WrappingButton
from nnstudio.gui.doctor.sparkline import Sparkline
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.training.doctor import DataFacts, Series, Severity
from nnstudio.training.events import (
    ActivationStatistics,
    Histogram,
    Measured,
    ParameterStatistics,
    Paused,
    Resumed,
    Started,
    Steps,
)
from tests.gui.fake_trainer import FakeTrainer

STARTED = Started("Test device", 64, 100, 3, 0.001)
DIVERGED = Paused(3, "Training diverged: the loss became NaN or infinite in step 5; the weights conv1.weight are no "
                  "longer finite.", "Lower the learning rate.")  # fmt: skip
BINS = Histogram(0.0, 1.0, np.ones(4, np.int64))
UNEVEN = DataFacts(tuple("0123456789"), (1000,) * 9 + (50,), 500, 0)


def measured(step: int, dead: float) -> Measured:
    parameter = ParameterStatistics(norm=1.0, gradient_norm=0.1, update_norm=0.001, histogram=BINS)
    names = ("conv1.weight", "conv2.weight", "dense1.weight", "dense2.weight", "dense3.weight")
    activation = ActivationStatistics(0.1, 1.0, dead, dead, BINS)
    return Measured(step, dict.fromkeys(names, parameter), {"relu3": activation})


def steps(step: int) -> Steps:
    return Steps(step, 1, np.full(20, 0.5), np.full(20, 0.8), 0.001, 1000.0)


def measure(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, first: int, last: int, dead: float) -> None:
    """Some blocks of steps, each with a measurement, one after another: of those that wait only some are kept."""
    for step in range(first, last + 1, 20):
        with qtbot.waitSignal(training.eventArrived, check_params_cb=lambda event: isinstance(event, Measured)):
            trainer.play(steps(step), measured(step, dead))


@pytest.fixture
def facts() -> list[DataFacts | None]:
    """What the look at the data will find."""
    return [None]


@pytest.fixture
def doctor(network: NetworkModel, training: TrainingModel, facts: list[DataFacts | None]) -> Iterator[DoctorModel]:
    model = DoctorModel(network, training, check=DataCheck(lambda _name, _cancel: facts[0]))
    yield model
    model.shut_down()


@pytest.fixture
def panel(qtbot: QtBot, doctor: DoctorModel) -> DoctorPanel:
    panel = DoctorPanel(doctor)
    panel.resize(300, 900)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def card(panel: DoctorPanel, cause: str) -> FindingCard:
    return panel.findChild(FindingCard, f"finding_{cause}")


def text(panel: DoctorPanel, name: str) -> str:
    return panel.findChild(QLabel, name).text()


def remedy(panel: DoctorPanel, cause: str, number: int) -> WrappingButton:
    return panel.findChild(WrappingButton, f"remedy_{cause}_{number}")


def fall_ill(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, doctor: DoctorModel) -> None:
    """Many of the units of relu3 die."""
    training.play()
    trainer.play(STARTED)
    measure(qtbot, training, trainer, 20, 120, 0.8)
    assert [finding.cause for finding in doctor.findings] == ["dead_rectifiers"]


def test_empty_panel_invites_and_then_says_that_all_is_well(
    qtbot: QtBot, panel: DoctorPanel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    assert text(panel, "doctor_headline") == "Nobody to look after yet"
    assert "Dead units" in text(panel, "doctor_watched")
    training.play()
    trainer.play(STARTED, steps(20))
    qtbot.waitUntil(lambda: text(panel, "doctor_headline") == "Training looks healthy")


def test_divergence_goes_on_slower_at_a_click(
    qtbot: QtBot, panel: DoctorPanel, doctor: DoctorModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    badges: list[tuple[object, int]] = []
    doctor.worst.connect(lambda worst, count: badges.append((worst, count)))
    training.play()
    trainer.play(STARTED, DIVERGED)
    qtbot.waitUntil(lambda: training.state is TrainingPhase.PAUSED)
    assert badges == [(Severity.ERROR, 1)]
    assert "conv1.weight" in text(card(panel, "divergence"), "finding_text")
    button = remedy(panel, "divergence", 0)
    assert button.words == "Go on with a learning rate of 0.0001"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert training.settings.optimizer.learning_rate == 0.0001
    told = [trainer.told.get(timeout=5) for _ in range(2)]
    assert told[1] == "resume"
    trainer.play(Resumed(3), steps(23))
    qtbot.waitUntil(lambda: not doctor.findings)
    assert badges[-1] == (None, 0)
    assert text(panel, "doctor_headline") == "Training looks healthy"


def test_a_network_remedy_is_an_edit_that_can_be_undone(
    qtbot: QtBot,
    panel: DoctorPanel,
    doctor: DoctorModel,
    network: NetworkModel,
    training: TrainingModel,
    trainer: FakeTrainer,
) -> None:
    fall_ill(qtbot, training, trainer, doctor)
    before = network.spec
    qtbot.mouseClick(remedy(panel, "dead_rectifiers", 0), Qt.MouseButton.LeftButton)
    assert network.spec.node("relu3").layer.title == "Leaky ReLU"
    assert network.undo_stack.undoText() == "Use Leaky ReLU instead of relu3"
    assert "Takes effect when training is started again" in text(panel, "done_dead_rectifiers")
    qtbot.mouseClick(panel.findChild(QPushButton, "undo_dead_rectifiers"), Qt.MouseButton.LeftButton)
    assert network.spec == before
    assert not panel.findChild(QLabel, "done_dead_rectifiers").isVisible()


def test_an_edit_undone_elsewhere_offers_no_second_undo(
    qtbot: QtBot,
    panel: DoctorPanel,
    doctor: DoctorModel,
    network: NetworkModel,
    training: TrainingModel,
    trainer: FakeTrainer,
) -> None:
    fall_ill(qtbot, training, trainer, doctor)
    doctor.apply(doctor.findings[0], doctor.findings[0].remedies[0])
    undo = panel.findChild(QPushButton, "undo_dead_rectifiers")
    assert undo.isVisible()
    network.undo_stack.undo()
    assert not undo.isVisible()


def test_a_remedy_that_no_longer_fits_says_so(
    qtbot: QtBot,
    panel: DoctorPanel,
    doctor: DoctorModel,
    network: NetworkModel,
    training: TrainingModel,
    trainer: FakeTrainer,
) -> None:
    fall_ill(qtbot, training, trainer, doctor)
    network.edit("Remove relu3", network.spec.remove("relu3"))
    qtbot.mouseClick(remedy(panel, "dead_rectifiers", 0), Qt.MouseButton.LeftButton)
    assert "not possible any more. There is no layer named “relu3”." in text(panel, "doctor_refusal")


def test_settings_are_put_back_without_touching_others(
    qtbot: QtBot, panel: DoctorPanel, doctor: DoctorModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    fall_ill(qtbot, training, trainer, doctor)
    slower = remedy(panel, "dead_rectifiers", 1)
    slower.setFocus()
    qtbot.keyClick(slower, Qt.Key.Key_Space)
    assert training.settings.optimizer.learning_rate == 0.0003
    assert text(panel, "done_dead_rectifiers") == "Done: Reduce the learning rate to 0.0003."
    training.set_settings(training.settings.model_copy(update={"epochs": 7}))
    undo = panel.findChild(QPushButton, "undo_dead_rectifiers")
    undo.setFocus()
    qtbot.keyClick(undo, Qt.Key.Key_Space)
    assert training.settings.optimizer == Adam()
    assert training.settings.epochs == 7


def test_a_finding_stays_until_it_is_known_to_be_cured(
    qtbot: QtBot, panel: DoctorPanel, doctor: DoctorModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    fall_ill(qtbot, training, trainer, doctor)
    training.set_settings(training.settings.model_copy(update={"optimizer": Adam(learning_rate=0.0003)}))
    measure(qtbot, training, trainer, 140, 180, 0.0)
    assert doctor.findings
    measure(qtbot, training, trainer, 200, 320, 0.0)
    assert not doctor.findings


def test_dismissed_by_keyboard_and_not_told_again(
    qtbot: QtBot, panel: DoctorPanel, doctor: DoctorModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    fall_ill(qtbot, training, trainer, doctor)
    dismiss = panel.findChild(QToolButton, "dismiss_dead_rectifiers")
    dismiss.setFocus()
    qtbot.keyClick(dismiss, Qt.Key.Key_Space)
    assert doctor.findings == ()
    measure(qtbot, training, trainer, 140, 140, 1.0)
    assert doctor.findings == ()


def test_the_data_are_looked_at_once_training_has_started(
    qtbot: QtBot,
    panel: DoctorPanel,
    doctor: DoctorModel,
    training: TrainingModel,
    trainer: FakeTrainer,
    facts: list[DataFacts | None],
) -> None:
    facts[0] = UNEVEN
    training.play()
    trainer.play(STARTED)
    qtbot.waitUntil(lambda: bool(doctor.findings))
    assert card(panel, "class_imbalance").accessibleName() == "Warning: Rare among the training pictures: “9”"
    qtbot.mouseClick(remedy(panel, "class_imbalance", 0), Qt.MouseButton.LeftButton)
    assert len(training.settings.loss.class_weights) == 10


def test_rewinding_is_offered_only_where_something_can(
    qtbot: QtBot, doctor: DoctorModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    training.play()
    losses = [0.5, 2.0, 0.5, 2.0, 0.5, 2.0]
    blocks = [Steps(20 * (n + 1), 1, np.full(20, loss), np.full(20, 0.8), 0.001, 1e3) for n, loss in enumerate(losses)]
    trainer.play(STARTED, *[event for block in blocks for event in (block, measured(block.step, 0.0))])
    qtbot.waitUntil(lambda: bool(doctor.findings))
    (finding,) = doctor.findings
    assert finding.cause == "edge_of_stability"
    assert all(remedy.rewind is None for remedy in doctor.remedies(finding))
    wanted: list[int] = []
    doctor.rewind = wanted.append
    back = next(remedy for remedy in doctor.remedies(finding) if remedy.rewind is not None)
    doctor.apply(finding, back)
    assert wanted == [20]
    assert training.settings.optimizer.learning_rate == 0.0001


def test_everything_has_a_name_and_can_be_reached(
    qtbot: QtBot, panel: DoctorPanel, doctor: DoctorModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    fall_ill(qtbot, training, trainer, doctor)
    inside = card(panel, "dead_rectifiers")
    controls = [*inside.findChildren(QPushButton), *inside.findChildren(QToolButton)]
    assert len(controls) == 4
    for control in controls:
        assert control.objectName()
        assert control.accessibleName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    (curve,) = panel.findChildren(Sparkline)
    assert curve.accessibleDescription().startswith("Dead units of relu3: 0.8 at step 20")


def test_long_remedies_wrap_in_a_narrow_panel(qtbot: QtBot) -> None:
    button = WrappingButton("Stop after 5 epochs without a better validation loss")
    qtbot.addWidget(button)
    assert button.heightForWidth(150) > button.heightForWidth(600)
    assert button.minimumSizeHint().width() < 150


@pytest.mark.parametrize("values", [(), (1.0,), (2.0, 2.0), (1e-6, 1.0, float("inf"))])
def test_any_curve_can_be_painted(qtbot: QtBot, values: tuple[float, ...]) -> None:
    curve = Sparkline(Series("Loss", tuple(range(len(values))), values, limit=0.5, log=True))
    qtbot.addWidget(curve)
    curve.resize(160, 48)
    assert not curve.grab().isNull()


def test_facts_of_real_data_and_a_limit_on_the_disk(tmp_path_factory: pytest.TempPathFactory) -> None:
    facts = facts_of("clusters", threading.Event())
    assert facts
    assert (facts.counts, facts.validation, facts.duplicates) == ((1000, 1000), 500, 0)
    folder = tmp_path_factory.mktemp("data")
    (folder / "some").mkdir()
    (folder / "some" / "picture").write_bytes(b"x" * 100)
    assert too_large(folder, 99)
    assert not too_large(folder, 100)
    assert too_large(folder / "some" / "picture", 99)
