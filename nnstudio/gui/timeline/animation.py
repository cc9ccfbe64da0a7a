"""A run as an animated picture: the filters of a layer and the loss, frame by frame. Without Qt.

Frames are spread evenly over the run's steps. Pictures and their number are bounded, so that a file stays small enough
to be sent to somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nnstudio.errors import CancelledError
from nnstudio.gui.inspect.mosaic import MIN_SCALE, Mosaic, Source, nice_limit
from nnstudio.training.timeline import Moment, Timeline, TimelineError

MOST_FRAMES = 200
MOST_PIXELS = 30_000_000
"""Of all frames together: about 200 MB of memory while Pillow writes, and files that stay below 20 MB."""
FRAMES_PER_SECOND = 20
_HOLD_SECONDS = 2
"""How long the last frame stays before it begins again."""
_SPACE, _LINE, _CURVE, _LEGEND = 16, 20, 120, 80
_AROUND = _CURVE + 2 * _LINE + 3 * _SPACE
"""Pixels above and below the filters."""
FORMATS = {"GIF": ".gif", "APNG": ".png"}

Colour = tuple[int, int, int]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, and its diverging map from values and a limit to (..., 3)."""

    ground: Colour
    text: Colour
    quiet: Colour
    border: Colour
    curve: Colour
    diverge: Callable[[NDArray[np.floating[Any]], float], NDArray[np.uint8]]


@dataclass(frozen=True)
class Wish:
    """What somebody wants to have: which filters, how long it plays, how wide, in which of `FORMATS`."""

    source: Source
    title: str
    seconds: float
    width: int
    format: str


@dataclass(frozen=True)
class _Frame:
    moment: Moment
    kernels: NDArray[np.floating[Any]]


def spread(steps: Sequence[int], count: int) -> list[int]:
    """At most `count` of the steps, as evenly over the way from first to last as there are some; both are there."""
    if len(steps) <= 1:
        return list(steps)
    at = np.asarray(steps)
    wanted = np.linspace(at[0], at[-1], max(2, count))
    places = np.searchsorted(at, wanted).clip(1, len(at) - 1)
    places -= wanted - at[places - 1] < at[places] - wanted
    return at[np.unique(places)].tolist()


def animation(timeline: Timeline, wish: Wish, palette: Palette, progress: Progress, cancel: Event) -> bytes:
    """The bytes of an animated file; `CancelledError` soon after `cancel` is set."""
    steps = spread(timeline.steps, _frame_count(wish))
    total = 2 * len(steps)
    frames = _read(timeline, wish.source, steps, lambda done: _go_on(progress, done, total, cancel))
    if len(frames) < 2:
        raise TimelineError("There are too few moments of this layer for an animation.", "Train for a while first.")
    painter = _Painter(wish, palette, frames, timeline.moments)
    return _encoded(painter, wish, lambda done: _go_on(progress, len(steps) + done, total, cancel))


def _frame_count(wish: Wish) -> int:
    """As many as are fluent, but only so many that there is room for half as high filters as they are wide."""
    room = MOST_PIXELS // (wish.width * (_AROUND + wish.width // 2))
    return max(2, min(MOST_FRAMES, room, round(wish.seconds * FRAMES_PER_SECOND)))


def _go_on(progress: Progress, done: int, total: int, cancel: Event) -> None:
    if cancel.is_set():
        raise CancelledError("The animation was cancelled.")
    progress(done, total)


def _read(timeline: Timeline, source: Source, steps: list[int], tell: Callable[[int], None]) -> list[_Frame]:
    """Only the filters, so that a long run of a large network fits into memory; what is damaged is left out."""
    moments, frames = {moment.step: moment for moment in timeline.moments}, []
    for number, step in enumerate(steps):
        tell(number)
        try:
            weights = timeline.state(step).result.get(source.parameter)
        except TimelineError:  # thinned meanwhile, or damaged: there are others
            continue
        kernels = source.kernels(weights) if weights is not None else None
        if kernels is not None:
            frames.append(_Frame(moments.get(step, Moment(step)), np.nan_to_num(kernels.astype(np.float32))))
    return frames


class _Painter:
    """Paints frames of one size, with one colour scale for all of them. Outputs go across, inputs down."""

    def __init__(self, wish: Wish, palette: Palette, frames: list[_Frame], moments: Sequence[Moment]) -> None:
        self.frames, self._palette, self._title = frames, palette, wish.title
        self._limit = max(nice_limit(frame.kernels) for frame in frames)
        outputs, inputs, rows, columns = wish.source.shape
        shape = (inputs, outputs, rows, columns) if inputs > 1 else wish.source.shape
        height = MOST_PIXELS // (len(frames) * wish.width) - _AROUND
        self._mosaic = _fitting(shape, wish.width - 2 * _SPACE, min(wish.width, height))
        self._everything = outputs * inputs
        top = _SPACE + _LINE + self._mosaic.size[0] + _SPACE
        self.size = wish.width, top + _LINE + _CURVE + _SPACE
        self._plot = (_SPACE, top + _LINE, wish.width - _SPACE, top + _LINE + _CURVE)
        self._curve = [(m.step, m.loss) for m in moments if np.isfinite(m.loss)]
        self._first, self._last = frames[0].moment.step, frames[-1].moment.step
        self._font = ImageFont.load_default(13)

    def paint(self, frame: _Frame) -> Image.Image:
        picture = Image.new("RGB", self.size, self._palette.ground)
        draw = ImageDraw.Draw(picture)
        draw.text((_SPACE, _SPACE - 4), self._words, self._palette.quiet, self._font)
        words = f"step {frame.moment.step:,}"
        right = self.size[0] - _SPACE - draw.textlength(words, self._font)
        draw.text((right, _SPACE - 4), words, self._palette.text, self._font)
        mosaic = self._tiles(frame.kernels)
        picture.paste(mosaic, ((self.size[0] - mosaic.width) // 2, _SPACE + _LINE), mosaic)
        self._draw_legend(picture, draw)
        self._draw_curve(draw, frame.moment.step)
        return picture

    @property
    def _words(self) -> str:
        seen = self._mosaic.shape[0] * self._mosaic.shape[1]
        return self._title if seen == self._everything else f"{self._title} ({seen} of {self._everything})"

    def _tiles(self, kernels: NDArray[np.floating[Any]]) -> Image.Image:
        mosaic = self._mosaic
        turned = kernels.swapaxes(0, 1) if kernels.shape[1] > 1 else kernels
        seen = self._palette.diverge(turned[: mosaic.shape[0], : mosaic.shape[1]], self._limit)
        colours = _packed(np.moveaxis(seen, -1, 0).astype(np.uint32))
        frame = int(_packed(np.array(self._palette.border, np.uint32)))
        pixels = mosaic.paint(colours, frame, range(mosaic.rows), range(mosaic.columns))
        height, width = mosaic.size
        flat = np.ascontiguousarray(pixels[:height, :width], "<u4").view(np.uint8)
        return Image.fromarray(flat.reshape(height, width, 4), "RGBA")

    def _draw_legend(self, picture: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        """Which colour is which number, on the right above the curve."""
        values = np.linspace(-1, 1, _LEGEND)
        strip = np.broadcast_to(self._palette.diverge(values, 1.0), (8, _LEGEND, 3))
        low, high, top = f"-{self._limit:g}", f"+{self._limit:g}", self._plot[1] - _LINE
        right = self.size[0] - _SPACE - draw.textlength(high, self._font)
        draw.text((right, top), high, self._palette.quiet, self._font)
        left = round(right) - 6 - _LEGEND
        picture.paste(Image.fromarray(np.ascontiguousarray(strip)), (left, top + 4))
        draw.text((left - 6 - draw.textlength(low, self._font), top), low, self._palette.quiet, self._font)

    def _draw_curve(self, draw: ImageDraw.ImageDraw, step: int) -> None:
        """The loss up to the frame strong, what comes after it faint."""
        left, top, right, bottom = self._plot
        draw.text((left, top - _LINE), "loss", self._palette.quiet, self._font)
        draw.line((left, bottom, right, bottom), self._palette.border)
        if len(self._curve) < 2:
            return
        points = self._points()
        draw.line([(x, y) for _, x, y in points], self._palette.border, 2, joint="curve")
        past = [(x, y) for at, x, y in points if at <= step]
        if len(past) > 1:
            draw.line(past, self._palette.curve, 2, joint="curve")
        x = left + (right - left) * (step - self._first) / max(1, self._last - self._first)
        draw.line((x, top, x, bottom), self._palette.quiet)

    def _points(self) -> list[tuple[int, float, float]]:
        left, top, right, bottom = self._plot
        losses = [loss for _, loss in self._curve]
        low, high = min(0.0, *losses), max(losses)
        across, down = (right - left) / max(1, self._last - self._first), (bottom - top) / ((high - low) or 1.0)
        return [
            (step, left + across * (step - self._first), bottom - down * (loss - low)) for step, loss in self._curve
        ]


def _packed(channels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(3, ...) red, green, blue as one opaque number each, red in the lowest byte."""
    red, green, blue = channels
    return np.uint32(0xFF000000) | red | green << np.uint32(8) | blue << np.uint32(16)


def _fitting(shape: tuple[int, int, int, int], width: int, height: int) -> Mosaic:
    """A mosaic of these pixels, where need be of fewer filters."""
    down_count, across_count, rows, columns = shape
    down, right = Mosaic((1, 1, rows, columns), 1, MIN_SCALE).pitch
    most_down, most_across = max(1, (height + 1) // down), max(1, (width + 1) // right)
    across_count = min(across_count, most_across)
    down_count = min(down_count, most_down if across_count > 1 else most_across * most_down)
    return Mosaic.fitting((down_count, across_count, rows, columns), width, height)


def _durations(frames: list[_Frame], seconds: float) -> list[int]:
    """Milliseconds of each frame: all together as long as was asked for, and in proportion to the steps between."""
    steps = np.array([frame.moment.step for frame in frames])
    shares = np.diff(steps) / (steps[-1] - steps[0])
    return [*np.maximum(20, 10 * np.rint(100 * seconds * shares)).astype(int).tolist(), 1000 * _HOLD_SECONDS]


def _encoded(painter: _Painter, wish: Wish, tell: Callable[[int], None]) -> bytes:
    kind, durations = wish.format, _durations(painter.frames, wish.seconds)
    shared = painter.paint(painter.frames[-1]).quantize(256)

    def pictures() -> Iterator[Image.Image]:
        for number, frame in enumerate(painter.frames):
            tell(number)
            picture = painter.paint(frame)
            yield picture.quantize(palette=shared, dither=Image.Dither.NONE) if kind == "GIF" else picture

    made, file = pictures(), BytesIO()
    first = next(made)
    if kind == "GIF":
        first.save(file, "GIF", save_all=True, append_images=made, duration=durations, loop=0, disposal=1)
    else:  # Pillow goes over the pictures twice
        first.save(file, "PNG", save_all=True, append_images=list(made), duration=durations, loop=0)
    return file.getvalue()
