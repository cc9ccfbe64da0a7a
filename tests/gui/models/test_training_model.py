"""Training as the window sees it, with a trainer that obeys the test."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from nnstudio.engine.optimizers import SGD, Adam
from nnstudio.errors import NNStudioError
from nnstudio.gui.models import weights_model
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weight_edit import WeightsError
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.worker import Ended, Mailbox
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.presets import autoencoder, lenet5
from nnstudio.training.events import (
    DeviceChanged,
    EpochDone,
    Failed,
    Finished,
    Measured,
    Paused,
    Resumed,
    SettingsChanged,
    Snapshot,
    Started,
    Steps,
)
from nnstudio.training.settings import TrainingSettings
from tests.gui.fake_trainer import FakeTrainer

STARTED = Started("Test device", 64, 100, 3, 0.001)


def steps(last: int, count: int) -> Steps:
    return Steps(last, 1, np.full(count, 0.5), np.full(count, 0.9), 0.001, 1000.0)


def finished(weights: WeightsModel, step: int, *, stopped: bool = False, accuracy: float | None = 0.98) -> Finished:
    parameters = {name: np.zeros_like(values) for name, values in weights.parameters.items()}
    state = TrainingState(parameters, (), step)
    return Finished(step, 1, state, stopped, "Test device", 1000.0, None if stopped else 0.1, accuracy)


def until(qtbot: QtBot, training: TrainingModel, phase: TrainingPhase) -> None:
    qtbot.waitUntil(lambda: training.state is phase)


def test_a_run_from_start_to_end(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    training.play()
    assert training.state is TrainingPhase.PREPARING
    end = finished(weights, 100)
    trainer.play(STARTED, steps(60, 60), Snapshot(60, weights.parameters), steps(100, 40))
    trainer.play(EpochDone(1, 100, 0.5, 0.9, 0.4, 0.95, 1000.0), end, None)
    with qtbot.waitSignal(training.message) as message:
        until(qtbot, training, TrainingPhase.IDLE)
    assert message.args[0] == "good"
    assert "98.00%" in message.args[1]
    np.testing.assert_array_equal(training.curves.training_loss.x, np.arange(1, 101))
    np.testing.assert_array_equal(training.curves.validation_accuracy.y, [0.95])
    assert weights.parameters is end.state.parameters
    assert weights.step == 100
    assert training.status.test_accuracy == 0.98
    assert training.from_current


def test_pause_resume_step_stop_reach_the_trainer(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    trainer.play(STARTED)
    until(qtbot, training, TrainingPhase.RUNNING)
    training.toggle()
    assert trainer.told.get(timeout=5) == "pause"
    trainer.play(Paused(5))
    until(qtbot, training, TrainingPhase.PAUSED)
    training.step()
    assert trainer.told.get(timeout=5) == "step"
    training.toggle()
    assert trainer.told.get(timeout=5) == "resume"
    trainer.play(Resumed(5))
    until(qtbot, training, TrainingPhase.RUNNING)
    training.stop()
    assert trainer.told.get(timeout=5) == "stop"
    until(qtbot, training, TrainingPhase.IDLE)


def test_a_step_from_rest_does_one_step_only(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.step()
    assert trainer.told.get(timeout=5) == "step"


def test_stopping_while_preparing(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    trainer.ready.clear()
    training.play()
    qtbot.waitUntil(lambda: training.status.preparing is not None)
    training.stop()
    trainer.ready.set()
    assert trainer.told.get(timeout=5) == "stop"
    until(qtbot, training, TrainingPhase.IDLE)


def test_failing_to_prepare_says_why(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    with qtbot.waitSignal(training.message) as message:
        trainer.play(NNStudioError("The disk is gone.", "Buy one."))
    assert message.args == ["error", "The disk is gone.", "Buy one."]
    until(qtbot, training, TrainingPhase.IDLE)


def test_failing_on_the_way_says_why(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    with qtbot.waitSignal(training.message) as message:
        trainer.play(STARTED, Failed("Too large.", "Make it smaller."), None)
    assert message.args == ["error", "Too large.", "Make it smaller."]
    until(qtbot, training, TrainingPhase.IDLE)


def test_a_bug_ends_the_run_and_is_not_swallowed(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    with capture_exceptions() as caught:
        training.play()
        trainer.play(STARTED, ZeroDivisionError("bug"))
        until(qtbot, training, TrainingPhase.IDLE)
    assert [kind for kind, *_ in caught] == [ZeroDivisionError]


def test_divergence_pauses_with_a_reason(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    with qtbot.waitSignal(training.message) as message:
        trainer.play(STARTED, steps(10, 10), Paused(5, "Training diverged.", "Lower the rate."))
    assert message.args == ["warning", "Training diverged.", "Lower the rate."]
    until(qtbot, training, TrainingPhase.PAUSED)
    trainer.play(Resumed(5), steps(7, 2))
    qtbot.waitUntil(lambda: training.status.step == 7)
    np.testing.assert_array_equal(training.curves.training_loss.x, np.arange(1, 8))


def test_another_device(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    with qtbot.waitSignal(training.message) as message:
        trainer.play(STARTED, steps(10, 10), DeviceChanged(4, "NumPy", "The GPU failed."))
    assert message.args[:2] == ["warning", "The GPU failed."]
    assert training.status.device == "NumPy"
    assert len(training.curves.training_loss) == 4


def test_the_learning_rate_changes_while_running(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    training.set_settings(training.settings.model_copy(update={"optimizer": Adam(learning_rate=0.1)}))
    assert trainer.told.get(timeout=5) == 0.1


def test_editing_the_network_ends_the_run(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    training.play()
    trainer.play(STARTED)
    until(qtbot, training, TrainingPhase.RUNNING)
    with qtbot.waitSignal(training.message) as message:
        network.edit("Units", network.spec.replace("dense1", Dense(units=12)))
    assert message.args[0] == "warning"
    until(qtbot, training, TrainingPhase.IDLE)
    assert weights.parameters["dense1.weight"].shape == (12, 400)


def test_an_unsound_network_is_not_trained(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel
) -> None:
    network.set_spec(network.spec.remove("output1"))
    with qtbot.waitSignal(training.message) as message:
        training.play()
    assert message.args[0] == "error"
    assert "no output" in message.args[1]
    assert training.state is TrainingPhase.IDLE
    assert not trainer.requests


@pytest.mark.parametrize(("done", "epochs"), [(100, 3), (300, 6)])
def test_going_on_exactly_where_the_last_run_ended(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel, done: int, epochs: int
) -> None:
    training.set_settings(TrainingSettings(epochs=3))
    training.play()
    end = finished(weights, done)
    trainer.play(STARTED, steps(done, done), end, None)
    until(qtbot, training, TrainingPhase.IDLE)
    training.play()
    trainer.play(STARTED, steps(done + 1, 1), None)
    until(qtbot, training, TrainingPhase.IDLE)
    assert trainer.requests[1].state is end.state
    assert trainer.requests[1].settings.epochs == epochs
    assert len(training.curves.training_loss) == done + 1


def test_with_another_optimizer_only_the_weights_are_kept(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    training.play()
    trainer.play(STARTED, steps(5, 5), finished(weights, 5), None)
    until(qtbot, training, TrainingPhase.IDLE)
    training.set_settings(training.settings.model_copy(update={"optimizer": SGD()}))
    training.play()
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)
    assert trainer.requests[1].state is weights.parameters
    assert len(training.curves.training_loss) == 0


def test_new_weights_when_asked_for(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.choose(from_current=False, dataset="mnist", device="numpy")
    training.play()
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)
    request = trainer.requests[0]
    assert (request.state, request.dataset, request.device) == (None, "mnist", "numpy")


def test_an_abandoned_run_leaves_no_trace(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    trainer.play(STARTED, steps(5, 5))
    qtbot.waitUntil(lambda: training.status.step == 5)
    training.abandon()
    until(qtbot, training, TrainingPhase.IDLE)
    assert len(training.curves.training_loss) == 0
    assert training.status.step == 0


def test_the_mailbox_keeps_the_newest_snapshot() -> None:
    box, events = Mailbox(), [Snapshot(1, {}), steps(1, 1), Snapshot(2, {}), Ended()]
    told = [box.put(event) for event in events]
    assert told == [True, False, False, False]
    assert box.take() == events[1:]
    assert box.take() == []


def measured(step: int) -> Measured:
    return Measured(step, {}, {})


def test_the_mailbox_keeps_the_newest_measurements_in_order() -> None:
    """However slow the window is, little waits for it."""
    box = Mailbox()
    for step in range(100):
        box.put(measured(step))
        box.put(steps(step, 1))
    letters = box.take()
    assert [letter.step for letter in letters if isinstance(letter, Measured)] == [96, 97, 98, 99]
    assert [letter.step for letter in letters if isinstance(letter, Steps)] == list(range(100))


def test_every_event_is_told_on(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    """After the model has taken note of it."""
    told: list[tuple[object, int]] = []
    training.eventArrived.connect(lambda event: told.append((event, training.status.step)))
    events = [STARTED, steps(1, 1), measured(1), SettingsChanged(1, "learning rate 0.1 → 0.2")]
    training.play()
    trainer.play(*events, None)
    until(qtbot, training, TrainingPhase.IDLE)
    assert [event for event, _ in told] == events
    assert [step for _, step in told] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("update", "told"),
    [
        ({"optimizer": Adam(learning_rate=0.1)}, 0.1),
        ({"optimizer": Adam(beta1=0.5)}, Adam(beta1=0.5)),
        ({"batch_size": 32}, 32),
        ({"optimizer": SGD(), "batch_size": 32}, 32),  # another optimizer is for the next run
    ],
)
def test_what_can_change_while_running_reaches_the_trainer(
    training: TrainingModel, trainer: FakeTrainer, update: dict[str, object], told: object
) -> None:
    training.play()
    training.set_settings(training.settings.model_copy(update=update))
    assert trainer.told.get(timeout=5) == told
    assert trainer.told.empty()


def test_one_epoch(training: TrainingModel, trainer: FakeTrainer) -> None:
    training.step_epoch()
    assert trainer.told.get(timeout=5) == "epoch"


# ---- networks that answer otherwise


def test_a_loss_that_cannot_judge_the_answer_gives_way_visibly(
    qtbot: QtBot, training: TrainingModel, network: NetworkModel
) -> None:
    training.set_settings(training.settings.model_copy(update={"loss": CrossEntropy(label_smoothing=0.1)}))
    with qtbot.waitSignal(training.message) as message, qtbot.waitSignal(training.settingsChanged):
        network.set_spec(autoencoder())
    assert training.settings.loss == BinaryCrossEntropy()
    assert message.args[1].startswith("The loss is Binary cross-entropy now: Cross-entropy cannot judge")
    with qtbot.waitSignal(training.message):
        network.set_spec(lenet5())
    assert training.settings.loss == CrossEntropy()


def test_a_loss_that_can_judge_the_answer_stays(qtbot: QtBot, training: TrainingModel, network: NetworkModel) -> None:
    training.set_settings(training.settings.model_copy(update={"loss": MeanSquaredError()}))
    with qtbot.assertNotEmitted(training.message):
        network.edit("Output", network.spec.replace("output1", SigmoidOutput()))
        network.edit("Remove", network.spec.remove("output1"))
    assert training.settings.loss == MeanSquaredError()


def test_without_classes_the_end_is_told_by_the_loss(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    network.set_spec(autoencoder())
    unknown = float("nan")
    training.play()
    losses = Steps(10, 1, np.full(10, 0.5), np.full(10, unknown), 0.001, 1000.0)
    trainer.play(STARTED, losses, EpochDone(1, 10, 0.5, unknown, 0.4, unknown, 1000.0))
    trainer.play(finished(weights, 10, accuracy=unknown), None)
    with qtbot.waitSignal(training.message) as message:
        until(qtbot, training, TrainingPhase.IDLE)
    assert message.args[1] == "Training finished: the test loss is 0.1000."
    assert training.status.test_accuracy is None
    assert len(training.curves.training_loss) == 10
    assert len(training.curves.training_accuracy) == len(training.curves.validation_accuracy) == 0


# ---- early stopping, averages, augmentation


def test_stopping_early_is_told_with_the_weights_that_are_back(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    training.play()
    best = finished(weights, 200).state
    end = Finished(500, 5, best, False, "Test device", 1000.0, 0.1, 0.98, stopped_early=True, best_epoch=2)
    trainer.play(STARTED, steps(500, 500), end, None)
    with qtbot.waitSignal(training.message) as message:
        until(qtbot, training, TrainingPhase.IDLE)
    assert message.args[1:] == [
        "Training stopped early after epoch 5: 98.00% of the test pictures are recognised.",
        "The validation loss did not become better any more. The weights are those after epoch 2, the best.",
    ]
    assert weights.step == 200


def test_averaged_weights_are_what_is_kept_and_training_goes_on_from_the_state(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    training.set_settings(TrainingSettings(epochs=1, optimizer=SGD(average=0.99)))
    training.play()
    last = {name: np.zeros_like(values) for name, values in weights.parameters.items()}
    average = {name: np.ones_like(values) for name, values in weights.parameters.items()}
    state = TrainingState(last, (average,), 100, averaged=True)
    trainer.play(STARTED, steps(100, 100), Finished(100, 1, state, False, "Test device", 1000.0, 0.1, 0.98), None)
    with qtbot.waitSignal(training.message) as message:
        until(qtbot, training, TrainingPhase.IDLE)
    assert message.args[2] == "The weights are averages over the last steps."
    assert all((values == 1).all() for values in weights.parameters.values())
    training.play()
    qtbot.waitUntil(lambda: len(trainer.requests) == 2)
    assert trainer.requests[1].state is state
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)
    training.set_settings(TrainingSettings(epochs=1, optimizer=SGD()))
    training.play()
    qtbot.waitUntil(lambda: len(trainer.requests) == 3)
    assert not isinstance(trainer.requests[2].state, TrainingState), "without an average the state is another's"
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)


def test_augmentation_changes_while_running(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    training.set_settings(training.settings.model_copy(update={"augmentation": Augmentation(shift=3)}))
    assert trainer.told.get(timeout=5) == Augmentation(shift=3)
    training.set_settings(training.settings.model_copy(update={"epochs": 7}))
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)
    assert trainer.told.empty()


# ---- editing while there is a run


def sound_state(weights: WeightsModel, step: int) -> TrainingState:
    """As a run with Adam leaves it: weights, and two values that the optimizer remembers for each."""
    parameters = {name: values + 1 for name, values in weights.parameters.items()}
    slots = tuple({name: np.full_like(values, 9 + slot) for name, values in parameters.items()} for slot in range(2))
    return TrainingState(parameters, slots, step)


def paused(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel, step: int = 40
) -> Finished:
    """A run that waits; how it ends when it is stopped."""
    state = sound_state(weights, step)
    training.play()
    trainer.play(STARTED, steps(step, step), Snapshot(step, dict(state.parameters)), Paused(step))
    until(qtbot, training, TrainingPhase.PAUSED)
    trainer.parting = Finished(step, 1, state, True, "Test device", 1000.0, None, None)
    return trainer.parting


def continued(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> TrainingState:
    """Let the stopped run end, go on, and see with what."""
    until(qtbot, training, TrainingPhase.IDLE)
    training.play()
    until(qtbot, training, TrainingPhase.PREPARING)
    qtbot.waitUntil(lambda: len(trainer.requests) == 2)
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)
    state = trainer.requests[1].state
    assert isinstance(state, TrainingState)
    return state


def test_a_paused_run_goes_on_with_the_edited_network(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    end = paused(qtbot, training, trainer, weights)
    told: list[str] = []
    training.message.connect(lambda _severity, what, _hint: told.append(what))
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    state = continued(qtbot, training, trainer)
    assert told[0] == "Training was stopped because the network was changed."
    assert told[1].endswith(": conv1, conv2 and dense1 keep their weights, dense2 and dense3 are widened.")
    assert trainer.requests[1].spec == network.flat
    assert state.step == 40
    assert len(training.curves.training_loss) == 40, "curves go on"
    np.testing.assert_array_equal(state.parameters["conv1.weight"], end.state.parameters["conv1.weight"])
    np.testing.assert_array_equal(
        state.parameters["dense2.weight"], end.state.parameters["dense2.weight"][np.arange(100) * 84 // 100]
    )
    assert (state.slots[1]["conv1.weight"] == 10).all(), "what is the same is remembered by the optimizer"
    assert not state.slots[1]["dense2.weight"].any()


def test_undone_before_going_on_nothing_has_happened(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    end = paused(qtbot, training, trainer, weights)
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    network.undo_stack.undo()
    assert continued(qtbot, training, trainer) is end.state


def test_the_newest_weights_are_never_lost(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    """What arrives after the edit was learned all the same."""
    training.play()
    trainer.play(STARTED)
    until(qtbot, training, TrainingPhase.RUNNING)
    first, last = sound_state(weights, 50), sound_state(weights, 57)
    trainer.parting = Finished(57, 1, last, True, "Test device", 1000.0, None, None)
    trainer.play(Snapshot(50, first.parameters))
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    until(qtbot, training, TrainingPhase.IDLE)
    assert weights.step == 57
    assert weights.spec == network.flat
    assert weights.parameters["conv1.weight"] is last.parameters["conv1.weight"]
    network.undo_stack.undo()
    assert weights.parameters is last.parameters


def test_what_is_not_computed_does_not_disturb_a_run(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel
) -> None:
    training.play()
    trainer.play(STARTED)
    until(qtbot, training, TrainingPhase.RUNNING)
    with qtbot.assertNotEmitted(training.message):
        network.edit("Move", network.spec.place({"conv1": (40, 80)}))
        network.edit("Group", network.spec.join(["conv1", "relu1"], "edges"))
        network.undo_stack.undo()
    assert training.state is TrainingPhase.RUNNING
    assert trainer.told.empty()
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)


def test_a_weight_changed_by_hand_while_paused_is_what_goes_on(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    end = paused(qtbot, training, trainer, weights)
    weights.set_value("dense3.bias", (4,), 0.25)
    state = continued(qtbot, training, trainer)
    assert state.parameters["dense3.bias"][4] == 0.25
    assert state.step == 40
    assert (state.slots[0]["dense3.bias"] == 9).all()
    np.testing.assert_array_equal(state.parameters["dense1.weight"], end.state.parameters["dense1.weight"])


def test_no_weight_can_be_changed_while_training_runs(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    training.play()
    trainer.play(STARTED)
    until(qtbot, training, TrainingPhase.RUNNING)
    with pytest.raises(WeightsError, match="Training is changing the weights"):
        weights.set_value("dense3.bias", (4,), 0.25)
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)
    weights.set_value("dense3.bias", (4,), 0.25)


def test_play_while_the_old_run_is_still_ending(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    paused(qtbot, training, trainer, weights)
    network.edit("Dropout", network.spec.insert_after("relu3", Dropout()))
    training.play()
    qtbot.waitUntil(lambda: len(trainer.requests) == 2)
    assert trainer.requests[1].spec == network.flat
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)


def test_going_on_waits_for_weights_that_are_still_drawn(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel, weights: WeightsModel
) -> None:
    end = paused(qtbot, training, trainer, weights)
    network.edit("Units", network.spec.replace("dense1", Dense(units=4000)))
    assert not weights.ready
    state = continued(qtbot, training, trainer)
    assert state.parameters["dense1.weight"].shape == (4000, 400)
    np.testing.assert_array_equal(state.parameters["dense1.weight"][::400], end.state.parameters["dense1.weight"][::12])


def test_a_network_too_large_to_carry_weights_over_says_so(
    qtbot: QtBot,
    training: TrainingModel,
    trainer: FakeTrainer,
    network: NetworkModel,
    weights: WeightsModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights_model, "_AT_MOST", 1000)
    weights.load(dict(weights.parameters), 100)
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    with qtbot.waitSignal(training.message) as message:
        training.play()
    assert message.args[1].startswith("The network is so large now that nothing was carried over")
    trainer.play(None)
    until(qtbot, training, TrainingPhase.IDLE)


def test_a_loaded_network_that_is_edited_is_trained_further(
    training: TrainingModel, network: NetworkModel, weights: WeightsModel
) -> None:
    weights.load(dict(weights.parameters), 100)
    assert not training.from_current
    network.edit("Move", network.spec.place({"conv1": (40, 80)}))
    assert not training.from_current
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    assert training.from_current


def test_after_other_runs_all_is_as_it_stood(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    """What was never learned too."""
    standing, before = training.standing(), {name: values.copy() for name, values in weights.parameters.items()}
    assert training.newest_state is None
    training.set_settings(TrainingSettings(epochs=1, seed=7))
    training.play()
    trainer.play(STARTED, steps(2, 2), finished(weights, 2), None)
    qtbot.waitUntil(lambda: not training.active and training.from_current)
    newest = training.newest_state
    assert newest is not None and newest[0].seed == 7 and newest[1].step == 2
    training.return_to(standing)
    assert (training.settings, training.from_current, weights.step) == (standing.settings, False, 0)
    assert not weights.learned and len(training.curves.training_loss) == 0
    for name, values in before.items():
        np.testing.assert_array_equal(weights.parameters[name], values)
