"""Each illness in a real training: the doctor finds it, says why, and its remedy helps. Healthy ones hear nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.digits import make_digits
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.losses import CrossEntropy, MeanSquaredError
from nnstudio.engine.optimizers import SGD, Adam, Momentum, Optimizer
from nnstudio.engine.plan import compile_plan
from nnstudio.network import Layer, NetworkSpec, check
from nnstudio.network.layers.activation import ReLU, Sigmoid
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from nnstudio.network.presets.templates import TEMPLATES
from nnstudio.training.doctor import Doctor, Finding, Remedy, Severity, examine_data
from nnstudio.training.doctor.rules import RULES
from nnstudio.training.events import DeviceChanged, EpochDone, Measured, Paused, Started, Steps
from nnstudio.training.settings import TrainingSettings
from tests.training.ward import Ward, heaps, points

Weights = Mapping[str, np.ndarray]


def dense_network(*hidden: Layer, output: Layer | None = None) -> NetworkSpec:
    """For points: activations ``hidden``, each behind 16 units."""
    layers: list[Layer] = [Input(channels=2, height=1, width=1), Flatten()]
    for activation in hidden:
        layers += [Dense(units=16), activation]
    return chain("patient", [*layers, Dense(units=2), output or SoftmaxOutput()])


def weights_of(spec: NetworkSpec, *, scale: float = 1.0, **biases: float) -> Weights:
    """Fresh weights times ``scale``, and the biases of some layers."""
    fresh = initial_parameters(compile_plan(spec), Initializer.HE_NORMAL, 0)
    scaled = {name: values * np.float32(scale) for name, values in fresh.items()}
    return scaled | {f"{layer}.bias": np.full(16, value, np.float32) for layer, value in biases.items()}


def preset(name: str) -> NetworkSpec:
    return next(template.spec for template in TEMPLATES if template.name == name)


@cache
def digits(train: int, validation: int) -> Dataset:
    return Dataset("digits", make_digits(train, 0), make_digits(validation, 1), None, tuple("0123456789"))


def only_few_of_one(train: int, rare: int) -> Dataset:
    samples = points(2 * train, 0)
    kept = np.r_[np.flatnonzero(samples.labels == 0), np.flatnonzero(samples.labels == 1)[:rare]]
    return Dataset("uneven", Samples(samples.images[kept], samples.labels[kept]), points(200, 1), None, ("many", "few"))


# ---- the patients; each is made once


@cache
def diverging() -> Ward:
    settings = TrainingSettings(optimizer=SGD(learning_rate=10), loss=MeanSquaredError(), batch_size=32)
    return Ward(dense_network(ReLU(), output=LinearOutput()), heaps(), settings).run()


@cache
def dead() -> Ward:
    spec = dense_network(ReLU(), ReLU())
    settings = TrainingSettings(epochs=20, batch_size=32, optimizer=SGD(learning_rate=0.01))
    return Ward(spec, heaps(), settings, weights_of(spec, dense1=-20)).run()


@cache
def one_answer() -> Ward:
    spec = dense_network(ReLU())
    fresh = {**weights_of(spec), "dense2.bias": np.array([100, 0], np.float32)}
    settings = TrainingSettings(epochs=12, batch_size=32, optimizer=SGD(learning_rate=0.001))
    return Ward(spec, heaps(), settings, fresh).run()


@cache
def vanishing() -> Ward:
    spec = dense_network(*[Sigmoid()] * 10)
    return Ward(spec, heaps(), TrainingSettings(epochs=5, batch_size=32, optimizer=SGD(learning_rate=0.1))).run()


@cache
def exploding() -> Ward:
    spec = dense_network(*[ReLU()] * 4)
    settings = TrainingSettings(epochs=4, batch_size=32, optimizer=SGD(learning_rate=1e-6))
    return Ward(spec, heaps(shift=0.2), settings, weights_of(spec, scale=8)).run()


@cache
def large_steps() -> Ward:
    settings = TrainingSettings(epochs=6, batch_size=32, optimizer=SGD(learning_rate=5))
    return Ward(dense_network(), heaps(shift=0), settings).run()


@cache
def small_steps() -> Ward:
    """A loss that falls all the same, since there is so much of it."""
    settings = TrainingSettings(epochs=10, optimizer=SGD(learning_rate=2e-5))
    return Ward(preset("mlp"), digits(1280, 100), settings, weights_of(preset("mlp"), scale=4)).run()


@cache
def faint() -> Ward:
    spec = dense_network(*[ReLU()] * 4)
    settings = TrainingSettings(epochs=8, batch_size=32, optimizer=SGD(learning_rate=0.05))
    return Ward(spec, heaps(), settings, weights_of(spec, scale=0.1)).run()


@cache
def no_progress_for_others() -> Ward:
    """Everything known by heart, and the loss of others comes to rest where it is."""
    few = Dataset("few", make_digits(128, 0), make_digits(200, 1), None, tuple("0123456789"))
    settings = TrainingSettings(epochs=60, optimizer=Adam(learning_rate=0.002))
    return Ward(preset("mlp"), few, settings, measures=False).run()


@cache
def motionless() -> Ward:
    settings = TrainingSettings(epochs=16, batch_size=32, optimizer=SGD(learning_rate=1e-6))
    return Ward(dense_network(ReLU()), heaps(), settings).run()


@cache
def jumping() -> Ward:
    settings = TrainingSettings(epochs=14, optimizer=SGD(learning_rate=3))
    return Ward(preset("perceptron"), digits(1280, 100), settings, measures=False).run()


@cache
def resting() -> Ward:
    settings = TrainingSettings(epochs=100, batch_size=32, optimizer=Adam(learning_rate=0.01))
    return Ward(dense_network(), heaps(shift=0.4), settings, measures=False).run()


@cache
def guessing() -> Ward:
    settings = TrainingSettings(epochs=60, batch_size=32, optimizer=Adam(learning_rate=0.001))
    return Ward(dense_network(), heaps(shift=0.0), settings, measures=False).run()


@cache
def by_heart() -> Ward:
    few = Dataset("few", points(48, 0, shift=0.3), points(200, 1, shift=0.3), None, ("right", "left"))
    settings = TrainingSettings(epochs=60, batch_size=16, optimizer=Adam(learning_rate=0.02))
    return Ward(dense_network(ReLU(), ReLU()), few, settings).run()


@cache
def uneven() -> Ward:
    settings = TrainingSettings(epochs=2, batch_size=32)
    return Ward(dense_network(ReLU()), only_few_of_one(300, 12), settings).run()


@cache
def cut_off() -> Ward:
    spec = dense_network(Sigmoid(), ReLU())
    return Ward(spec, heaps(), TrainingSettings(epochs=6, batch_size=32), weights_of(spec, dense1=120)).run()


PATIENTS = {
    "divergence": diverging, "dead_rectifiers": dead, "constant_answers": one_answer, "vanishing_gradients": vanishing,
    "exploding_gradients": exploding, "updates_too_large": large_steps, "updates_too_small": small_steps,
    "rate_too_small": motionless, "edge_of_stability": jumping, "plateau": resting, "stuck_at_chance": guessing,
    "weights_too_small": faint, "overfitting": by_heart, "class_imbalance": uneven, "layer_learns_nothing": cut_off,
}  # fmt: skip


@pytest.mark.parametrize("cause", PATIENTS)
def test_each_illness_is_found(cause: str) -> None:
    finding = PATIENTS[cause]().finding(cause)
    assert finding.title
    assert finding.text.endswith(".")
    assert finding.evidence
    assert finding.remedies
    if finding.series:
        assert len(finding.series.steps) == len(finding.series.values) > 0


def test_every_rule_has_its_patient() -> None:
    assert {rule.cause for rule in RULES} == {*PATIENTS, "contaminated_validation"}


HEALTHY = [
    ("lenet5", "digits", Adam(), 3), ("mlp", "digits", Adam(), 4), ("perceptron", "digits", Adam(), 8),
    ("mlp", "digits", Momentum(learning_rate=0.01), 4), ("mlp", "digits", SGD(learning_rate=0.1), 4),
    ("points", "spirals", Adam(), 20), ("points", "clusters", Adam(), 8),
    ("xor", "xor", Adam(), 20), ("rosenblatt", "clusters", Adam(), 5),
]  # fmt: skip


@pytest.mark.parametrize(("network", "data", "optimizer", "epochs"), HEALTHY)
def test_healthy_trainings_hear_nothing(network: str, data: str, optimizer: Optimizer, epochs: int) -> None:
    spec = preset(network)
    dataset = digits(1000, 100) if data == "digits" else load_dataset(data)
    ward = Ward(spec, dataset, TrainingSettings(epochs=epochs, optimizer=optimizer).fitting(spec))
    told = ward.doctor.learn_about_data(examine_data(dataset))
    assert sum(isinstance(event, Measured) for event in ward.run().events) >= 5
    assert told + ward.told == []


def test_divergence_names_the_place_and_goes_on_slower() -> None:
    ward = diverging()
    finding = ward.doctor.findings[0]
    assert finding.severity is Severity.ERROR
    assert finding.evidence[0].value == "relu1"
    assert "weights dense1.weight are no longer finite" in finding.text
    slower = finding.remedies[0]
    assert slower.title == "Go on with a learning rate of 1"
    assert slower.go_on
    assert changed(slower, ward).optimizer.learning_rate == 1


def test_the_end_of_a_divergence_is_noticed() -> None:
    doctor = Doctor(dense_network(ReLU()), TrainingSettings(batch_size=64))
    assert doctor.hear(Paused(7, "Training diverged: the loss became NaN or infinite in step 9."))
    assert doctor.worst is Severity.ERROR
    steps = [Steps(7 + count, 1, np.full(1, 0.5), np.full(1, 0.5), 0.01, 100.0) for count in range(1, 21)]
    assert [bool(doctor.hear(event)) for event in steps] == [False] * 20
    assert doctor.findings == ()


def changed(remedy: Remedy, ward: Ward) -> TrainingSettings:
    assert remedy.settings
    return remedy.settings(ward.trainer.settings)


CURED = {
    "divergence": (diverging, 1), "rate_too_small": (motionless, 1), "updates_too_large": (large_steps, 0),
    "edge_of_stability": (jumping, 1),
}  # fmt: skip


@pytest.mark.parametrize("cause", CURED)
def test_a_remedy_cures(cause: str) -> None:
    """The same training with the settings of a remedy: what it is against does not come back."""
    make, number = CURED[cause]
    ward = make()
    remedy = ward.finding(cause).remedies[number]
    again = Ward(ward.trainer.spec, ward.trainer.dataset, changed(remedy, ward)).run()
    assert cause not in again.causes


@pytest.mark.parametrize("cause", PATIENTS)
def test_remedies_are_possible_settings_and_networks(cause: str) -> None:
    ward = PATIENTS[cause]()
    for remedy in ward.finding(cause).remedies:
        assert remedy.title
        if remedy.settings:
            settings = changed(remedy, ward)
            assert settings != ward.trainer.settings
            assert TrainingSettings.model_validate(settings.model_dump()) == settings
        if remedy.network:
            edited = remedy.network(ward.trainer.spec)
            assert edited != ward.trainer.spec
            assert check(edited).ok


def test_units_must_be_seen_often_enough_to_be_called_dead() -> None:
    """Of large networks few pictures are measured; a channel is seen at all places of them."""
    small = Doctor(preset("lenet5"), TrainingSettings(batch_size=16)).chart
    assert (small.looks("relu4"), small.looks("relu2")) == (16, 16 * 100)
    assert Doctor(preset("lenet5"), TrainingSettings(batch_size=256)).chart.looks("relu4") == 64
    assert Doctor(preset("vgg16"), TrainingSettings()).chart.looks("relu14") == 1


def test_leaky_units_take_the_place_of_dead_ones() -> None:
    finding = dead().finding("dead_rectifiers")
    assert finding.severity is Severity.ERROR
    assert [figure.label for figure in finding.evidence] == ["Dead in relu1", "Dead in relu2"]
    edit = finding.remedies[0].network
    assert edit
    assert edit(dead().trainer.spec).node("relu1").layer.title == "Leaky ReLU"


def test_one_cause_has_one_message() -> None:
    """Everything stands still and one class is answered, but it is the dead units that explain it."""
    assert {finding.cause for finding in dead().doctor.findings} == {"dead_rectifiers"}
    assert [finding.cause for finding in by_heart().doctor.findings] == ["overfitting"]


@pytest.mark.parametrize("make", {*PATIENTS.values()}, ids=lambda make: make.__name__)
def test_never_nags(make: Callable[[], Ward]) -> None:
    """However long it lasts, a cause is told twice at most: when it has become more severe, or after a relapse."""
    assert max(Counter(finding.cause for finding in make().told).values()) <= 2


def test_what_lasts_is_told_once_and_a_gap_too() -> None:
    """The validation loss comes to rest, so that it is the gap between the two accuracies that tells."""
    (finding,) = no_progress_for_others().told
    assert finding.cause == "overfitting"
    assert [figure.label for figure in finding.evidence] == [
        "Training accuracy", "Validation accuracy", "Best before"
    ]  # fmt: skip


def test_of_two_that_explain_each_other_the_first_has_the_word() -> None:
    doctor = Doctor(dense_network(ReLU()), TrainingSettings())
    shown = Finding("shown", Severity.WARNING, "Shown", "Shown.")
    for first, second in (("dead_rectifiers", "edge_of_stability"), ("edge_of_stability", "dead_rectifiers")):
        doctor._present = {cause: replace(shown, cause=cause) for cause in (first, second)}
        assert [finding.cause for finding in doctor.findings] == [first]


def test_what_is_dismissed_stays_dismissed() -> None:
    doctor = Doctor(dense_network(), TrainingSettings())
    diverged = Paused(7, "Training diverged: the loss became NaN or infinite in step 9.")
    assert doctor.hear(diverged)
    doctor.dismiss("divergence")
    assert doctor.findings == ()
    assert doctor.hear(diverged) == []


def test_a_pause_asked_for_is_no_illness() -> None:
    assert Doctor(dense_network(), TrainingSettings()).hear(Paused(7)) == []


def epoch_done(number: int, training: float, validation: float) -> EpochDone:
    return EpochDone(number, 10 * number, training, 0.9, validation, 0.7, 100.0)


def test_what_was_undone_by_going_back_is_forgotten() -> None:
    """Epochs of a way that training has left do not count as overfitting of the new one."""
    doctor = Doctor(dense_network(ReLU()), TrainingSettings())
    losses = [(0.6, 0.6), (0.5, 0.5), (0.4, 0.6), (0.3, 0.7)]
    for number, (training, validation) in enumerate(losses, 1):
        assert doctor.hear(epoch_done(number, training, validation)) == []
    doctor.hear(DeviceChanged(20, "NumPy", "The device failed."))
    assert doctor.hear(epoch_done(3, 0.3, 0.8)) == []
    for number in (4, 5):
        told = doctor.hear(epoch_done(number, 0.2, 0.9))
    assert [finding.cause for finding in told] == ["overfitting"]


def test_judgements_begin_anew_with_other_settings() -> None:
    settings = TrainingSettings(batch_size=64)
    doctor = Doctor(dense_network(ReLU()), settings)
    doctor.hear(Started("device", 64, 10, 3, 0.001))
    doctor.hear(Steps(20, 2, np.full(20, 0.5), np.full(20, 0.5), 0.001, 100.0))
    assert len(doctor.chart.blocks) == 1
    doctor.adapt(settings.model_copy(update={"batch_size": 16}))
    assert len(doctor.chart.blocks) == 0
    assert (doctor.chart.block_steps, doctor.chart.steps_per_epoch, doctor.chart.changed_at) == (80, 40, 20)


def test_a_fast_device_hides_no_jump() -> None:
    """Many steps that are told at once are several blocks, each with the step at its end."""
    chart = Doctor(dense_network(ReLU()), TrainingSettings(batch_size=64)).chart
    losses = np.repeat([0.5, 2.0, 0.5, 2.0, 0.5], 20)
    chart.note_steps(107, [*losses.tolist(), *[0.5] * 7], 0.001)
    assert list(chart.blocks) == [(20, 0.5), (40, 2.0), (60, 0.5), (80, 2.0), (100, 0.5)]
    chart.note_steps(120, [0.7] * 13, 0.001)
    assert chart.blocks[-1] == (120, pytest.approx((7 * 0.5 + 13 * 0.7) / 20))


@pytest.mark.parametrize(
    ("steps", "agreed"),
    [((10, 20, 30), ()), ((10, 50), ()), ((10, 30, 50), (10, 30, 50)), ((5, 10, 30, 60, 100), (30, 60, 100)),
     (range(10, 70, 10), (20, 30, 40, 50, 60))],
)  # fmt: skip
def test_measurements_that_must_agree(steps: Sequence[int], agreed: Sequence[int]) -> None:
    chart = Doctor(dense_network(ReLU()), TrainingSettings()).chart
    for step in steps:
        chart.note_reading(Measured(step, {}, {}))
    assert [reading.step for reading in chart.agreed] == list(agreed)


def test_weights_of_rare_classes() -> None:
    """Every class counts as much as the others together: all / (classes * count)."""
    ward = uneven()
    loss = changed(ward.finding("class_imbalance").remedies[0], ward).loss
    assert isinstance(loss, CrossEntropy)
    assert loss.class_weights == pytest.approx((312 / 600, 312 / 24))
    assert not ward.finding("class_imbalance").remedies[0].takes_effect_now(ward.trainer.settings)
    weighted = Ward(ward.trainer.spec, ward.trainer.dataset, changed(ward.told[0].remedies[0], ward)).run()
    assert "class_imbalance" not in weighted.causes


def test_copies_among_the_validation_pictures() -> None:
    train, other = points(300, 0), points(100, 1)
    copied = np.concatenate([other.images[:90], train.images[:10]])
    dataset = Dataset("copied", train, Samples(copied, other.labels), None, ("right", "left"))
    facts = examine_data(dataset)
    assert (facts.validation, facts.duplicates, facts.counts) == (100, 10, (150, 150))
    doctor = Doctor(dense_network(), TrainingSettings())
    (finding,) = doctor.learn_about_data(facts)
    assert finding.cause == "contaminated_validation"
    assert finding.evidence[0].value == "10 of 100 pictures"
    assert doctor.learn_about_data(examine_data(heaps())) == []
    assert doctor.findings == ()


def test_looking_at_data_can_be_given_up() -> None:
    assert examine_data(heaps(), cancelled=lambda: True).duplicates == 0
