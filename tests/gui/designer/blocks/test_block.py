"""What a block says and how it is drawn."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel
from nnstudio.gui.designer.blocks.block import BlockItem
from nnstudio.gui.designer.blocks.content import BlockContent, Whole, block_content
from nnstudio.gui.designer.blocks.layout import in_two_lines
from nnstudio.gui.designer.blocks.painter import OVERVIEW
from nnstudio.gui.designer.blocks.thumbnails import Strip, Thumbnails
from nnstudio.gui.designer.signs.texts import parameter_formula
from nnstudio.gui.inspect.mosaic import Source, sources
from nnstudio.gui.models.block_options import BlockLook, BlockOptions, Measure
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.preferences import Preferences
from nnstudio.gui.theme import DARK, LIGHT, Theme, apply_theme, canvas_font, theme_source
from nnstudio.network import LAYERS, Family, NetworkSpec, Node, check
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.presets import lenet5


def content_of(name: str, **looks: bool | Measure) -> BlockContent:
    """What the block of a layer of LeNet-5 shows with such a look."""
    spec = lenet5()
    report = check(spec)
    return block_content(spec.node(name), report, whole=Whole.of(spec, report, BlockLook(**looks)))  # type: ignore[arg-type]


@given(
    st.sampled_from(sorted(LAYERS)),
    st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,63}\Z"),
    st.sampled_from(["", "kept", "widened", "new"]),
    st.booleans(),
    st.integers(0, 9),
)
def test_a_block_is_as_large_as_what_it_shows(
    qapp: QApplication, kind: str, name: str, fate: str, muted: bool, members: int
) -> None:
    node = Node(id=name, layer=LAYERS[kind](), muted=muted)
    content = replace(
        block_content(node, check(NetworkSpec()), fate=fate),
        members=tuple(list(Family)[:members]), repeat=members, share=0.5, share_text="50 % of parameters",
        figures=("416.5 k multiply-adds", "sees 24×24 px"),
    )  # fmt: skip
    block = BlockItem(content)
    fonts = {False: QFontMetricsF(canvas_font()), True: QFontMetricsF(canvas_font(bold=True, larger=1))}
    layout, inside = block.layout, block.boundingRect()
    rooms = [
        QRectF(line.at, QSizeF(fonts[line.bold].horizontalAdvance(line.words), fonts[line.bold].height()))
        for line in (*layout.lines, *(pill.word for pill in layout.pills))
    ]
    assert all(inside.contains(room) for room in rooms)
    own = rooms[1 : len(layout.lines)]
    assert not any(one.adjusted(0, 1, 0, -1).intersects(two) for one, two in pairwise(own)), "text on text"
    assert all(inside.contains(pill.outline) for pill in layout.pills)
    assert {pill.word.words for pill in layout.pills} >= {word for word in (fate, "muted" if muted else "") if word}
    assert layout.outline.contains(layout.track)
    assert all(room.bottom() <= layout.track.top() + 1 for room in own), "no text on the bar"
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


# ---- what somebody wants to see


@pytest.mark.parametrize(
    ("look", "figures"),
    [
        ({}, ()),
        ({"multiply_adds": True}, ("240.0\N{NO-BREAK SPACE}k multiply-adds",)),
        ({"memory": True}, ("818.9\N{NO-BREAK SPACE}KiB memory",)),
        ({"receptive_field": True}, ("sees 14×14\N{NO-BREAK SPACE}px",)),
    ],
)
def test_further_figures_are_shown_when_they_are_wanted(look: dict[str, bool], figures: tuple[str, ...]) -> None:
    assert content_of("conv2", **look).figures == figures


def test_the_bar_shows_the_share_of_what_is_measured() -> None:
    shares = {measure: content_of("dense1", share=measure) for measure in Measure}
    assert shares[Measure.PARAMETERS].share == pytest.approx(48_120 / 61_706, abs=0.001)
    assert shares[Measure.PARAMETERS].share_text == "78\N{NO-BREAK SPACE}% of all"
    assert shares[Measure.COMPUTE].share == pytest.approx(48_000 / 416_520, abs=0.001)
    assert shares[Measure.COMPUTE].share_text == "12\N{NO-BREAK SPACE}% of compute"
    assert "% of memory" in shares[Measure.MEMORY].share_text
    assert (shares[Measure.NONE].share, shares[Measure.NONE].share_text) == (0, "")
    assert content_of("relu1").share_text == ""
    assert content_of("conv1").share_text == "<\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}% of all"
    assert "78\N{NO-BREAK SPACE}% of parameters" in content_of("dense1").spoken, "screen readers are told too"


def test_the_shares_of_all_layers_make_a_whole() -> None:
    for measure in (Measure.PARAMETERS, Measure.COMPUTE, Measure.MEMORY):
        assert sum(content_of(node.id, share=measure).share for node in lenet5().nodes) == pytest.approx(1, abs=0.005)


def test_a_repeated_layer_is_counted_as_often_as_it_stands_there() -> None:
    spec = lenet5()
    report = check(spec)
    whole = Whole.of(spec, report, BlockLook(), origin={"dense2": "dense1", "dense1": "dense1"})
    assert whole.share(["dense1"]) == pytest.approx((48_120 + 10_164) / 61_706, abs=0.001)


def test_options_come_back_from_a_settings_file() -> None:
    options, restored = BlockOptions(), BlockOptions()
    options.choose(memory=True, share=Measure.MEMORY, thumbnails=False)
    values = options.plain()
    assert all(isinstance(value, bool | str) for value in values.values())
    restored.restore({name: str(value).lower() for name, value in values.items()})
    assert restored.look == options.look


def test_options_are_kept_for_the_next_start() -> None:
    options, restored = BlockOptions(), BlockOptions()
    options.choose(receptive_field=True, share=Measure.COMPUTE)
    Preferences().keep_block_look(options.plain())
    restored.restore(Preferences().block_look)
    assert restored.look == options.look


@given(
    st.dictionaries(st.sampled_from(["memory", "share", "thumbnails", "colour"]), st.text() | st.integers() | st.none())
)
def test_damaged_options_are_the_usual_ones(values: dict[str, object]) -> None:
    options = BlockOptions()
    options.restore(values)
    assert isinstance(options.look.share, Measure)
    assert isinstance(options.look.memory, bool)


def test_whoever_changes_an_option_is_heard_once(qtbot: QtBot) -> None:
    options = BlockOptions()
    heard: list[BlockLook] = []
    options.changed.connect(lambda: heard.append(options.look))
    options.choose(memory=True)
    options.choose(memory=True)
    assert [look.memory for look in heard] == [True]


# ---- how it is painted


class Shown:
    """One block on a canvas of its own; its origin is at (40, 160)."""

    def __init__(self, qtbot: QtBot, content: BlockContent, thumbnails: Thumbnails | None = None) -> None:
        self.scene = QGraphicsScene(0, 0, 240, 320)
        self.block = BlockItem(content, thumbnails)
        self.block.setPos(40, 160)
        self.scene.addItem(self.block)
        self.view = QGraphicsView(self.scene)
        self.view.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.view.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.view.resize(260, 340)
        qtbot.addWidget(self.view)
        with qtbot.waitExposed(self.view):
            self.view.show()

    def image(self) -> QImage:
        return self.view.grab().toImage()

    def colours(self, room: QRectF) -> list[str]:
        """Of all pixels in a part of the block, in its coordinates."""
        image = self.image()
        left, top = self.view.mapFromScene(self.block.mapToScene(room.topLeft())).toTuple()
        right, bottom = self.view.mapFromScene(self.block.mapToScene(room.bottomRight())).toTuple()
        return [image.pixelColor(x, y).name() for y in range(top, bottom) for x in range(left, right)]


def test_the_bar_is_filled_to_the_share(qtbot: QtBot) -> None:
    shown = Shown(qtbot, content_of("dense1"))
    found = shown.colours(shown.block.layout.track)
    assert found.count(LIGHT.families[Family.DENSE]) / len(found) == pytest.approx(0.78, abs=0.03)


def test_muted_blocks_are_hatched_and_say_so(qtbot: QtBot) -> None:
    spec = lenet5()
    muted = spec.model_copy(
        update={"nodes": tuple(node.model_copy(update={"muted": node.id == "relu1"}) for node in spec.nodes)}
    )
    content = block_content(muted.node("relu1"), check(muted))
    assert content.muted
    assert content.output == "skipped"
    assert "muted" in content.spoken
    shown, plain = Shown(qtbot, content), Shown(qtbot, content_of("relu1"))
    inside = QRectF(8, 0, 40, 12)
    assert len(set(shown.colours(inside))) > len(set(plain.colours(inside)))
    assert [pill.word.words for pill in shown.block.layout.pills] == ["muted"]


def test_a_block_of_layers_looks_like_a_stack(qtbot: QtBot) -> None:
    members = (Family.CONVOLUTION, Family.NORMALIZATION, Family.ACTIVATION)
    shown = Shown(qtbot, replace(content_of("relu1"), members=members, repeat=3))
    layout = shown.block.layout
    assert {LIGHT.families[family] for family in members} <= set(shown.colours(layout.members))
    assert [pill.word.words for pill in layout.pills] == ["×3"]
    assert "3 layers" in [line.words for line in layout.lines]
    below = QRectF(20, layout.height / 2 + 1, 40, 6)
    assert LIGHT.border in shown.colours(below)


@pytest.mark.parametrize(("fate", "role"), [("new", "accent"), ("widened", "good"), ("kept", "quiet")])
def test_what_an_edit_did_to_the_weights_stands_on_the_block(qtbot: QtBot, fate: str, role: str) -> None:
    spec = lenet5()
    content = block_content(spec.node("conv1"), check(spec), fate=fate)
    shown = Shown(qtbot, content)
    (pill,) = shown.block.layout.pills
    assert pill.word.words == fate
    assert f"weights {fate}" in content.spoken
    assert getattr(LIGHT, role) in shown.colours(pill.outline)


# ---- filters


def test_filters_that_fit_are_seen_and_no_more() -> None:
    for outputs, inputs, size in [(6, 1, 5), (64, 32, 3), (2, 16, 1), (10, 1, 28), (96, 3, 11)]:
        strip = Strip.fitting(Source("conv1", "", (outputs, inputs, size, size)), 80)
        assert strip is not None
        assert strip.width <= 80
        count = strip.mosaic.shape[0]
        assert 1 <= count <= min(16, outputs * inputs)
        kernels = np.arange(outputs * inputs, dtype=np.float32).reshape(outputs, inputs, 1, 1)
        firsts = strip.seen(kernels)[:, 0, 0, 0].tolist()
        assert len(set(firsts)) == count
        assert firsts[: min(count, outputs)] == (np.arange(min(count, outputs)) * inputs).tolist()
    assert Strip.fitting(Source("conv1", "", (1, 1, 64, 64)), 40) is None


def test_only_layers_with_filters_show_them(network: NetworkModel) -> None:
    assert {node.id for node in lenet5().nodes if content_of(node.id).kernels} == {"conv1", "conv2"}
    assert content_of("conv1", thumbnails=False).kernels is None


def test_a_block_shows_the_newest_filters(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> None:
    thumbnails = Thumbnails(weights)
    shown = Shown(qtbot, content_of("conv1"), thumbnails)
    thumbnails.changed.connect(shown.block.renew_thumbnail)
    strip = shown.block.layout.strip
    assert strip is not None
    room = QRectF(shown.block.layout.strip_at, QSizeF(strip.width, strip.height))
    assert len(set(shown.colours(room))) > 20, "weights that nobody has trained are seen too"
    trained = {name: np.full_like(values, -1) for name, values in weights.parameters.items()}
    with qtbot.waitSignal(thumbnails.changed):
        weights.replace(network.flat, trained, 1)
    red, green, blue = LIGHT.diverging[0].tolist()
    assert shown.colours(room).count(f"#{red:02x}{green:02x}{blue:02x}") > room.width() * room.height() / 2


def test_filters_are_painted_once_for_the_same_weights(network: NetworkModel, weights: WeightsModel) -> None:
    thumbnails = Thumbnails(weights)
    strip = Strip.fitting(sources(network.flat, network.check)[0], 80)
    assert strip is not None
    first = thumbnails.picture(strip)
    assert first is not None
    assert thumbnails.picture(strip) is first
    weights.replace(network.flat, {name: values.copy() for name, values in weights.parameters.items()}, 1)
    assert thumbnails.picture(strip) is not first


def test_fast_weights_are_shown_now_and_then(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> None:
    thumbnails = Thumbnails(weights)
    told: list[int] = []
    thumbnails.changed.connect(lambda: told.append(weights.step))
    with qtbot.waitSignal(thumbnails.changed, check_params_cb=lambda: weights.step == 20 and told[-1] == 20):
        for step in range(1, 21):
            weights.replace(network.flat, dict(weights.parameters), step)
    assert told == [1, 20], "the first at once, then the newest"


def test_weights_of_another_network_are_not_shown(network: NetworkModel, weights: WeightsModel) -> None:
    strip = Strip.fitting(Source("conv1", "", (7, 1, 5, 5)), 80)
    assert strip is not None
    assert Thumbnails(weights).picture(strip) is None


def test_the_mouse_finds_the_block_behind_its_filters(qtbot: QtBot, weights: WeightsModel) -> None:
    shown = Shown(qtbot, content_of("conv1"), Thumbnails(weights))
    place = shown.block.mapToScene(shown.block.layout.strip_at + QPointF(4, 4))
    assert shown.scene.items(place, Qt.ItemSelectionMode.IntersectsItemShape) == [shown.block]


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
