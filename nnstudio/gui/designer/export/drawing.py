"""The drawn network for a page: always light, and with nothing on it that is there to be clicked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from math import sqrt

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QFontInfo, QGuiApplication, QImage, QPainter, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem

from nnstudio.errors import NNStudioError
from nnstudio.gui.designer.blocks.content import BlockContent
from nnstudio.gui.designer.canvas.scene import NetworkScene
from nnstudio.gui.images import as_png
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.slices import Steps, at_once
from nnstudio.gui.theme import GRID, LIGHT, canvas_font, painted_as
from nnstudio.network import Check

MakeScene = Callable[[NetworkModel, SelectionModel, WeightsModel], NetworkScene]
MARGIN = 2 * GRID
SCALE = 3.0
"""Pixels of a PNG along a pixel of the screen: about 300 dots an inch, for print."""
MOST_PIXELS = 64_000_000
"""Of a PNG, which takes 256 MB while it is painted."""
LONGEST_SIDE = 32_000
"""What a painter can reach."""
LEAST_SCALE = 0.5
"""Below this nothing can be read."""
OTHER_FONTS = "Helvetica, Arial, sans-serif"
"""Where somebody opens an SVG and does not have the font."""


class DrawingError(NNStudioError):
    """A network cannot be drawn as asked."""


class _Shown(NetworkModel):
    """A network of which nothing is said to be wrong: that is for those who work on it."""

    @property
    def check(self) -> Check:
        return replace(super().check, problems=())


class Drawing:
    """A network on a scene of its own, as it is when the drawing is made.

    ``opened`` are the blocks whose layers are shown. Painting yields after every item, so that the window can go on
    meanwhile, and asks for the colours of the light theme only while it paints. Raises ``DrawingError`` for a network
    without layers.
    """

    def __init__(
        self,
        network: NetworkModel,
        weights: WeightsModel,
        opened: Collection[str] = (),
        make_scene: MakeScene = NetworkScene,
    ) -> None:
        if not network.spec.nodes:
            raise DrawingError("The network has no layers, so there is nothing to draw.", "Add a layer first.")
        self.title = network.spec.name
        self._model = _Shown(network.spec)
        self._model.set_batch_size(network.batch_size)
        with painted_as(LIGHT):
            self.scene = make_scene(self._model, SelectionModel(self._model, self._model), weights)
            for group in sorted(set(opened) - self.scene.opened):
                self.scene.toggle_group(group)
            for block in self.scene.blocks.values():
                block.set_content(_without_offers(block.content))
        for wire in self.scene.wires.values():
            wire.setVisible(wire.place.connection is not None)
        self.bounds = _bounds(self.scene)

    @property
    def size(self) -> QSize:
        """In pixels of the screen."""
        return self.bounds.toAlignedRect().size()

    def svg_steps(self) -> Steps[bytes]:
        """The drawing as SVG; text stays text, signs are outlines."""
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setTitle(self.title)
        generator.setDescription("Drawn by NN Studio")
        generator.setSize(self.size)
        generator.setViewBox(QRectF(0, 0, self.size.width(), self.size.height()))
        generator.setResolution(_dots_per_inch())  # at its own 72 fonts would be smaller than the blocks expect
        yield from self._paint(QPainter(generator), 1)
        return _tidied(bytes(data.data()).decode()).encode()

    def image_steps(self, scale: float = SCALE, *, transparent: bool = False) -> Steps[QImage]:
        """The drawing with ``scale`` pixels for each of the screen, or as many as there may be.

        Raises ``DrawingError`` where these are too few to read anything.
        """
        scale = min(scale, fitting_scale(self.size))
        if scale < LEAST_SCALE:
            width, height = self.size.width(), self.size.height()
            raise DrawingError(
                f"The drawing is {width:,} × {height:,} pixels large, too much for a PNG.",
                "Choose SVG, or group layers into blocks.",
            )
        image = QImage(self.size * scale, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent if transparent else Qt.GlobalColor.white)
        _set_resolution(image, _dots_per_inch())  # what fonts go by while painting
        yield from self._paint(QPainter(image), scale)
        _set_resolution(image, _dots_per_inch() * scale)
        return image

    def _paint(self, painter: QPainter, scale: float) -> Steps[None]:
        """Item by item, the lowest first."""
        origin = self.bounds.topLeft()
        to_page = QTransform.fromTranslate(-origin.x(), -origin.y()) * QTransform.fromScale(scale, scale)
        try:
            for item in self.scene.items(Qt.SortOrder.AscendingOrder):
                if item.isVisible():
                    with painted_as(LIGHT):
                        _paint_item(painter, item, to_page)
                    yield
        finally:
            painter.end()


def drawing_svg(drawing: Drawing) -> bytes:
    """The content of an SVG file."""
    return at_once(drawing.svg_steps())


def drawing_png(drawing: Drawing, scale: float = SCALE, *, transparent: bool = False) -> bytes:
    """The content of a PNG file."""
    return as_png(at_once(drawing.image_steps(scale, transparent=transparent)), "drawing")


def fitting_scale(size: QSize) -> float:
    """The largest scale at which a drawing of that size can be painted."""
    longest = max(size.width(), size.height())
    return min(LONGEST_SIDE / longest, sqrt(MOST_PIXELS / (size.width() * size.height())))


def _without_offers(content: BlockContent) -> BlockContent:
    """Inputs that are only there because one more may be connected are not drawn."""
    inputs = content.inputs
    while len(inputs) > content.needed and not inputs[-1]:
        inputs = inputs[:-1]
    return replace(content, inputs=inputs)


def _bounds(scene: NetworkScene) -> QRectF:
    """All blocks, lines and frames, and a margin."""
    bounds = QRectF()
    for block in scene.blocks.values():
        bounds |= block.mapRectToScene(block.outline)
    for wire in scene.wires.values():
        if wire.isVisible():
            bounds |= wire.curve.boundingRect()
    for frame in scene.frames.values():
        bounds |= frame.outline
    return bounds.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)


def _paint_item(painter: QPainter, item: QGraphicsItem, to_page: QTransform) -> None:
    option = QStyleOptionGraphicsItem()
    option.exposedRect = item.boundingRect()
    painter.save()
    painter.setTransform(item.sceneTransform() * to_page)
    painter.setOpacity(item.effectiveOpacity())
    item.paint(painter, option, None)
    painter.restore()


def _tidied(svg: str) -> str:
    """Without groups that hold nothing, and with the name of the font that Qt took, and others in its place."""
    svg = re.sub(r"<g [^>]*>\s*</g>\s*", "", svg)
    family = f"{QFontInfo(canvas_font()).family()}, {OTHER_FONTS}"
    return svg.replace(f'font-family="{canvas_font().family()}"', f'font-family="{family}"')


def _set_resolution(image: QImage, dots_per_inch: float) -> None:
    dots = round(dots_per_inch / 0.0254)
    image.setDotsPerMeterX(dots)
    image.setDotsPerMeterY(dots)


def _dots_per_inch() -> int:
    return round(QGuiApplication.primaryScreen().logicalDotsPerInch())
