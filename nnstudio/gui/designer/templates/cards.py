"""Networks to start from as cards with a picture, and what is on them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnstudio.data.names import DATASETS
from nnstudio.gui.designer.schematic.painter import paint_schematic
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import CORNER, GRID, canvas_font, current_theme, theme_source
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import TEMPLATES, Category, Template
from nnstudio.units import counted, short_count

CARD = QSize(28 * GRID, 24 * GRID)
_PICTURE = 11 * GRID
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
_CHOICE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Choice:
    """One card. Without a ``template`` it is the empty network, which has its place everywhere."""

    title: str
    summary: str
    template: Template | None
    trained: bool = False

    @property
    def spec(self) -> NetworkSpec | None:
        """The network to begin with, or `None` for the trained one that comes with the program."""
        return None if self.trained else self.template.spec if self.template else NetworkSpec()

    @property
    def size(self) -> str:
        """How large it is, in a few words."""
        if self.template is None:
            return "no layers"
        size = counted(self.template.check.parameter_count, "parameter")
        return f"{size}, ready to use" if self.trained else size

    def belongs(self, category: Category | None) -> bool:
        """Whether it is among those of that category; all are of none."""
        return category is None or self.template is None or self.template.category is category

    def contains(self, words: list[str]) -> bool:
        """Whether all of these words, in small letters, are in what is said of it."""
        template = self.template
        told = (template.name, template.category, template.history, *(DATASETS[name] for name in template.data)) if (
            template
        ) else ()  # fmt: skip
        text = " ".join((self.title, self.summary, *told)).lower()
        return all(word in text for word in words)


def choices() -> list[Choice]:
    """All cards: templates, the trained network, an empty one."""
    lenet = TEMPLATES[0]
    return [
        *(Choice(template.title, template.summary, template) for template in TEMPLATES),
        Choice("Trained LeNet-5", "The network that reads digits already, as on the first start.", lenet, trained=True),
        Choice("Empty network", "Build it layer by layer in the designer.", None),
    ]


class CardList(QListWidget):
    """A grid of cards, gone through with the arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("new_list")
        self.setAccessibleName("Networks to start from")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setGridSize(CARD)
        self.setMouseTracking(True)
        self.setStyleSheet("QListWidget { background: transparent; }")
        self.setItemDelegate(_CardDelegate(self))
        for choice in choices():
            item = QListWidgetItem(choice.title, self)
            item.setData(_CHOICE, choice)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, choice.summary)
        self.setCurrentRow(0)
        theme_source.themeChanged.connect(self.viewport().update)

    def choice(self) -> Choice | None:
        """The current card, if it is shown."""
        item = self.currentItem()
        return item.data(_CHOICE) if item is not None and not item.isHidden() else None

    def narrow(self, text: str, category: Category | None) -> None:
        """Show only cards of that category with all words of `text`; the current one stays if it is among them."""
        words = text.lower().split()
        for row in range(self.count()):
            choice = self.item(row).data(_CHOICE)
            self.item(row).setHidden(not (choice.belongs(category) and choice.contains(words)))
        if self.choice() is None:
            self.walk(0)

    def walk(self, step: int) -> None:
        """Go to the next (+1) or previous (−1) card that is shown."""
        shown = [row for row in range(self.count()) if not self.item(row).isHidden()]
        if not shown:
            self.setCurrentRow(-1)
        elif self.currentRow() in shown:
            place = shown.index(self.currentRow()) + step
            self.setCurrentRow(shown[max(0, min(place, len(shown) - 1))])
        else:
            self.setCurrentRow(shown[0])


class _CardDelegate(QStyledItemDelegate):
    """Picture, name, size, and what it is in two lines."""

    def __init__(self, view: CardList) -> None:
        super().__init__(view)
        self._view = view
        self._pictures: dict[tuple[str, str], QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return CARD

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme, choice = current_theme(), index.data(_CHOICE)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ground = "selection" if selected else "hover" if option.state & QStyle.StateFlag.State_MouseOver else "panel"
        card = option.rect.adjusted(GRID // 2, GRID // 2, -GRID // 2, -GRID // 2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent" if selected else "border"), 2 if selected else 1))
        painter.setBrush(theme.color(ground))
        painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
        inside = card.adjusted(GRID, GRID, -GRID, -GRID)
        painter.drawPixmap(inside.topLeft(), self._picture(choice, QSize(inside.width(), _PICTURE)))
        self._write(painter, inside.adjusted(0, _PICTURE + GRID // 2, 0, 0), choice)
        painter.restore()

    def _write(self, painter: QPainter, room: QRect, choice: Choice) -> None:
        theme, bold = current_theme(), canvas_font(bold=True)
        line = QFontMetrics(bold).height()
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        title = QFontMetrics(bold).elidedText(choice.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignTop), title)
        painter.setFont(self._view.font())
        painter.setPen(theme.color("quiet"))
        painter.drawText(room.adjusted(0, line, 0, 0), int(Qt.AlignmentFlag.AlignTop), choice.size)
        painter.setPen(theme.color("text"))
        painter.drawText(room.adjusted(0, 2 * line, 0, 0), _WRAPPED, choice.summary)

    def _picture(self, choice: Choice, size: QSize) -> QPixmap:
        """Painted once for each theme, when it is first seen."""
        key = choice.title, current_theme().name
        if key not in self._pictures:
            ratio = self._view.devicePixelRatioF()
            picture = QPixmap(size * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as painter:
                paint_choice(painter, QRectF(0, 0, size.width(), size.height()), choice)
            self._pictures[key] = picture
        return self._pictures[key]


def paint_choice(painter: QPainter, room: QRectF, choice: Choice) -> None:
    """The network as a figure; a plus for the empty one."""
    if choice.template is not None:
        paint_schematic(painter, room, choice.template.spec, choice.template.check)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(current_theme().color("quiet"), 1, Qt.PenStyle.DashLine))
    frame = QRectF(0, 0, 2.4 * room.height() / 2, 0.6 * room.height())
    frame.moveCenter(room.center())
    painter.drawRoundedRect(frame, CORNER, CORNER)
    sign = QRectF(0, 0, 4 * GRID, 4 * GRID)
    sign.moveCenter(room.center())
    paint_glyph(painter, sign, "plus", current_theme().color("quiet"))


def facts(choice: Choice) -> dict[str, str]:
    """Figures and advice for the details of a card."""
    template = choice.template
    if template is None:
        return {}
    check, nodes = template.check, template.spec.nodes
    weighted = sum(bool(report.parameter_count) for report in check.layers.values())
    return {
        "Layers": f"{len(nodes)}, {weighted} of them with weights",
        "Parameters": f"{check.parameter_count:,}",
        "Multiply-adds": f"{short_count(check.multiply_adds).strip()} a picture",
        "Data": ", ".join(DATASETS[name] for name in template.data) or "a folder of your own pictures, sorted by class",
        "Effort": template.effort,
    }
