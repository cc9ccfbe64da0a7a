"""The learning-rate range test on problems whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam
from nnstudio.network import NetworkSpec
from nnstudio.training.range_test import FIRST, LAST, RangePoint, range_test, suggested_rate
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer, TrainingError


def settings(**more: object) -> TrainingSettings:
    return TrainingSettings(**{"batch_size": 16, "optimizer": Adam(), **more})


def points_of(losses: list[float]) -> list[RangePoint]:
    rates = np.geomspace(1e-7, 10, len(losses)).tolist()
    return [RangePoint(rate, loss, loss) for rate, loss in zip(rates, losses, strict=True)]


def test_the_rate_grows_until_the_loss_does(small_network: NetworkSpec, stripes: Dataset) -> None:
    points = list(range_test(small_network, stripes, settings(optimizer=SGD(weight_decay=1)), NumpyBackend(), most=1e4))
    rates = np.array([point.rate for point in points])
    np.testing.assert_allclose(rates[1:] / rates[:-1], (1e4 / 1e-7) ** (1 / 99))
    assert len(points) < 100, "it ends when training diverges"
    assert points[0].smoothed == pytest.approx(points[0].loss)


def test_what_is_suggested_learns(small_network: NetworkSpec, stripes: Dataset) -> None:
    points = list(range_test(small_network, stripes, settings(), NumpyBackend()))
    rate = suggested_rate(points)
    assert rate is not None and 1e-4 < rate < 0.3
    trained = settings(optimizer=Adam(learning_rate=rate), epochs=3)
    *_, end = Trainer(small_network, stripes, trained, backend=NumpyBackend()).run()
    assert end.test_accuracy == 1.0


def test_nothing_is_changed_and_it_is_repeatable(small_network: NetworkSpec, stripes: Dataset) -> None:
    weights = {"conv1.weight": np.full((3, 1, 3, 3), 0.1, np.float32)}
    first, second = (
        list(range_test(small_network, stripes, settings(), NumpyBackend(), state=weights, steps=20)) for _ in range(2)
    )
    assert first == second
    assert (weights["conv1.weight"] == np.float32(0.1)).all()


def test_more_steps_than_an_epoch_has(small_network: NetworkSpec, stripes: Dataset) -> None:
    """16 batches to an epoch."""
    points = list(range_test(small_network, stripes, settings(), NumpyBackend(), most=1e-6, steps=40))
    assert len(points) == 40


def test_closing_it_gives_the_memory_back(small_network: NetworkSpec, stripes: Dataset) -> None:
    closed = []

    class Backend(NumpyBackend):
        def prepare(self, *args: object, **options: object) -> object:
            executable = super().prepare(*args, **options)  # type: ignore[arg-type]
            close = executable.close
            executable.close = lambda: (closed.append(True), close())  # type: ignore[method-assign, assignment]
            return executable

    test = range_test(small_network, stripes, settings(), Backend())
    next(test)
    assert not closed
    test.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_the_valley_of_a_curve() -> None:
    """Flat, then falling from place 40 to 70, then rising."""
    losses = [2.0] * 40 + np.linspace(2, 1, 31).tolist() + np.linspace(1.1, 9, 29).tolist()
    points = points_of(losses)
    assert suggested_rate(points) == pytest.approx(points[55].rate, rel=0.2)
    bumpy = losses.copy()
    bumpy[50] = 3.0
    assert suggested_rate(points_of(bumpy)) == pytest.approx(points[55].rate, rel=0.2)


@pytest.mark.parametrize("losses", [[], [1.0], [1.0] * 100, np.linspace(1, 5, 100).tolist(), [1.0] * (FIRST + LAST)])
def test_where_nothing_falls_nothing_is_suggested(losses: list[float]) -> None:
    assert suggested_rate(points_of(losses)) is None


def test_data_that_does_not_fit(small_network: NetworkSpec, stripes: Dataset) -> None:
    wider = small_network.replace("dense1", small_network.node("dense1").layer.model_copy(update={"units": 7}))
    with pytest.raises(TrainingError, match="2 classes"):
        next(range_test(wider, stripes, settings(), NumpyBackend()))
    with pytest.raises(ValueError, match="`least`"):
        next(range_test(small_network, stripes, settings(), NumpyBackend(), least=0))
