"""A step in slow motion is the very step that training does."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.losses import CrossEntropy
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import Adam
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.schedules import Cosine
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import preset
from nnstudio.training.events import Snapshot, Steps
from nnstudio.training.micro_step import Look, MicroStep, StageKind, micro_step
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer, TrainingError


@pytest.fixture(params=[16, 60], ids=["one lane", "two lanes"])
def settings(request: pytest.FixtureRequest) -> TrainingSettings:
    return TrainingSettings(
        epochs=3, batch_size=request.param, optimizer=Adam(average=0.9), schedule=Cosine(),
        augmentation=Augmentation(shift=1, noise=0.1),
    )  # fmt: skip


def tensors(step: MicroStep, kind: StageKind, name: str) -> dict[str, np.ndarray]:
    return {stage.title: tensor.values for stage in step.stages if stage.kind is kind
            for tensor in stage.tensors if tensor.name == name}  # fmt: skip


@pytest.mark.parametrize("place", [0, 2, -2])
def test_it_is_the_step_that_comes_next(
    small_network: NetworkSpec, stripes: Dataset, settings: TrainingSettings, place: int
) -> None:
    trainer = Trainer(small_network, stripes, settings, backend=NumpyBackend(), snapshots_per_second=1e9)
    events = list(trainer.run())
    states = [event.state for event in events if isinstance(event, Snapshot)]
    steps = [event for event in events if isinstance(event, Steps)]
    state, after = states[place], states[place + 1]
    assert state is not None and after is not None and after.step == state.step + 1
    step = micro_step(small_network, stripes, settings, state)
    assert step.step == after.step
    (told,) = [event for event in steps if event.step == after.step]
    assert step.loss == told.losses[0] and step.learning_rate == told.learning_rate
    assert tensors(step, StageKind.UPDATE, "new values").keys() == {f"Update: {name}" for name in after.parameters}
    for title, values in tensors(step, StageKind.UPDATE, "new values").items():
        np.testing.assert_array_equal(values, after.parameters[title.removeprefix("Update: ")])


def test_stages_fit_together(small_network: NetworkSpec, stripes: Dataset) -> None:
    """Without anything random the tensors are those that the engine tells elsewhere."""
    network = small_network.replace("dropout1", small_network.node("dropout1").layer.model_copy(update={"rate": 0.0}))
    settings = TrainingSettings(batch_size=16)
    step = micro_step(network, stripes, settings)
    assert [stage.kind for stage in step.stages] == sorted(
        (stage.kind for stage in step.stages), key=list(StageKind).index
    )
    plan = compile_plan(network)
    executable = NumpyBackend().prepare(plan, batch_size=16)
    executable.write_parameters({
        stage.title.removeprefix("Update: "): tensor.values for stage in step.stages
        for tensor in stage.tensors if tensor.name == "old values"
    })  # fmt: skip
    images, labels = stripes.train.images[step.pictures], stripes.train.labels[step.pictures]
    values = executable.activations(images, list(plan.tensor_of))
    shown = {stage.node: stage.tensors[0].values for stage in step.stages if stage.kind is StageKind.FORWARD}
    assert shown.keys() == set(values) - {plan.input.node}
    for node, of_stage in shown.items():
        np.testing.assert_array_equal(of_stage, values[node])
    np.testing.assert_allclose(step.stages[0].tensors[0].values, images / 255, rtol=1e-6)
    gradients = executable.gradients(images, labels)
    for title, found in tensors(step, StageKind.UPDATE, "gradient").items():
        np.testing.assert_allclose(found, gradients[title.removeprefix("Update: ")], rtol=1e-5, atol=1e-7)
    executable.close()


def words_of(step: MicroStep, kind: StageKind, place: int = 0) -> str:
    return [stage.words for stage in step.stages if stage.kind is kind][place]


@pytest.mark.parametrize("weights", [(), (3.0, 1.0)])
def test_words_tell_the_real_numbers(small_network: NetworkSpec, stripes: Dataset, weights: tuple[float, ...]) -> None:
    step = micro_step(small_network, stripes, TrainingSettings(loss=CrossEntropy(class_weights=weights)))
    first = int(step.pictures[0])
    right = int(stripes.train.labels[first])
    name = stripes.class_names[right]
    assert f"The first is number {first:,}, “{name}”." in words_of(step, StageKind.GATHER)
    answer = next(
        stage.tensors[0].values for stage in step.stages if stage.kind is StageKind.FORWARD and stage.node == "output1"
    )[0]
    (gradient,) = tensors(step, StageKind.LOSS, "gradient by the scores").values()
    told = words_of(step, StageKind.LOSS)
    assert (
        f"a probability of {answer[right]:.3g}: loss = −log({answer[right]:.3g}) = {-np.log(answer[right]):.3g}" in told
    )
    assert f"The mean over all 64 pictures is {step.loss:.4g}." in told
    assert f"{gradient[0][right]:.3g}".replace("-", "−") in told
    heavy = weights[right] != 1 if weights else False
    assert ("times its class's weight of 3" in told) == heavy
    assert "new = old + change" in words_of(step, StageKind.UPDATE)


def test_what_can_be_seen_is_shown_as_a_picture(small_network: NetworkSpec, stripes: Dataset) -> None:
    step = micro_step(small_network, stripes, TrainingSettings(augmentation=Augmentation(noise=0.1)))
    looks = {stage.kind: {tensor.look for tensor in stage.tensors} for stage in step.stages}
    assert looks == {
        StageKind.GATHER: {Look.PICTURES}, StageKind.FORWARD: {Look.ACTIVATIONS}, StageKind.LOSS: {Look.SIGNED},
        StageKind.BACKWARD: {Look.SIGNED}, StageKind.UPDATE: {Look.SIGNED},
    }  # fmt: skip
    assert "changed at random" in words_of(step, StageKind.GATHER)
    points = load_dataset("xor")
    of_points = micro_step(preset("xor"), points, TrainingSettings().fitting(preset("xor")))
    assert of_points.stages[0].tensors[0].look is Look.SIGNED
    right = bool(points.train.labels[of_points.pictures[0]])
    share = of_points.stages[4].tensors[0].values[0].item()
    share = share if right else 1 - share
    assert f"loss = −log({share:.3g}) = {-np.log(share):.3g}." in words_of(of_points, StageKind.LOSS)


def test_pictures_that_are_drawn_are_pictures() -> None:
    spec = preset("autoencoder")
    images = np.random.default_rng(0).integers(0, 256, (8, 1, 28, 28)).astype(np.uint8)
    digits = Dataset("noise", *[Samples(images, np.zeros(8, np.int32))] * 2, None, tuple("0123456789"))
    step = micro_step(spec, digits, TrainingSettings(batch_size=4).fitting(spec))
    drawn = [stage for stage in step.stages if stage.kind is StageKind.FORWARD][-1]
    assert drawn.tensors[0].look is Look.PICTURES
    assert "For each picture the loss is −mean(T log P" in words_of(step, StageKind.LOSS)


def test_it_begins_from_weights_or_none(small_network: NetworkSpec, stripes: Dataset) -> None:
    weights = {"dense1.bias": np.array([1.0, -1.0], np.float32)}
    step = micro_step(small_network, stripes, TrainingSettings(), weights)
    old = tensors(step, StageKind.UPDATE, "old values")
    np.testing.assert_array_equal(old["Update: dense1.bias"], [1, -1])
    assert step.step == 1
    assert all(stage.words and stage.tensors for stage in step.stages)


def test_data_that_does_not_fit(small_network: NetworkSpec, stripes: Dataset) -> None:
    wider = small_network.replace("dense1", small_network.node("dense1").layer.model_copy(update={"units": 7}))
    with pytest.raises(TrainingError, match="2 classes"):
        micro_step(wider, stripes, TrainingSettings())
