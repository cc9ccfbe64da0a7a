"""The line under the canvas: the totals, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.panel.status_strip import StatusStrip
from nnstudio.gui.models.speed_model import Speed
from nnstudio.network import check
from nnstudio.network.presets import lenet5, vgg16


@pytest.fixture
def strip(qtbot: QtBot) -> Iterator[StatusStrip]:
    panel = QWidget()  # a window of its own would not become narrower than its text
    qtbot.addWidget(panel)
    panel.resize(1280, 40)
    panel.show()
    strip = StatusStrip(panel)
    strip.resize(1240, 36)
    strip.show_check(check(lenet5()), 64, len(lenet5().nodes))
    strip.show()
    yield strip


def totals(strip: StatusStrip) -> QLabel:
    label = strip.findChild(QLabel, "network_totals")
    assert isinstance(label, QLabel)
    return label


@pytest.mark.parametrize(
    ("speed", "text", "told"),
    [
        (Speed(12_345.0, "Test CPU"), "≈ 12,000 images/s", "About 12,000 images/s in training on Test CPU, estimated"),
        (Speed(87.6, "Test CPU"), "≈ 88 images/s", "estimated"),
        (Speed(12_345.0, "Test CPU", measured=True), "12,300 images/s measured", "as the last run was"),
    ],
)
def test_a_speed_says_whether_it_is_an_estimate(strip: StatusStrip, speed: Speed, text: str, told: str) -> None:
    strip.show_speed(speed)
    assert text in totals(strip).text()
    assert told in totals(strip).toolTip()
    strip.show_speed(None)
    assert "images/s" not in totals(strip).text()


def test_all_totals_fit_a_small_window(strip: StatusStrip) -> None:
    strip.show_check(check(vgg16(), 256), 256, len(vgg16().nodes))
    strip.show_speed(Speed(12_345.0, "Test CPU"))
    for part in ("138,357,544 parameters", "at batch 256", "≈ 12,000 images/s", "multiply-adds an image"):
        assert part in totals(strip).text()
    assert totals(strip).sizeHint().width() < strip.width()


def test_with_less_room_they_are_written_in_short_and_then_left_out(strip: StatusStrip) -> None:
    strip.show_speed(Speed(12_345.0, "Test CPU"))
    shown = []
    for width in (1240, 700, 480, 260):
        strip.resize(width, 36)
        shown.append(totals(strip).text())
        assert totals(strip).sizeHint().width() <= max(width, 200)
    assert shown[0].count("·") == 3
    assert shown[1].count("·") == 3
    assert "mult-adds" in shown[1]
    assert [text.count("·") for text in shown] == sorted((text.count("·") for text in shown), reverse=True)
    assert "61.7 k parameters" in shown[-1]
    assert totals(strip).toolTip().count("\n") == 3, "the tooltip has them all"
