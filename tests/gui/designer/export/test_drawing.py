"""The drawing of a network: what is on it, and that the window does not notice."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel
from nnstudio.gui.designer.export import drawing as module
from nnstudio.gui.designer.export.drawing import (
    LONGEST_SIDE,
    MARGIN,
    MOST_PIXELS,
    Drawing,
    DrawingError,
    drawing_png,
    drawing_svg,
    fitting_scale,
)
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.slices import at_once
from nnstudio.gui.theme import DARK, LIGHT, theme_source
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import resnet20

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def dark() -> Iterator[None]:
    """As if the window were dark."""
    before, theme_source.theme = theme_source.theme, DARK
    yield
    theme_source.theme = before


@pytest.fixture
def drawing(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> Drawing:
    return Drawing(network, weights)


def words(svg: bytes) -> list[str]:
    return ["".join(element.itertext()).strip() for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGBA"))


def test_an_svg_says_what_the_network_is(network: NetworkModel, drawing: Drawing) -> None:
    svg = drawing_svg(drawing)
    assert ElementTree.fromstring(svg).find(f"{SVG}title").text == "LeNet-5"
    told = words(svg)
    for node in network.spec.nodes:
        assert node.id in told
    assert told.count("Convolution") == 2 and "16×10×10" in told
    assert all(character.isprintable() and ord(character) < 0xE000 for word in told for character in word)
    assert b", sans-serif" in svg


def test_it_is_light_whatever_the_window_is(dark: None, drawing: Drawing) -> None:
    svg = drawing_svg(drawing).decode().lower()
    assert LIGHT.text in svg and LIGHT.quiet in svg
    assert not any(colour in svg for colour in (DARK.text, DARK.quiet, DARK.panel, DARK.border))
    assert pixels(drawing_png(drawing, 2))[0, 0].tolist() == [255, 255, 255, 255]
    assert theme_source.theme is DARK


def test_the_canvas_stays_as_it_is(dark: None, designer: DesignerPanel, drawing: Drawing) -> None:
    """Before, after, and while it is being drawn."""
    changes: list[object] = []
    theme_source.themeChanged.connect(changes.append)
    before = designer.grab().toImage()
    steps = drawing.image_steps(2)
    for _ in range(5):
        next(steps)
        assert theme_source.theme is DARK
    assert designer.grab().toImage() == before
    at_once(steps)
    assert designer.grab().toImage() == before
    theme_source.themeChanged.disconnect(changes.append)
    assert not changes


def test_nothing_to_be_clicked(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> None:
    """No loose ends, no signs of problems, no frames around what is wrong."""
    spec = network.spec
    network.edit("Cut", spec.disconnect("pool2"))
    assert network.check.problems_of("pool2")
    drawing = Drawing(network, weights)
    shown = [wire for wire in drawing.scene.wires.values() if wire.isVisible()]
    assert len(shown) == len(network.spec.connections)
    svg = drawing_svg(drawing).decode().lower()
    assert LIGHT.accent not in svg.replace(f'fill="{LIGHT.accent}"', "")  # the output's own colour
    assert "max pooling has no input" not in svg
    assert svg.count(LIGHT.error) == svg.count(f'stroke="{LIGHT.error}"') <= 1  # a port that nothing feeds stays so


def test_inputs_that_are_offered_are_not_drawn(qtbot: QtBot) -> None:
    network = NetworkModel(resnet20())
    drawing = Drawing(network, WeightsModel(network))
    assert drawing.scene.blocks["add1"].content.inputs == (True, True)


def test_bounds_are_tight(drawing: Drawing) -> None:
    scale = 2
    seen = (pixels(drawing_png(drawing, scale))[..., :3] < 250).any(axis=2)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    margins = rows[0], seen.shape[0] - 1 - rows[-1], columns[0], seen.shape[1] - 1 - columns[-1]
    assert all(abs(margin - scale * MARGIN) <= 2 * scale for margin in margins)


def test_a_png_has_as_many_pixels_as_asked_for(drawing: Drawing) -> None:
    for scale in (2, 4):
        picture = Image.open(BytesIO(drawing_png(drawing, scale)))
        assert picture.size == (scale * drawing.size.width(), scale * drawing.size.height())
        assert picture.info["dpi"][0] == pytest.approx(96 * scale, rel=0.1)


def test_a_transparent_png(drawing: Drawing) -> None:
    found = pixels(drawing_png(drawing, 1, transparent=True))
    assert found[0, 0, 3] == 0
    assert found[found.shape[0] // 2, MARGIN + 40].tolist() == [255, 255, 255, 255], "blocks are filled"


def test_svg_and_png_are_one_picture(drawing: Drawing) -> None:
    """As another program draws the SVG."""
    image = QImage(drawing.size * 2, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    QSvgRenderer(drawing_svg(drawing)).render(painter)
    painter.end()
    other = pixels(drawing_png(drawing, 2)).astype(int)
    found = np.frombuffer(image.constBits(), np.uint8).reshape(other.shape)[..., 2::-1].astype(int)
    assert np.abs(found - other[..., :3]).mean() < 1


def test_blocks_are_drawn_as_they_are_seen(qtbot: QtBot) -> None:
    network = NetworkModel(resnet20())
    members = [node.id for node in network.spec.nodes[4:9]]
    network.set_spec(network.spec.join(members, "trunk"))
    weights = WeightsModel(network)
    closed, opened = (words(drawing_svg(Drawing(network, weights, names))) for names in ((), {"trunk"}))
    assert "trunk" in closed and not set(members) & set(closed)
    assert "trunk" in opened and set(members) <= set(opened)


def test_what_is_too_large_is_painted_smaller(drawing: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fitting_scale(QSize(1000, 1000)) == pytest.approx((MOST_PIXELS / 1e6) ** 0.5)
    assert fitting_scale(QSize(50_000, 10)) == LONGEST_SIDE / 50_000
    area = drawing.size.width() * drawing.size.height()
    monkeypatch.setattr(module, "MOST_PIXELS", area)
    assert Image.open(BytesIO(drawing_png(drawing, 3))).size == (drawing.size.width(), drawing.size.height())
    monkeypatch.setattr(module, "MOST_PIXELS", area // 8)
    with pytest.raises(DrawingError, match=r"pixels large, too much for a PNG\. Choose SVG"):
        drawing_png(drawing)
    assert drawing_svg(drawing)


def test_no_layers_no_drawing(qtbot: QtBot) -> None:
    network = NetworkModel(NetworkSpec())
    with pytest.raises(DrawingError, match="no layers"):
        Drawing(network, WeightsModel(network))
