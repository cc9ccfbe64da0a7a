"""Networks as small figures: sizes follow shapes, and nothing lies on anything else."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.schematic.layout import HIGHEST, lay_out
from nnstudio.gui.designer.schematic.painter import paint_schematic
from nnstudio.gui.theme import DARK, LIGHT, Theme
from nnstudio.network import NetworkSpec, check
from nnstudio.network.presets import PRESETS, lenet5, resnet20, two_layer_network, vgg16, xor_network


@pytest.mark.parametrize("name", PRESETS)
def test_slabs_stand_apart_and_within_the_figure(name: str) -> None:
    spec = PRESETS[name]()
    schematic = lay_out(spec, check(spec))
    slabs = sorted(schematic.slabs.values(), key=lambda slab: slab.left)
    assert len(slabs) >= len([node for node in spec.nodes if node.layer.family != "reshape"])
    for number, slab in enumerate(slabs):
        assert 0 <= slab.left < slab.right <= schematic.width
        assert schematic.top <= slab.top < slab.top + slab.height <= schematic.bottom + 1e-9
        for other in slabs[number + 1 :]:
            apart = other.left >= slab.right or abs(other.middle - slab.middle) >= (slab.height + other.height) / 2
            assert apart, "one slab covers another"


def test_height_follows_the_picture_and_width_the_channels() -> None:
    spec = vgg16()
    slabs = lay_out(spec, check(spec)).slabs
    heights = [slabs[f"conv{number}"].height for number in (1, 3, 5, 8, 11)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == HIGHEST
    widths = [slabs[f"conv{number}"].width for number in (1, 3, 5, 8)]
    assert widths == sorted(widths)
    assert slabs["dense1"].depth == 0


def test_shortcuts_pass_above_what_they_skip() -> None:
    spec = resnet20()
    schematic = lay_out(spec, check(spec))
    over = [link for link in schematic.links if link.above is not None]
    assert len(over) == 7  # two of the nine shortcuts are layers of their own
    for link in over:
        source, target = schematic.slabs[link.source], schematic.slabs[link.target]
        skipped = [slab for slab in schematic.slabs.values() if source.left < slab.left < target.left]
        assert link.above is not None
        assert link.above < min(slab.top for slab in skipped)


def test_small_networks_show_every_neuron() -> None:
    spec = xor_network()
    schematic = lay_out(spec, check(spec))
    assert schematic.neurons
    assert {name: slab.units for name, slab in schematic.slabs.items()} == {
        "input1": 2, "dense1": 2, "tanh1": 2, "dense2": 1, "output1": 1,
    }  # fmt: skip
    assert {(link.source, link.target, link.full) for link in schematic.links} == {
        ("input1", "dense1", True), ("dense1", "tanh1", False), ("tanh1", "dense2", True), ("dense2", "output1", False),
    }  # fmt: skip
    spec = two_layer_network()
    assert lay_out(spec, check(spec)).neurons


def painted(spec: NetworkSpec, theme: Theme) -> QImage:
    image = QImage(220, 112, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        paint_schematic(painter, QRectF(10, 6, 200, 100), spec, check(spec), theme)
    return image


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_it_paints_inside_its_place_only(qtbot: QtBot, name: str, theme: Theme) -> None:
    image = painted(PRESETS[name](), theme)
    lit = [(x, y) for x in range(220) for y in range(112) if image.pixel(x, y) & 0xFFFFFF]
    assert len(lit) > 200
    assert min(x for x, _ in lit) >= 8
    assert max(x for x, _ in lit) <= 211
    assert min(y for _, y in lit) >= 4
    assert max(y for _, y in lit) <= 107


def test_unfinished_networks(qtbot: QtBot) -> None:
    """What is known is drawn; a broken layer and what is behind it is not."""
    nothing = painted(NetworkSpec(), LIGHT)
    assert not any(nothing.pixel(x, y) & 0xFFFFFF for x in range(220) for y in range(112))
    spec = lenet5().disconnect("conv2")
    assert set(lay_out(spec, check(spec)).slabs) == {"input1", "conv1", "relu1", "pool1"}
    painted(spec, LIGHT)
    repeated = lenet5().join(("conv1",), "twice", 2).mute("relu1")
    slabs = lay_out(repeated, check(repeated)).slabs
    assert "conv1_2" in slabs
    assert "relu1" not in slabs
    loop = lenet5().connect("relu2", "conv1")
    assert lay_out(loop, check(loop)).slabs == {}
