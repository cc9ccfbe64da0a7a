"""What a block says and how it is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFontMetricsF, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel
from nnstudio.gui.designer.block import OVERVIEW, BlockItem, block_content, canvas_font, in_two_lines
from nnstudio.gui.designer.texts import parameter_formula
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.theme import DARK, LIGHT, Theme, apply_theme, theme_source
from nnstudio.network import LAYERS, NetworkSpec, Node, check
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.presets import lenet5


@given(st.sampled_from(sorted(LAYERS)), st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,63}\Z"))
def test_a_block_is_as_wide_as_its_text(qapp: QApplication, kind: str, name: str) -> None:
    block = BlockItem(block_content(Node(id=name, layer=LAYERS[kind]()), check(NetworkSpec())))
    plain, bold = QFontMetricsF(canvas_font()), QFontMetricsF(canvas_font(bold=True, larger=1))
    assert block.width >= plain.horizontalAdvance(name)
    assert all(bold.horizontalAdvance(line) <= block.width for line in block._title)
    assert all(plain.horizontalAdvance(line) <= block.width for line in (*block._settings, *block._figures))
    assert block.width % 8 == 0
    assert block.height % 8 == 0


def test_long_text_is_broken_where_it_gets_narrowest(qapp: QApplication) -> None:
    metrics = QFontMetricsF(canvas_font())
    assert in_two_lines("6 × 5×5 pad 2×2", metrics, 20) == ("6 × 5×5", "pad 2×2")
    assert in_two_lines("6 × 5×5 pad 2×2", metrics, 500) == ("6 × 5×5 pad 2×2",)
    assert in_two_lines("Convolution", metrics, 20) == ("Convolution",)
    assert in_two_lines("", metrics, 20) == ()


def picture(designer: DesignerPanel) -> QImage:
    return designer.view.grab().toImage()


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(0, image.height(), 4)}


@pytest.fixture
def theme_left_alone(qapp: QApplication):  # type: ignore[no-untyped-def]
    """The whole process has one theme: leave it as it was found."""
    palette, sheet, font, theme = qapp.palette(), qapp.styleSheet(), qapp.font(), theme_source.theme
    yield
    qapp.setPalette(palette)
    qapp.setStyleSheet(sheet)
    qapp.setFont(font)
    theme_source.theme = theme


@pytest.mark.usefixtures("theme_left_alone")
@pytest.mark.parametrize("zoom", [1.0, OVERVIEW * 0.8], ids=["details", "overview"])
def test_blocks_follow_the_theme(qapp: QApplication, designer: DesignerPanel, zoom: float) -> None:
    designer.selection.select("conv1")
    designer.view.set_zoom(zoom)

    def drawn(theme: Theme) -> set[str]:
        apply_theme(qapp, theme.name)
        return colours(picture(designer))

    for theme in (LIGHT, DARK):
        expected = {theme.panel, theme.window, theme.accent, theme.selection, *list(theme.families.values())[:3]}
        assert expected <= drawn(theme)


def test_a_mistake_is_framed_in_the_colour_of_errors(designer: DesignerPanel, network: NetworkModel) -> None:
    designer.view.set_zoom(1)
    assert LIGHT.error not in colours(picture(designer))
    network.edit("Change", network.spec.replace("conv1", Convolution(kernel=(40, 40))))
    assert LIGHT.error in colours(picture(designer))


def test_a_network_of_200_layers_can_be_shown(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> None:
    spec = lenet5()
    while len(spec.nodes) < 200:
        spec = spec.insert_after("relu1", LAYERS["relu"]())
    network.set_spec(spec)
    designer.view.fit()
    assert len(designer.scene.blocks) == 200
    assert designer.view.zoom >= 0.1
    assert not picture(designer).isNull()


# ---- figures


def test_the_formula_comes_to_what_the_check_counts() -> None:
    for report in check(lenet5()).layers.values():
        if formula := parameter_formula(report.parameters):
            left, right = formula.replace(",", "").replace("×", "*").split("=")
            product = sum(_product(part) for part in left.replace("(", "").replace(")", "").split("+"))
            assert product == int(right) == report.parameter_count


def test_running_statistics_are_no_parameters() -> None:
    parameters = BatchNormalization().parameters(((16, 8, 8),))
    assert parameter_formula(parameters) == "16 + 16 =\N{NO-BREAK SPACE}32, and 32 running statistics"


def _product(text: str) -> int:
    product = 1
    for factor in text.split("*"):
        product *= int(factor)
    return product
