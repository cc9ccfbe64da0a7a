"""The export dialog, by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from nnstudio.gui.designer.export.dialog import ExportDialog
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.interop import code
from nnstudio.interop.formats import FORMATS

ROWS = {"svg": 0, "png": 1, **{name: row for row, name in enumerate(FORMATS, 2)}}


@pytest.fixture
def dialog(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> Iterator[ExportDialog]:
    made = ExportDialog(network, weights, classes=tuple("abcdefghij"))
    made.open()
    yield made
    if isValid(made):
        made.close()
        qtbot.waitUntil(lambda: not isValid(made))


def find(dialog: ExportDialog, kind: type, name: str) -> QWidget:
    found = dialog.findChild(kind, name)
    assert found is not None
    return found


def choose(qtbot: QtBot, dialog: ExportDialog, name: str) -> None:
    """By mouse, and wait for what is to be seen."""
    place = dialog.list.visualItemRect(dialog.list.item(ROWS[name])).center()
    qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(dialog.save_button.isEnabled)


def status(dialog: ExportDialog) -> str:
    return find(dialog, QLabel, "export_status").text()


def test_every_format_is_there(dialog: ExportDialog) -> None:
    titles = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert titles == ["SVG drawing", "PNG picture", *(form.title for form in FORMATS.values())]


def test_it_begins_with_the_drawing(qtbot: QtBot, dialog: ExportDialog) -> None:
    qtbot.waitUntil(dialog.save_button.isEnabled)
    picture = find(dialog, QLabel, "export_picture")
    assert picture.isVisible() and picture.pixmap().width() > 1000
    assert not find(dialog, QComboBox, "export_scale").isVisible()


def test_text_is_seen_as_it_will_be_written(qtbot: QtBot, dialog: ExportDialog, network: NetworkModel) -> None:
    choose(qtbot, dialog, "pytorch")
    text = find(dialog, QPlainTextEdit, "export_text")
    assert text.isVisible() and text.isReadOnly()
    assert text.toPlainText() == code.code(network.spec, "pytorch", tuple("abcdefghij"))
    assert ".npz" in find(dialog, QLabel, "export_note").text()
    qtbot.keyClick(dialog.list, Qt.Key.Key_End)
    qtbot.waitUntil(dialog.save_button.isEnabled)
    assert text.toPlainText().startswith("# LeNet-5")
    assert not find(dialog, QLabel, "export_note").isVisible()


def test_copy(qtbot: QtBot, dialog: ExportDialog) -> None:
    clipboard = QGuiApplication.clipboard()
    choose(qtbot, dialog, "text")
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert clipboard.text().startswith("LeNet-5\n") and status(dialog) == "Copied"
    choose(qtbot, dialog, "svg")
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: status(dialog) == "Copied")
    assert "<svg" in clipboard.text() and clipboard.mimeData().hasFormat("image/svg+xml")
    choose(qtbot, dialog, "png")
    find(dialog, QComboBox, "export_scale").setCurrentIndex(0)
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: status(dialog) == "Copied")
    assert clipboard.image().height() == 2 * find(dialog, QLabel, "export_picture").height()


@pytest.mark.parametrize(("name", "begin"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("numpy", b'"""LeNet-5 as a')])
def test_save(
    qtbot: QtBot, dialog: ExportDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, begin: bytes
) -> None:
    choose(qtbot, dialog, name)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    qtbot.keyClick(dialog.save_button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: status(dialog).startswith("Saved"))
    suffix = FORMATS[name].suffix if name in FORMATS else f".{name}"
    assert (tmp_path / f"mine{suffix}").read_bytes().startswith(begin)
    assert (tmp_path / "mine.npz").exists() == (name == "numpy")
    assert dialog.save_button.isEnabled()


def test_no_name_no_file(qtbot: QtBot, dialog: ExportDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    proposals: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: proposals.append(given[2]) or ("", ""))
    choose(qtbot, dialog, "keras")
    qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    assert Path(proposals[0]).name == "lenet5.py" and status(dialog) == ""


def test_a_place_that_takes_nothing(qtbot: QtBot, dialog: ExportDialog, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    choose(qtbot, dialog, "markdown")
    dialog.save_to(tmp_path / "file" / "mine.md")
    qtbot.waitUntil(lambda: "could not be written" in status(dialog))
    assert dialog.save_button.isEnabled()


def test_a_network_with_errors(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> None:
    """Can be drawn and told about; for code it says what is in the way."""
    network.edit("Cut", network.spec.disconnect("pool2"))
    dialog = ExportDialog(network, weights)
    dialog.open()
    choose(qtbot, dialog, "svg")
    dialog.list.setCurrentRow(ROWS["pytorch"])
    qtbot.waitUntil(lambda: "cannot be written as code: pool2" in status(dialog))
    assert not dialog.save_button.isEnabled() and not dialog.copy_button.isEnabled()
    choose(qtbot, dialog, "text")
    assert status(dialog) == ""
    dialog.close()
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_closing_while_it_is_writing(qtbot: QtBot, dialog: ExportDialog, tmp_path: Path) -> None:
    """What has begun is written to its end."""
    choose(qtbot, dialog, "numpy")
    dialog.save_to(tmp_path / "mine.py")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: not isValid(dialog))
    assert (tmp_path / "mine.py").exists() and (tmp_path / "mine.npz").exists()


def test_everything_has_a_name(qtbot: QtBot, dialog: ExportDialog) -> None:
    for widget in (dialog.list, *dialog.findChildren(QPushButton), find(dialog, QComboBox, "export_scale")):
        assert widget.objectName() and (widget.accessibleName() or widget.text())
    qtbot.waitUntil(dialog.save_button.isEnabled)
    dialog.list.setFocus()
    order = [dialog.list]
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        order.append(QApplication.focusWidget())
    assert {"export_copy", "export_save", "export_close"} <= {widget.objectName() for widget in order}
