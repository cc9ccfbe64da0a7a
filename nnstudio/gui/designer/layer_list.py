"""All layers by family, to search, pick and drag: the palette, and the menu that a + handle opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QFontMetrics, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.designer.block import GRID, canvas_font
from nnstudio.gui.designer.families import family_title, paint_family
from nnstudio.gui.theme import current_theme, theme_source
from nnstudio.network import LAYERS, Family, Layer

LAYER_MIME = "application/x-nnstudio-layer"
_KIND = Qt.ItemDataRole.UserRole
_ICON = 20
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
_Index = QModelIndex | QPersistentModelIndex


def dragged_kind(data: QMimeData) -> str | None:
    """The kind of layer that is being dragged, if it is one that this version knows."""
    kind = bytes(data.data(LAYER_MIME).data()).decode(errors="replace")
    return kind if kind in LAYERS else None


class LayerList(QListWidget):
    """Every declared layer under its family's name, with its sign and one line of explanation; a source of drags."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layer_list")
        self.setAccessibleName("Layers to insert")
        self.setItemDelegate(_LayerDelegate(self))
        self.setDragEnabled(True)
        self.setDragDropMode(QListWidget.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._fill()
        titles = (QFontMetrics(canvas_font(bold=True)).horizontalAdvance(layer.title) for layer in LAYERS.values())
        self.setMinimumWidth(max(titles) + _ICON + 5 * GRID)
        theme_source.themeChanged.connect(self.viewport().update)

    def _fill(self) -> None:
        families: dict[Family, list[str]] = {}
        for kind, layer in LAYERS.items():
            families.setdefault(layer.family, []).append(kind)
        for family, kinds in families.items():
            heading = QListWidgetItem(family_title(family), self)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            for kind in kinds:
                item = QListWidgetItem(LAYERS[kind].title, self)
                item.setData(_KIND, kind)
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, LAYERS[kind].summary)

    def narrow(self, text: str) -> None:
        """Show only layers with all words of ``text`` in their name, family or explanation; choose the best."""
        words = text.lower().split()
        heading, best = None, None
        for item in self._all():
            kind = item.data(_KIND)
            if kind is None:
                heading = item
                item.setHidden(True)
                continue
            hidden = not all(word in _searched(LAYERS[kind]) for word in words)
            item.setHidden(hidden)
            if not hidden and heading is not None:
                heading.setHidden(False)
            if words and not hidden and (best is None or _begins(item, words) > _begins(best, words)):
                best = item
        self.setCurrentItem(best)  # type: ignore[arg-type]  # None: nothing is current

    def walk(self, step: int) -> None:
        """Make the next (+1) or previous (−1) shown layer current."""
        shown = [item for item in self._all() if not item.isHidden() and item.data(_KIND)]
        if shown:
            place = shown.index(self.currentItem()) + step if self.currentItem() in shown else 0
            self.setCurrentItem(shown[max(0, min(place, len(shown) - 1))])

    def kind(self) -> str | None:
        """The current layer's kind."""
        item = self.currentItem()
        return item.data(_KIND) if item and not item.isHidden() else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the explanations into other lines; the view itself looks at its height only."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        data.setData(LAYER_MIME, items[0].data(_KIND).encode())
        return data

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Carry the layer as its sign and name, beside the pointer, so that the place below it stays in sight."""
        if (kind := self.kind()) is None:
            return
        drag = QDrag(self)
        drag.setMimeData(self.mimeData([self.currentItem()]))
        drag.setPixmap(_chip(LAYERS[kind], self.devicePixelRatioF()))
        drag.setHotSpot(QPoint(-2 * GRID, -2 * GRID))
        drag.exec(Qt.DropAction.CopyAction)

    def _all(self) -> Iterator[QListWidgetItem]:
        return (self.item(row) for row in range(self.count()))


class LayerPicker(QWidget):
    """A search field over the list; Enter or a double-click picks."""

    picked = Signal(str)
    """The kind of the layer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = SearchField()
        self.search.setObjectName("layer_search")
        self.search.setPlaceholderText("Search layers")
        self.search.setAccessibleName("Search layers")
        self.search.setClearButtonEnabled(True)
        self.list = LayerList()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.search.textChanged.connect(self.list.narrow)
        self.search.stepped.connect(self.list.walk)
        self.search.returnPressed.connect(self._pick)
        self.list.itemActivated.connect(self._pick)
        self.setFocusProxy(self.search)

    def _pick(self) -> None:
        if kind := self.list.kind():
            self.picked.emit(kind)


class SearchField(QLineEdit):
    """Up and Down go through the list below while the text cursor stays."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if step := steps.get(Qt.Key(event.key())):
            self.stepped.emit(step)
        else:
            super().keyPressEvent(event)


class _LayerDelegate(QStyledItemDelegate):
    """Sign and title, below it the explanation in as many lines as it needs."""

    def __init__(self, view: LayerList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        line = QFontMetrics(self._view.font()).height()
        if index.data(_KIND) is None:
            return QSize(0, line + 2 * GRID)
        width = self._view.viewport().width()
        text = self._text_room(QRect(0, 0, width, 10_000))
        words = QFontMetrics(self._view.font()).boundingRect(text, _WRAPPED, LAYERS[index.data(_KIND)].summary)
        return QSize(0, QFontMetrics(canvas_font(bold=True)).height() + words.height() + 2 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme, room = current_theme(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(_KIND) is None:
            painter.setPen(theme.color("quiet"))
            painter.setFont(canvas_font(bold=True))
            painter.drawText(room.adjusted(GRID, 0, 0, -4), int(Qt.AlignmentFlag.AlignBottom), index.data())
        else:
            self._paint_layer(painter, option, LAYERS[index.data(_KIND)])
        painter.restore()

    def _paint_layer(self, painter: QPainter, option: QStyleOptionViewItem, layer: type[Layer]) -> None:
        theme, room = current_theme(), option.rect
        state = option.state
        back = "selection" if state & QStyle.StateFlag.State_Selected else "hover"
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(back))
            painter.drawRoundedRect(room.adjusted(0, 1, 0, -1), 4, 4)
        icon = QRectF(room.left() + GRID, room.top() + GRID, _ICON, _ICON)
        paint_family(painter, icon, layer.family)
        text = self._text_room(room)
        bold = canvas_font(bold=True)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(text, int(Qt.AlignmentFlag.AlignTop), layer.title)
        painter.setFont(self._view.font())
        painter.setPen(theme.color("quiet"))
        painter.drawText(text.adjusted(0, QFontMetrics(bold).height(), 0, 0), _WRAPPED, layer.summary)

    @staticmethod
    def _text_room(room: QRect) -> QRect:
        return room.adjusted(2 * GRID + _ICON, GRID, -GRID, 0)


def _searched(layer: type[Layer]) -> str:
    return f"{layer.title} {layer.family.value} {layer.summary}".lower()


def _begins(item: QListWidgetItem, words: list[str]) -> int:
    """How well the title answers the search: 2 when it begins with it, 1 when it contains it."""
    title, text = item.text().lower(), " ".join(words)
    return 2 * title.startswith(text) or int(text in title)


def _chip(layer: type[Layer], ratio: float) -> QPixmap:
    """A layer's sign and name on a small card."""
    theme, bold = current_theme(), canvas_font(bold=True)
    width = _ICON + 3 * GRID + QFontMetrics(bold).horizontalAdvance(layer.title)
    room = QRectF(0.5, 0.5, width - 1, 4 * GRID - 1)
    chip = QPixmap(QSize(round(width * ratio), round(4 * GRID * ratio)))
    chip.setDevicePixelRatio(ratio)
    chip.fill(Qt.GlobalColor.transparent)
    with QPainter(chip) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("accent"))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(room, 6, 6)
        paint_family(painter, QRectF(GRID, (4 * GRID - _ICON) / 2, _ICON, _ICON), layer.family)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(room.adjusted(_ICON + 2 * GRID, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, layer.title)
    return chip
