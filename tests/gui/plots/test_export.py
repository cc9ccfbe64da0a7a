"""Plots are saved as pictures, drawings and tables."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from nnstudio.gui.plots.export import ExportButton
from nnstudio.gui.plots.series_plot import SeriesPlot
from nnstudio.gui.train.plots_panel import PlotsPanel


def save(qtbot: QtBot, panel: PlotsPanel, name: str, path: Path) -> list[str]:
    button = panel.findChild(ExportButton, f"plot_{name}_export")
    with qtbot.waitSignal(panel.message) as told:
        button.save_to(path)
    return told.args


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_picture_has_twice_the_pixels(qtbot: QtBot, panel: PlotsPanel, tmp_path: Path) -> None:
    assert save(qtbot, panel, "loss", tmp_path / "loss.png")[0] == "good"
    plot = panel.findChild(SeriesPlot, "plot_loss")
    with Image.open(tmp_path / "loss.png") as picture:
        assert picture.size == (2 * plot.width(), 2 * plot.height())
        assert len(picture.convert("RGB").getcolors(10**6) or []) > 20


def test_a_drawing_has_lines_and_text(qtbot: QtBot, panel: PlotsPanel, tmp_path: Path) -> None:
    save(qtbot, panel, "loss", tmp_path / "loss.svg")
    root = ElementTree.parse(tmp_path / "loss.svg").getroot()
    words = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Loss", "step", "training", "validation"} <= {word.strip() for word in words}
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) > 50


def test_a_table_has_every_value_measured(qtbot: QtBot, panel: PlotsPanel, tmp_path: Path) -> None:
    save(qtbot, panel, "accuracy", tmp_path / "accuracy.csv")
    header, *lines = rows(tmp_path / "accuracy.csv")
    assert header == ["step", "Accuracy (%): training", "Accuracy (%): validation"]
    assert len(lines) == 1000
    assert lines[1] == ["2", "50.0", ""]
    assert lines[999] == ["1000", "99.9", "99.8"]


def test_tables_of_histograms_and_answers(qtbot: QtBot, panel: PlotsPanel, tmp_path: Path) -> None:
    panel.show_page(3)
    save(qtbot, panel, "histogram", tmp_path / "histogram.csv")
    header, *_, last = rows(tmp_path / "histogram.csv")
    assert header == ["first step", "last step", "from (value)", "to (value)", "count"]
    assert [float(cell) for cell in last] == [1000, 1000, 1.5, 2, 1000]
    panel.show_page(4)
    save(qtbot, panel, "confusion", tmp_path / "confusion.csv")
    table = rows(tmp_path / "confusion.csv")
    assert table[0][1:] == list("0123456789")
    assert table[4] == ["3", "0", "0", "0", "8", "0", "2", "0", "0", "0", "0"]


def test_a_place_that_cannot_be_written_is_told(qtbot: QtBot, panel: PlotsPanel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    severity, what, hint = save(qtbot, panel, "loss", tmp_path / "file" / "loss.csv")
    assert severity == "error"
    assert "could not be written" in what
    assert hint


def test_the_menu_asks_where(qtbot: QtBot, panel: PlotsPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proposals = []

    def choose(_parent: object, _title: str, proposal: str, _filters: str) -> tuple[str, str]:
        proposals.append(Path(proposal).name)
        return str(tmp_path / "mine"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    menu = panel.findChild(QMenu, "plot_loss_export_menu")
    with qtbot.waitSignal(panel.message):
        menu.actions()[-1].trigger()  # without a screen no menu opens
    assert proposals == ["loss.csv"]
    assert len(rows(tmp_path / "mine.csv")) == 1001
