"""Where on a block everything stands: worked out when its content changes, not when it is painted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainterPath, QStaticText
from PySide6.QtWidgets import QApplication

from nnstudio.gui.designer.blocks.content import BlockContent
from nnstudio.gui.designer.blocks.thumbnails import Strip
from nnstudio.gui.designer.signs.problems import worst
from nnstudio.gui.theme import CORNER, GRID, canvas_font
from nnstudio.units import counted

EDGE = 4
"""Width of the strip in the family's colour."""
ICON = 18
NARROWEST = 7 * GRID
"""Width that any text may take before it is broken into two lines."""
STRIP_ROOM = 9 * GRID
"""Width that filters have at least."""
BAR = 4
"""Height of the bar, and of the row of families of a block of layers."""
PILL = 2 * GRID
"""Height of a badge with a word."""
PORT_STEP = 2 * GRID
"""Between neighbouring inputs."""
LARGER = 1.25
"""How much larger a title may be when it is alone."""


@dataclass(frozen=True)
class Line:
    """A piece of text: where its top left is, and the role of its colour."""

    text: QStaticText
    at: QPointF
    bold: bool
    role: str

    @property
    def words(self) -> str:
        return self.text.text()


@dataclass(frozen=True)
class Pill:
    """A badge with a word in it, on the upper edge."""

    word: Line
    outline: QRectF
    role: str


@dataclass(frozen=True)
class BlockLayout:
    """A block's size and parts in its own coordinates: the origin is the middle of the left edge."""

    width: float
    height: float
    icon: QRectF
    lines: tuple[Line, ...]
    rule: QRectF
    strip: Strip | None
    strip_at: QPointF
    members: QRectF
    track: QRectF
    """Room of the bar; empty when there is none."""
    pills: tuple[Pill, ...]
    title: tuple[str, ...] = field(default=())

    @property
    def outline(self) -> QRectF:
        return QRectF(0, -self.height / 2, self.width, self.height)


def in_two_lines(text: str, metrics: QFontMetricsF, enough: float) -> tuple[str, ...]:
    """Text on at most two lines, broken where it gets narrowest; on one if that takes no more than ``enough``."""
    words = text.split(" ")
    if len(words) < 2 or metrics.horizontalAdvance(text) <= enough:
        return (text,) if text else ()
    breaks = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return min(breaks, key=lambda lines: max(map(metrics.horizontalAdvance, lines)))


@cache
def frame_path(width: float, height: float) -> QPainterPath:
    """A block's outline; blocks of one size share it."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(0.5, 0.5 - height / 2, width - 1, height - 1), CORNER, CORNER)
    return path


@cache
def edge_path(height: float) -> QPainterPath:
    """The strip in the family's colour within the outline."""
    strip = QPainterPath()
    strip.addRect(QRectF(0, -height / 2, EDGE, height))
    return frame_path(4 * CORNER, height).intersected(strip)


class Composer:
    """Lays out one block after another with the same fonts."""

    def __init__(self) -> None:
        self.plain, self.bold = canvas_font(), canvas_font(bold=True, larger=1)
        self._metrics = {False: QFontMetricsF(self.plain), True: QFontMetricsF(self.bold)}

    @staticmethod
    def current() -> Composer:
        """The one for the font that the application has now."""
        return _composer(QApplication.font().toString())

    def lay_out(self, content: BlockContent) -> BlockLayout:
        """As wide as the text needs, and as high as all parts above one another."""
        width = self._width(content)
        room = width - EDGE - 2 * GRID
        strip = Strip.fitting(content.kernels, room) if content.kernels else None
        title = self._broken(content.title, NARROWEST, bold=True)
        head = [*((text, True, "text") for text in title), *self._settings(content, room)]
        foot = list(self._foot(content, room))
        head_height = self._head_height(head)
        members = (BAR + GRID) if content.members else 0
        seen = strip.height + GRID if strip else 0
        bar = BAR + GRID / 2 if content.share_text else 0
        plain = self._metrics[False].height()
        foot_height = max(len(foot), 3) * plain + GRID + bar
        ports = 2 * PORT_STEP * len(content.inputs)
        height = GRID * ceil(max(head_height + members + seen + GRID + foot_height, ports) / GRID)

        left, top = EDGE + GRID, -height / 2 + GRID
        icon = QRectF(left, top, ICON, ICON)
        name_at = QPointF(icon.right() + GRID, top + (ICON - plain) / 2)
        lines = [self._line(content.node_id, name_at, False, "quiet")]
        top += ICON + GRID / 2
        lines += self._column(head, left, top)
        after_head = -height / 2 + head_height
        members_row = QRectF(left, after_head + GRID / 2, room, BAR) if members else QRectF()
        rule_top = height / 2 - foot_height - GRID / 2
        lines += self._column(foot, left, rule_top + GRID / 2)
        track = QRectF(left, height / 2 - GRID - BAR + 2, room, BAR) if bar else QRectF()
        return BlockLayout(
            width=width,
            height=height,
            icon=icon,
            lines=tuple(lines),
            rule=QRectF(left, round(rule_top), room, 1),
            strip=strip,
            strip_at=QPointF(left, round(after_head + members + GRID / 2)),
            members=members_row,
            track=track,
            pills=tuple(self._pills(content, width, height)),
            title=title,
        )

    def _head_height(self, lines: Sequence[tuple[str, bool, str]]) -> float:
        """There is always room for a title of two lines and one of settings, so that most blocks are of one height."""
        plain, bold = self._metrics[False].height(), self._metrics[True].height()
        taken = sum(bold if is_bold else plain for _, is_bold, _ in lines)
        return GRID + ICON + GRID / 2 + max(taken, 2 * bold + plain)

    def _width(self, content: BlockContent) -> float:
        plain, bold = self._metrics[False], self._metrics[True]
        broken = [
            line
            for text in (content.settings, content.parameters, *content.figures, content.share_text)
            for line in self._broken(text, NARROWEST)
        ]
        needed = max(
            NARROWEST,
            STRIP_ROOM if content.kernels else 0,
            ICON + GRID + plain.horizontalAdvance(content.node_id),
            sum(plain.horizontalAdvance(word) + 1.5 * GRID for word, _ in _badges(content)) - GRID,
            *map(bold.horizontalAdvance, self._broken(content.title, NARROWEST, bold=True)),
            *map(plain.horizontalAdvance, (content.output, *broken)),
        )
        return GRID * ceil((needed + EDGE + 2 * GRID) / GRID)

    def _broken(self, text: str, enough: float, *, bold: bool = False) -> tuple[str, ...]:
        return in_two_lines(text, self._metrics[bold], enough)

    def _settings(self, content: BlockContent, room: float) -> Iterator[tuple[str, bool, str]]:
        layers = counted(len(content.members), "layer") if content.members else ""
        for text in (content.settings, layers):
            yield from ((line, False, "text") for line in self._broken(text, room))

    def _foot(self, content: BlockContent, room: float) -> Iterator[tuple[str, bool, str]]:
        yield content.output, False, "text"
        learned = "accent" if content.untrained and not content.fate else "quiet"
        yield from ((line, False, learned) for line in self._broken(content.parameters, room))
        for text in (content.share_text, *content.figures):
            yield from ((line, False, "quiet") for line in self._broken(text, room))

    def _column(self, texts: Sequence[tuple[str, bool, str]], left: float, top: float) -> Iterator[Line]:
        for text, bold, role in texts:
            yield self._line(text, QPointF(left, top), bold, role)
            top += self._metrics[bold].height()

    def _line(self, text: str, at: QPointF, bold: bool, role: str) -> Line:
        prepared = QStaticText(text.replace("\N{NO-BREAK SPACE}", " "))  # it has done its work: lines are broken
        prepared.setTextFormat(Qt.TextFormat.PlainText)
        prepared.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        return Line(prepared, at, bold, role)

    def _pills(self, content: BlockContent, width: float, height: float) -> Iterator[Pill]:
        """From right to left, the sign of a problem being outermost."""
        right = width - (2 * GRID if worst(content.problems) else GRID / 2)
        metrics = self._metrics[False]
        for word, role in _badges(content):
            wide = metrics.horizontalAdvance(word) + GRID
            outline = QRectF(right - wide, -height / 2 - PILL / 2, wide, PILL)
            at = QPointF(outline.left() + GRID / 2, outline.center().y() - metrics.height() / 2)
            yield Pill(self._line(word, at, False, role), outline, role)
            right = outline.left() - GRID / 2


@cache
def _composer(_font: str) -> Composer:
    return Composer()


_ROLES = {"kept": "quiet", "widened": "good", "new": "accent", "muted": "quiet"}


def _badges(content: BlockContent) -> Iterator[tuple[str, str]]:
    """Words on the upper edge, each with the role of its colour."""
    if content.repeat > 1:
        yield f"×{content.repeat}", "text"
    for word in (content.fate, "muted" if content.muted else ""):
        if word:
            yield word, _ROLES.get(word, "quiet")
