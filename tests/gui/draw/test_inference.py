"""Live inference: right answers, the newest drawing only, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QThread
from pytestqt.qtbot import QtBot

from nnstudio.data.preprocess import normalise_ink
from nnstudio.engine.initializers import Initializer
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.gui.draw import DrawPanel
from nnstudio.gui.draw.canvas import Canvas
from nnstudio.gui.draw.inference import InferenceWorker
from nnstudio.gui.draw.predictor import Predictor, Question, find_obstacle
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.prediction_model import Prediction
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import NetworkSpec, check
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, autoencoder, chain, lenet5, softmax_regression
from tests.gui.draw.hand import ROUND, UPRIGHT, draw


def some_ink(seed: int = 0) -> NDArray[np.uint8]:
    ink = np.zeros((560, 560), np.uint8)
    ink[100:400, 200:300] = np.random.default_rng(seed).integers(1, 256, (300, 100))
    return ink


def question(weights: WeightsModel, revision: int = 1, ink: NDArray[np.uint8] | None = None) -> Question:
    ink = some_ink() if ink is None else ink
    return Question(revision, ink, weights.spec, weights.parameters, weights.shown.untrained, None)


def test_the_answer_is_the_networks_output_for_the_normalised_ink(qtbot: QtBot) -> None:
    weights = WeightsModel(NetworkModel(lenet5()))
    answer = Predictor().answer(question(weights))
    executable = NumpyBackend(np.float64).prepare(compile_plan(weights.spec), batch_size=1)
    executable.write_parameters(weights.parameters)
    assert (answer.picture == normalise_ink(some_ink())).all()
    expected = executable.predict(answer.picture[None, None] / np.float32(255))[0]
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    assert answer.untrained


def test_other_weights_and_other_networks_take_over(qtbot: QtBot) -> None:
    predictor = Predictor()
    network = NetworkModel(lenet5())
    weights = WeightsModel(network)
    answers = [predictor.answer(question(weights))]
    weights.reset(Initializer.HE_NORMAL, seed=5)
    answers.append(predictor.answer(question(weights)))
    network.set_spec(softmax_regression())
    answers.append(predictor.answer(question(weights)))
    fresh = [Predictor().answer(question(weights))]
    assert not np.allclose(answers[0].probabilities, answers[1].probabilities)
    assert not np.allclose(answers[1].probabilities, answers[2].probabilities)
    assert (answers[2].probabilities == fresh[0].probabilities).all()


def test_empty_paper_gets_no_prediction(qtbot: QtBot) -> None:
    weights = WeightsModel(NetworkModel(lenet5()))
    answer = Predictor().answer(question(weights, ink=np.zeros((560, 560), np.uint8)))
    assert answer.probabilities is None
    assert answer.obstacle is None


def test_weights_beyond_all_numbers_are_called_so(qtbot: QtBot) -> None:
    weights = WeightsModel(NetworkModel(softmax_regression()))
    broken = {name: np.full_like(values, np.nan) for name, values in weights.parameters.items()}
    weights.replace(weights.spec, broken, 1)
    answer = Predictor().answer(question(weights))
    assert answer.probabilities is None
    assert answer.obstacle is not None
    assert "diverged" in answer.obstacle.message


@pytest.mark.parametrize(
    ("spec", "said", "advice"),
    [
        (NetworkSpec(), "empty", "preset"),
        (chain("no flatten", [Input(), Dense(units=10), SoftmaxOutput()]), "dense1", "Flatten"),
        (lenet5().replace("input1", Input(channels=3, height=32, width=32)), "3×32×32", "28"),
    ],
)
def test_obstacles_are_named_with_what_to_do(spec: NetworkSpec, said: str, advice: str) -> None:
    obstacle = find_obstacle(spec, check(spec))
    assert obstacle is not None
    assert said in obstacle.message
    assert advice in obstacle.hint


def test_of_many_questions_only_the_newest_waits(qtbot: QtBot) -> None:
    """While one is worked on, a hundred more come; one more answer is given, to the last."""
    weights = WeightsModel(NetworkModel(softmax_regression()))
    entered, go = threading.Event(), threading.Event()

    class Slow(Predictor):
        def answer(self, question: Question) -> Prediction:
            entered.set()
            assert go.wait(10)
            return super().answer(question)

    worker, thread, answers = InferenceWorker(Slow()), QThread(), []
    worker.moveToThread(thread)
    worker.answered.connect(answers.append)
    thread.start()
    worker.ask(question(weights, 1))
    assert entered.wait(10)
    for revision in range(2, 102):
        worker.ask(question(weights, revision))
    go.set()
    qtbot.waitUntil(lambda: len(answers) == 2)
    thread.quit()
    thread.wait()
    assert [answer.revision for answer in answers] == [1, 101]


def test_inference_runs_beside_the_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    answer = Predictor.answer

    def watched(self: Predictor, question: Question) -> Prediction:
        threads.append(threading.get_ident())
        return answer(self, question)

    monkeypatch.setattr(Predictor, "answer", watched)
    network = NetworkModel(softmax_regression())
    panel = DrawPanel(network, WeightsModel(network))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: bool(threads))
    panel.shut_down()
    assert threading.get_ident() not in threads


def test_a_panel_that_goes_away_takes_its_thread_along(qtbot: QtBot) -> None:
    network = NetworkModel(softmax_regression())
    panel = DrawPanel(network, WeightsModel(network))
    thread = panel.findChild(QThread, "inference")
    assert thread is not None
    ended = threading.Event()
    thread.finished.connect(ended.set, Qt.ConnectionType.DirectConnection)
    panel.deleteLater()
    qtbot.waitUntil(ended.is_set)


def test_new_weights_judge_the_present_drawing_again(
    qtbot: QtBot, panel: DrawPanel, canvas: Canvas, weights: WeightsModel, answered: Callable[[], None]
) -> None:
    draw(canvas, UPRIGHT)
    answered()
    assert panel.predictions.prediction.ranking[0] == 1
    turned = {name: -values for name, values in weights.parameters.items()}
    with qtbot.waitSignal(panel.predictions.changed):
        weights.replace(weights.spec, turned, 2)
    qtbot.waitUntil(lambda: panel.predictions.prediction.ranking[0] != 1)


def test_every_change_of_the_drawing_is_answered(
    panel: DrawPanel, canvas: Canvas, answered: Callable[[], None]
) -> None:
    draw(canvas, ROUND)
    answered()
    assert panel.predictions.prediction.ranking[0] == 0
    panel.drawing.clear()
    answered()
    assert panel.predictions.prediction.probabilities is None
    draw(canvas, UPRIGHT)
    answered()
    assert panel.predictions.prediction.ranking[0] == 1
    panel.undo_stack.undo()
    panel.undo_stack.undo()
    answered()
    assert panel.predictions.prediction.ranking[0] == 0


def test_a_hidden_panel_rests_and_catches_up_when_shown(
    qtbot: QtBot, panel: DrawPanel, canvas: Canvas, weights: WeightsModel, answered: Callable[[], None]
) -> None:
    draw(canvas, UPRIGHT)
    answered()
    panel.hide()
    with qtbot.assertNotEmitted(panel.predictions.changed, wait=100):
        weights.replace(weights.spec, {name: -values for name, values in weights.parameters.items()}, 2)
        panel.drawing.clear()
    draw(canvas, ROUND)
    panel.show()
    answered()
    assert panel.predictions.prediction.ranking[0] == 1


def test_the_ink_is_looked_at_once_however_often_the_weights_change(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    monkeypatch.setattr("nnstudio.gui.draw.predictor.normalise_ink", lambda ink: looked.append(1) or normalise_ink(ink))
    weights, ink = WeightsModel(NetworkModel(softmax_regression())), some_ink()
    predictor = Predictor()
    looked.clear()
    for seed in range(3):
        weights.reset(Initializer.HE_NORMAL, seed)
        predictor.answer(question(weights, ink=ink))
    assert len(looked) == 1


# ---- networks that answer otherwise


def test_a_network_that_answers_with_a_picture_draws(qtbot: QtBot) -> None:
    weights = WeightsModel(NetworkModel(autoencoder()))
    answer = Predictor().answer(question(weights))
    executable = NumpyBackend(np.float64).prepare(compile_plan(weights.spec), batch_size=1)
    executable.write_parameters(weights.parameters)
    expected = executable.predict(answer.picture[None, None] / np.float32(255))[0]
    assert answer.draws
    assert answer.probabilities is None
    assert answer.drawing is not None
    assert answer.drawing.shape == (1, 28, 28)
    np.testing.assert_allclose(answer.drawing, expected, atol=1e-5)
    empty = Predictor().answer(question(weights, ink=np.zeros((560, 560), np.uint8)))
    assert empty.draws
    assert empty.drawing is None


def test_a_single_yes_or_no_is_two_classes(qtbot: QtBot) -> None:
    spec = chain("yes or no", [Input(), Flatten(), Dense(units=1), SigmoidOutput()])
    answer = Predictor().answer(question(WeightsModel(NetworkModel(spec))))
    assert answer.probabilities is not None
    assert answer.probabilities.shape == (2,)
    assert answer.probabilities.sum() == pytest.approx(1)
    assert not answer.scores


def test_a_linear_output_gives_scores(qtbot: QtBot) -> None:
    spec = chain("scores", [Input(), Flatten(), Dense(units=3), LinearOutput()])
    answer = Predictor().answer(question(WeightsModel(NetworkModel(spec))))
    assert answer.scores
    assert answer.probabilities is not None


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_an_answer_or_an_obstacle(qtbot: QtBot, name: str) -> None:
    spec = PRESETS[name]()
    obstacle = find_obstacle(spec, check(spec))
    if spec.nodes[0].layer == Input():
        assert obstacle is None
        answer = Predictor().answer(question(WeightsModel(NetworkModel(spec))))
        assert answer.obstacle is None
        assert (answer.probabilities is None) == answer.draws
    else:
        assert obstacle is not None
