"""All layers by family, to search, pick and drag: the palette, and the menu that a + handle opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QDrag, QFontMetrics, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from nnstudio.gui.designer.palette.layer_delegate import TEXT_LEFT, LayerDelegate, Role, chip
from nnstudio.gui.designer.signs.families import family_title
from nnstudio.gui.theme import GRID, canvas_font, theme_source
from nnstudio.gui.widgets.search_field import SearchField
from nnstudio.network import LAYERS, Family, Layer

LAYER_MIME = "application/x-nnstudio-layer"


def dragged_kind(data: QMimeData) -> str | None:
    """The kind of layer that is being dragged, if it is one that this version knows."""
    kind = bytes(data.data(LAYER_MIME).data()).decode(errors="replace")
    return kind if kind in LAYERS else None


class LayerList(QListWidget):
    """Every declared layer under its family's name, with its picture and one line of explanation; a source of drags.

    A family's layers can be folded away, by a click on its name or with Left and Right; a search finds them all the
    same. What is folded stays so as long as the list lives.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layer_list")
        self.setAccessibleName("Layers to insert")
        self.setItemDelegate(LayerDelegate(self))
        self.setDragEnabled(True)
        self.setDragDropMode(QListWidget.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._words: list[str] = []
        self._folded: set[Family] = set()
        self._pressed: QListWidgetItem | None = None
        self._fill()
        titles = (QFontMetrics(canvas_font(bold=True)).horizontalAdvance(layer.title) for layer in LAYERS.values())
        self.setMinimumWidth(max(titles) + TEXT_LEFT + 2 * GRID + 4)
        theme_source.themeChanged.connect(self.viewport().update)

    def _fill(self) -> None:
        families: dict[Family, list[str]] = {}
        for kind, layer in LAYERS.items():
            families.setdefault(layer.family, []).append(kind)
        for family, kinds in families.items():
            heading = QListWidgetItem(family_title(family), self)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            heading.setData(Role.FAMILY, family)
            for kind in kinds:
                item = QListWidgetItem(LAYERS[kind].title, self)
                item.setData(Role.KIND, kind)
                item.setData(Role.FAMILY, family)
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, LAYERS[kind].summary)
        self._show()

    # ---- searching

    def narrow(self, text: str) -> None:
        """Show only layers with all words of ``text`` in their names, family or explanation; choose the best."""
        self._words = text.lower().split()
        self._show()
        shown = [item for item in self._all() if not item.isHidden() and item.data(Role.KIND)]
        best = max(shown, key=self._answers, default=None) if self._words else None
        self.setCurrentItem(best)  # type: ignore[arg-type]  # None: nothing is current

    def walk(self, step: int) -> None:
        """Make the next (+1) or previous (−1) shown layer current."""
        shown = [item for item in self._all() if not item.isHidden() and item.data(Role.KIND)]
        if shown:
            place = shown.index(self.currentItem()) + step if self.currentItem() in shown else 0
            self.setCurrentItem(shown[max(0, min(place, len(shown) - 1))])

    def kind(self) -> str | None:
        """The current layer's kind."""
        item = self.currentItem()
        return item.data(Role.KIND) if item and not item.isHidden() else None

    def _answers(self, item: QListWidgetItem) -> int:
        """How well a layer answers the search: 2 when its name begins with it or others call it so, 1 when its name
        contains it."""
        title, text = item.text().lower(), " ".join(self._words)
        known = title.startswith(text) or text in LAYERS[item.data(Role.KIND)].also
        return 2 * known or int(text in title)

    # ---- folding

    def fold(self, family: Family, folded: bool) -> None:
        """Hide a family's layers, or show them."""
        (self._folded.add if folded else self._folded.discard)(family)
        self._show()

    def folded(self, family: Family) -> bool:
        """Whether its layers are hidden; a search shows what it finds all the same."""
        return family in self._folded and not self._words

    def _show(self) -> None:
        """Show what the search finds and what is not folded away."""
        found = {kind for kind, layer in LAYERS.items() if all(word in searched_text(layer) for word in self._words)}
        families = {LAYERS[kind].family for kind in found}
        for item in self._all():
            family = _family(item)
            if item.data(Role.KIND) is None:
                self._show_heading(item, family, shown=family in families)
            else:
                item.setHidden(item.data(Role.KIND) not in found or self.folded(family))

    def _show_heading(self, item: QListWidgetItem, family: Family, *, shown: bool) -> None:
        folded = self.folded(family)
        item.setHidden(not shown)
        item.setData(Role.FOLDED, folded)
        state = "folded, Right shows its layers" if folded else "Left hides its layers"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{family_title(family)}, group of layers, {state}")

    def _heading(self, family: Family) -> QListWidgetItem:
        return next(item for item in self._all() if _family(item) is family)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left folds the current group and goes to its heading, Right shows it; on a heading Enter does either."""
        item, key = self.currentItem(), event.key()
        heading = item is not None and item.data(Role.KIND) is None
        keys = {Qt.Key.Key_Left: True, Qt.Key.Key_Right: False}
        if heading and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.fold(_family(item), not self.folded(_family(item)))
        elif item is not None and not self._words and key in keys:
            self.fold(_family(item), keys[Qt.Key(key)])
            if keys[Qt.Key(key)]:
                self.setCurrentItem(self._heading(_family(item)))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self.itemAt(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a heading folds its group, or shows it."""
        super().mouseReleaseEvent(event)
        item = self.itemAt(event.position().toPoint())
        if item is not None and item is self._pressed and item.data(Role.KIND) is None and not self._words:
            self.fold(_family(item), not self.folded(_family(item)))

    # ---- showing and dragging

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the explanations into other lines; the view itself looks at its height only."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        data.setData(LAYER_MIME, items[0].data(Role.KIND).encode())
        return data

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Carry the layer as its picture and name, beside the pointer, so that the place below it stays in sight."""
        if (kind := self.kind()) is None:
            return
        drag = QDrag(self)
        drag.setMimeData(self.mimeData([self.currentItem()]))
        drag.setPixmap(chip(LAYERS[kind], self.devicePixelRatioF()))
        drag.setHotSpot(QPoint(-2 * GRID, -2 * GRID))
        drag.exec(Qt.DropAction.CopyAction)

    def _all(self) -> Iterator[QListWidgetItem]:
        return (self.item(row) for row in range(self.count()))


def _family(item: QListWidgetItem) -> Family:
    """That of a layer or a heading."""
    return Family(item.data(Role.FAMILY))


def searched_text(layer: type[Layer]) -> str:
    """All words by which a layer can be found."""
    return " ".join((layer.title, layer.family.value, layer.summary, *layer.also)).lower()


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
