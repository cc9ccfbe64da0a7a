"""The memory of the next run is told before it begins."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import DeviceError, MemoryNeed
from nnstudio.gui.models.memory_model import Estimate, Intent, MemoryModel, estimate
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.train.memory_line import MemoryLine
from nnstudio.network.presets import lenet5, two_layer_perceptron
from nnstudio.training.settings import TrainingSettings
from tests.gui.fake_trainer import FakeTrainer

MIB = 2**20


def needs(total: int, available: int = 16 * 1024, smaller_batch: int = 0, *, pictures: bool = True) -> Estimate:
    """An estimate in MiB."""
    need = MemoryNeed(1 * MIB, (total - 3) * MIB, 2 * MIB, 0, available * MIB)
    return Estimate("Test device", need, pictures, smaller_batch)


class FakeEstimate:
    """Answers with what is put into `answers`; until then it takes its time."""

    def __init__(self) -> None:
        self.intents: list[Intent] = []
        self.answers: queue.Queue[Estimate | DeviceError] = queue.Queue()
        self.threads: list[threading.Thread] = []

    def __call__(self, intent: Intent) -> Estimate:
        self.intents.append(intent)
        self.threads.append(threading.current_thread())
        answer = self.answers.get(timeout=10)
        if isinstance(answer, DeviceError):
            raise answer
        return answer


@pytest.fixture
def asked() -> FakeEstimate:
    return FakeEstimate()


@pytest.fixture
def memory(network: NetworkModel, training: TrainingModel, asked: FakeEstimate) -> Iterator[MemoryModel]:
    model = MemoryModel(network, training, estimate=asked)
    yield model
    asked.answers.put(needs(5))
    model.shut_down()


@pytest.fixture
def line(qtbot: QtBot, memory: MemoryModel) -> MemoryLine:
    line = MemoryLine(memory)
    line.resize(320, 120)
    qtbot.addWidget(line)
    with qtbot.waitExposed(line):
        line.show()
    return line


def told(line: MemoryLine) -> str:
    return line.findChild(QLabel, "memory_text").text()


def answer(qtbot: QtBot, memory: MemoryModel, asked: FakeEstimate, what: Estimate | DeviceError) -> None:
    with qtbot.waitSignal(memory.changed):
        asked.answers.put(what)


def test_nothing_is_asked_before_the_devices_are_known(
    qtbot: QtBot, memory: MemoryModel, training: TrainingModel, asked: FakeEstimate
) -> None:
    training.set_settings(TrainingSettings(batch_size=8))
    memory.watch()
    answer(qtbot, memory, asked, needs(38))
    assert [intent.settings.batch_size for intent in asked.intents] == [8]
    assert asked.threads[0] is not threading.current_thread()


def test_it_is_told_quietly_when_it_fits(
    qtbot: QtBot, memory: MemoryModel, line: MemoryLine, asked: FakeEstimate
) -> None:
    assert told(line) == ""
    memory.watch()
    answer(qtbot, memory, asked, needs(38))
    assert told(line) == "Memory: 38.0 MiB of 16.0 GiB"
    assert "1.0 MiB for weights" in line.findChild(QLabel, "memory_text").toolTip()
    assert not line.findChild(QPushButton, "memory_smaller").isVisible()


def test_what_is_not_known_is_not_told(
    qtbot: QtBot, memory: MemoryModel, line: MemoryLine, asked: FakeEstimate
) -> None:
    memory.watch()
    answer(qtbot, memory, asked, needs(38, 0, pictures=False))
    assert told(line) == "Memory: 38.0 MiB, and the pictures"


def test_too_much_is_told_and_one_click_mends_it(
    qtbot: QtBot, memory: MemoryModel, line: MemoryLine, training: TrainingModel, asked: FakeEstimate
) -> None:
    training.set_settings(TrainingSettings(batch_size=4096, epochs=7))
    memory.watch()
    answer(qtbot, memory, asked, needs(2048, 1024, 1536))
    assert told(line) == "Training needs 2.0 GiB of memory, and Test device has room for 1.0 GiB."
    smaller = line.findChild(QPushButton, "memory_smaller")
    assert smaller.text() == "Use batches of 1,536 images"
    qtbot.mouseClick(smaller, Qt.MouseButton.LeftButton)
    assert (training.settings.batch_size, training.settings.epochs) == (1536, 7)
    answer(qtbot, memory, asked, needs(900, 1024))
    assert told(line) == "Memory: 900.0 MiB of 1.0 GiB"
    assert not smaller.isVisible()


def test_when_no_batch_fits_it_says_what_else_to_do(
    qtbot: QtBot, memory: MemoryModel, line: MemoryLine, asked: FakeEstimate
) -> None:
    memory.watch()
    answer(qtbot, memory, asked, needs(2048, 1024))
    assert "Make the network smaller" in told(line)
    assert not line.findChild(QPushButton, "memory_smaller").isVisible()


def test_an_answer_that_comes_too_late_is_asked_again(
    qtbot: QtBot, memory: MemoryModel, network: NetworkModel, asked: FakeEstimate
) -> None:
    memory.watch()
    qtbot.waitUntil(lambda: len(asked.intents) == 1)
    network.set_spec(two_layer_perceptron())
    asked.answers.put(needs(38))
    qtbot.waitUntil(lambda: len(asked.intents) == 2)
    assert memory.estimate is None
    newest = needs(5)
    answer(qtbot, memory, asked, newest)
    assert asked.intents[-1].spec == network.spec
    assert memory.estimate is newest


def test_errors_and_unsound_networks_leave_it_unknown(
    qtbot: QtBot, memory: MemoryModel, network: NetworkModel, training: TrainingModel, asked: FakeEstimate
) -> None:
    memory.watch()
    answer(qtbot, memory, asked, needs(38))
    training.choose(device="opencl:9")
    answer(qtbot, memory, asked, DeviceError("There is no such device."))
    assert memory.estimate is None
    with qtbot.waitSignal(memory.changed):
        network.edit("Remove", network.spec.remove("flatten1"))
    assert memory.estimate is None
    assert len(asked.intents) == 2


def test_while_training_nothing_is_asked(
    qtbot: QtBot, memory: MemoryModel, training: TrainingModel, trainer: FakeTrainer, asked: FakeEstimate
) -> None:
    training.play()
    memory.watch()
    trainer.play(None)
    qtbot.waitUntil(lambda: training.state is TrainingPhase.IDLE)
    assert asked.intents == []
    qtbot.waitUntil(lambda: len(asked.intents) == 1)


def test_a_real_estimate() -> None:
    small = estimate(Intent(lenet5(), TrainingSettings(batch_size=64), "digits", "numpy"))
    large = estimate(Intent(lenet5(), TrainingSettings(batch_size=4096), "digits", "numpy"))
    assert small.device == "NumPy (CPU)"
    assert 0 < small.need.total < large.need.total
    assert small.pictures
    assert not estimate(Intent(lenet5(), TrainingSettings(), "/a/folder", "numpy")).pictures


def test_a_batch_is_never_larger_than_the_data() -> None:
    all_of_it, more = (
        estimate(Intent(lenet5(), TrainingSettings(batch_size=size), "digits", "numpy")) for size in (30_000, 60_000)
    )
    assert all_of_it.need.activations == more.need.activations
