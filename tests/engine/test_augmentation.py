"""Augmentation: NumPy against a plain reference, its statistics, and what every backend promises of it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError

from nnstudio.engine.augmentation import Augmentation, Quantity
from nnstudio.engine.backend import Backend, Executable
from nnstudio.engine.numpy.augment import Step, augment, draw, preview
from nnstudio.engine.optimizers import SGD
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.engine.augmented import ALONE, CASES, TOGETHER, augmented
from tests.engine.networks import problem
from tests.engine.test_contract import BATCH, ORDER, SAMPLES, assert_same, assert_same_state

MANY = 20_000


def pictures(*shape: int, dtype: Any = np.uint8) -> np.ndarray:
    values = np.random.default_rng(3).integers(0, 256, shape)
    return values.astype(np.uint8) if dtype == np.uint8 else (values / 255).astype(dtype)


# ---- the declaration


def test_nothing_happens_unless_it_is_asked_for() -> None:
    assert not Augmentation().active
    assert not Augmentation(elastic_spacing=20).active
    assert all(case.active for case in CASES.values())
    assert_array_equal(preview(pictures(3, 2, 5, 4), Augmentation()), pictures(3, 2, 5, 4) / np.float32(255))


def test_every_setting_says_what_it_is() -> None:
    for name, field in Augmentation.model_fields.items():
        assert field.title and field.description, name
        assert field.annotation is bool or len(field.metadata) >= 2, f"{name} has no range"


@pytest.mark.parametrize(
    "wrong", [{"shift": -1}, {"shift": 1.5}, {"rotate": 181}, {"scale": 1}, {"erase": 1.1}, {"noise": float("nan")}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Augmentation(**wrong)


def test_pictures_without_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(0, 1, 2, 2\)"):
        preview(np.zeros((0, 1, 2, 2)), Augmentation())


# ---- NumPy against the reference


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("case", CASES)
def test_numpy_is_right(case: str, dtype: type) -> None:
    images = pictures(7, 2, 9, 12, dtype=dtype)
    expected = augmented(images, CASES[case], 5, 3, first_row=40)
    assert_allclose(preview(images, CASES[case], 5, 3, 40, np.float64), expected, atol=1e-12)
    assert_allclose(preview(images, CASES[case], 5, 3, 40), expected, atol=1e-5)


shares = st.floats(0, 1, width=32)


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)),
    st.builds(
        Augmentation,
        shift=st.integers(0, 4),
        rotate=shares.map(lambda share: 180 * share),
        scale=shares.map(lambda share: 0.9 * share),
        shear=shares.map(lambda share: 60 * share),
        elastic=shares.map(lambda share: 5 * share),
        elastic_spacing=st.integers(2, 9), flip_horizontal=st.booleans(), flip_vertical=st.booleans(),
        erase=shares, noise=shares,
    ),
    st.integers(0, 2**32 - 1), st.integers(0, 2**33), st.integers(0, 100),
)  # fmt: skip
@settings(max_examples=60)
def test_any_shape_and_settings(shape: tuple[int, ...], case: Augmentation, seed: int, step: int, row: int) -> None:
    images = pictures(*shape)
    expected = augmented(images, case, seed, step % 2**32, row)
    assert_allclose(preview(images, case, seed, step, row, np.float64), expected, atol=1e-9)


def test_many_pictures_at_once_or_few(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(13, 1, 6, 5)
    whole = preview(images, TOGETHER["warped"], 1, 2)
    monkeypatch.setattr("nnstudio.engine.numpy.augment.VALUES_AT_ONCE", 70)
    assert_array_equal(preview(images, TOGETHER["warped"], 1, 2), whole)
    assert_array_equal(preview(images[5:], TOGETHER["warped"], 1, 2, first_row=5), whole[5:])


# ---- exactness


def test_shifted_and_mirrored_pictures_are_copies() -> None:
    case = Augmentation(shift=2, flip_horizontal=True, flip_vertical=True)
    images = pictures(60, 3, 7, 8, dtype=np.float32)
    drawn = draw(case, images.shape, Step(9, 4, 0))
    for image, changed, (y, x), (mirror_y, mirror_x) in zip(
        images, preview(images, case, 9, 4), drawn.shift, drawn.mirrored, strict=True
    ):
        image = image[:, :: -1 if mirror_y else 1, :: -1 if mirror_x else 1]
        around = np.pad(image, [(0, 0), (2, 2), (2, 2)])
        assert_array_equal(changed, around[:, 2 - y : 9 - y, 2 - x : 10 - x])
    assert {tuple(shift) for shift in drawn.shift} > {(2, 0), (-1, -2)}


def test_a_turn_about_the_middle_keeps_the_middle() -> None:
    images = np.zeros((50, 1, 5, 7), np.float32)
    images[:, :, 2, 3] = 1
    turned = preview(images, Augmentation(rotate=180, shear=60))
    assert_array_equal(turned[:, 0, 2, 3], np.ones(50, np.float32))


@pytest.mark.parametrize("case", ["rotate", "scale", "shear", "elastic"])
def test_a_plain_picture_stays_plain_inside(case: str) -> None:
    """Weights add up to 1."""
    images = np.full((30, 1, 40, 40), 0.7, np.float32)
    assert_allclose(preview(images, ALONE[case])[:, :, 18:22, 18:22], 0.7, rtol=1e-6)


# ---- statistics


def drawn_quantities(case: Augmentation) -> np.ndarray:
    """Shift along y, along x, angle, factor and slope of many pictures."""
    drawn = draw(case, (MANY, 1, 50, 50), Step(1, 2, 0))
    inverse = np.linalg.inv(drawn.matrix)[:, ::-1, ::-1]  # (x, y) of the source to (x, y) of the result
    factor = np.sqrt(np.linalg.det(inverse))
    angle = np.degrees(np.arctan2(inverse[:, 1, 0], inverse[:, 0, 0]))
    turned = np.stack([np.cos(np.radians(angle)), np.sin(np.radians(angle))], axis=1)
    slope = np.degrees(np.arctan(np.einsum("ni,ni->n", turned, inverse[:, :, 1]) / factor))
    return np.stack([drawn.shift[:, 0], drawn.shift[:, 1], angle, factor - 1, slope])


def test_ranges_are_filled_evenly() -> None:
    quantities = drawn_quantities(Augmentation(shift=6, rotate=30, scale=0.2, shear=25))
    for values, most in zip(quantities, [6.5, 6.5, 30, 0.2, 25], strict=True):
        assert -most <= values.min() and values.max() <= most
        shares = np.histogram(values, bins=13, range=(-most, most))[0] / MANY
        assert_allclose(shares, 1 / 13, atol=5 * np.sqrt(1 / 13 / MANY))
    assert np.abs(np.corrcoef(quantities) - np.eye(5)).max() < 5 / np.sqrt(MANY)


def test_half_of_the_pictures_are_mirrored_and_erased() -> None:
    case = Augmentation(flip_horizontal=True, flip_vertical=True, erase=0.4)
    drawn = draw(case, (MANY, 1, 20, 30), Step(1, 2, 0))
    top, left, bottom, right = drawn.rectangle.T
    happens = np.stack([*drawn.mirrored.T, bottom > top])
    assert_allclose(happens.mean(axis=1), 0.5, atol=2.5 / np.sqrt(MANY))
    assert np.abs(np.corrcoef(happens) - np.eye(3)).max() < 5 / np.sqrt(MANY)
    for first, last, most, size in ((top, bottom, 8, 20), (left, right, 12, 30)):
        sides = (last - first)[happens[2]]
        assert first.min() == 0 and last.max() == size
        assert_allclose(np.bincount(sides, minlength=most + 1)[1:] / len(sides), 1 / most, atol=0.015)


def test_only_what_is_wanted_is_mirrored() -> None:
    drawn = draw(Augmentation(flip_horizontal=True), (MANY, 1, 2, 2), Step(1, 2, 0))
    assert not drawn.mirrored[:, 0].any() and drawn.mirrored[:, 1].any()


def test_noise_is_normal() -> None:
    noise = preview(np.zeros((100, 1, 20, 20)), Augmentation(noise=2), dtype=np.float64).ravel()
    assert abs(noise.mean()) < 5 * 2 / np.sqrt(noise.size)
    assert_allclose(noise.std(), 2, rtol=0.02)
    assert_allclose((np.abs(noise) < 2).mean(), 0.6827, atol=0.01)
    assert_allclose((np.abs(noise) > 4).mean(), 0.0455, atol=0.005)


def test_nothing_is_pulled_farther_than_asked() -> None:
    """A ramp shows where a pixel came from."""
    ramp = np.broadcast_to(np.arange(60.0), (40, 1, 60, 60))
    moved = (preview(ramp, Augmentation(elastic=5, elastic_spacing=6), dtype=np.float64) - ramp)[:, :, 8:-8, 8:-8]
    assert 2 < np.abs(moved).max() <= 5
    assert abs(moved.mean()) < 0.1
    assert np.abs(np.diff(moved, axis=2)).max() < 3, "smooth"


def test_seeds_steps_and_rows_differ() -> None:
    image = pictures(1, 1, 8, 8)
    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    for case in ALONE.values():
        found = [preview(np.repeat(image, 30, axis=0), case, seed, step, 30 * row) for seed, step, row in places]
        assert all(not np.array_equal(found[0], other) for other in found[1:])
        assert_array_equal(found[0], preview(np.repeat(image, 30, axis=0), case))


def test_quantities_have_numbers_of_their_own() -> None:
    assert sorted(Quantity) == list(range(len(Quantity)))


# ---- every backend


LAYERS = [Input(channels=2, height=8, width=7), Flatten(), Dropout(rate=0.3), Dense(units=4), SoftmaxOutput()]
GIVEN = problem(chain("small", LAYERS), SAMPLES, keep=False)
IMAGES = GIVEN.images.astype(np.float32)


@contextmanager
def training(backend: Backend, images: np.ndarray = IMAGES, seed: int = 7) -> Iterator[Executable]:
    executable = backend.prepare(GIVEN.plan, batch_size=BATCH, optimizer=SGD(learning_rate=0.1), seed=seed)
    with closing(executable):
        executable.write_parameters(GIVEN.parameters)
        executable.load_samples(images, GIVEN.labels)
        executable.begin_epoch(ORDER)
        executable.poison()  # type: ignore[attr-defined]
        yield executable


def changed_by_hand(case: Augmentation, images: np.ndarray, seed: int) -> np.ndarray:
    """All samples as the three steps of an epoch see them."""
    changed = np.empty(images.shape, np.float32)
    for step in range(3):
        rows = ORDER[step * BATCH : (step + 1) * BATCH]
        changed[rows] = preview(images[rows], case, seed, step)
    return changed


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("case", TOGETHER)
def test_training_sees_changed_pictures(backend: Backend, case: str, dtype: type) -> None:
    """In whole batches and a short one, as if the samples had been changed before. Dropout goes on as ever."""
    images = pictures(*IMAGES.shape, dtype=dtype)
    with (
        training(backend, images) as executable,
        training(backend, changed_by_hand(TOGETHER[case], images, 7)) as expected,
    ):
        executable.set_augmentation(TOGETHER[case])
        executable.train(0, 3)
        expected.train(0, 3)
        assert_allclose(executable.drain().losses, expected.drain().losses, rtol=1e-4)
        for name, value in executable.read_parameters().items():
            assert_allclose(value, expected.read_parameters()[name], rtol=1e-3, atol=1e-5, err_msg=name)


def test_without_augmentation_training_is_as_ever(backend: Backend) -> None:
    with training(backend) as plain, training(backend) as other, training(backend) as never:
        other.set_augmentation(TOGETHER["warped"])
        other.set_augmentation(None)
        never.set_augmentation(Augmentation())
        for executable in (plain, other, never):
            executable.train(0, 3)
            assert_same_state(executable.read_state(), plain.read_state())


def test_augmentation_may_change_between_steps(backend: Backend) -> None:
    """Other ranges, other kinds of changes, none: each from the next step on."""
    with training(backend) as executable, training(backend) as expected:
        for step, case in enumerate([ALONE["rotate"], Augmentation(rotate=10), None]):
            before = executable.read_state()
            executable.set_augmentation(case)
            executable.train(step, 1)
            expected.write_state(before)
            if case is not None:
                expected.load_samples(changed_by_hand(case, IMAGES, 7), GIVEN.labels)
            else:
                expected.load_samples(IMAGES, GIVEN.labels)
            expected.begin_epoch(ORDER)
            expected.train(step, 1)
            for name, value in executable.read_parameters().items():
                assert_allclose(value, expected.read_parameters()[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_a_seed_repeats_an_augmented_run_and_another_does_not(backend: Backend) -> None:
    states = []
    for seed in (1, 1, 2):
        with training(backend, seed=seed) as executable:
            executable.set_augmentation(TOGETHER["warped"])
            executable.train(0, 3)
            states.append(executable.read_state())
    assert_same_state(states[0], states[1])
    assert not np.array_equal(states[0].parameters["dense1.weight"], states[2].parameters["dense1.weight"])


def test_an_augmented_run_is_resumed_exactly(backend: Backend) -> None:
    with training(backend) as straight, training(backend) as resumed:
        straight.set_augmentation(TOGETHER["warped"])
        straight.train(0, 1)
        saved = straight.read_state()
        straight.train(1, 2)
        resumed.write_state(saved)
        resumed.set_augmentation(TOGETHER["warped"])
        resumed.train(1, 2)
        assert_same_state(resumed.read_state(), straight.read_state())


def test_whoever_uses_the_network_sees_its_pictures_unchanged(backend: Backend) -> None:
    with training(backend) as executable:
        uses = [
            lambda: executable.predict(IMAGES),
            lambda: executable.evaluate(IMAGES, GIVEN.labels),
            lambda: executable.gradients(IMAGES[:9], GIVEN.labels[:9])["dense1.weight"],
        ]
        before = [use() for use in uses]
        executable.set_augmentation(TOGETHER["warped"])
        for use, value in zip(uses, before, strict=True):
            assert_array_equal(use(), value)


def test_profiled_steps_are_augmented_too(backend: Backend) -> None:
    with training(backend) as profiled, training(backend) as trained:
        for executable in (profiled, trained):
            executable.set_augmentation(TOGETHER["warped"])
        timings = profiled.profile(0, 3)
        trained.train(0, 3)
        assert_same(profiled.read_parameters(), trained.read_parameters())
        assert any(timing.node == GIVEN.plan.input.node for timing in timings)


def test_numpy_takes_little_memory_to_augment() -> None:
    """So what the backend says it needs holds with augmentation too."""
    images, values = pictures(400, 1, 28, 28), np.empty((400, 1, 28, 28), np.float32)
    tracemalloc.start()
    try:
        augment(images, TOGETHER["warped"], Step(0, 0, 0), values)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < values.nbytes
