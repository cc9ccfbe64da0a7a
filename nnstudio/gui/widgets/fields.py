"""Editors for the fields of a declaration, each chosen by the field's type."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from math import inf, nextafter
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import theme_source
from nnstudio.gui.widgets.number_box import NumberBox

if TYPE_CHECKING:
    from nnstudio.gui.widgets.form import DeclarationForm

_MAX_WHOLE = 2**53
_INDENT = 32
"""Pixels that a group's summary stands to the right of the sign that folds it."""


class Editor(QWidget):
    """Shows one field's value and lets it be changed."""

    edited = Signal()

    def __init__(self, name: str, field: FieldInfo) -> None:
        super().__init__()
        self.name = name
        self.form: DeclarationForm | None = None
        """The form of its own settings, where it has one, to be put below it."""
        self.setObjectName(f"field_{name}")
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._help = field.description or ""
        self.setToolTip(self._help)
        self.setStatusTip(self._help)
        self.setAccessibleName(title_of(name, field))
        self.setAccessibleDescription(self._help)

    def value(self) -> Any:
        """What is in it now; ``ValueError`` when that is nothing that such a field could have."""
        raise TypeError(f"{type(self).__name__} has no value")  # each editor below has one

    def set_value(self, value: Any) -> None:
        raise TypeError(f"{type(self).__name__} takes no value")

    def set_editable(self, names: Collection[str] | None) -> None:
        """Let it be edited if it is among these names, or is in something that is; ``None``: always."""
        mine = names is None or self.name in names
        self.setEnabled(mine)
        if self.form is not None:
            self.form.set_editable(None if mine else names)

    def _add(self, control: QWidget, part: str = "") -> None:
        """Put a control in; it inherits the field's name and help."""
        control.setObjectName(f"{self.objectName()}_{part}" if part else f"{self.objectName()}_input")
        control.setAccessibleName(f"{self.accessibleName()} {part}".strip())
        control.setAccessibleDescription(self._help)
        control.setStatusTip(self._help)
        if self.focusProxy() is None:
            self.setFocusProxy(control)
        self._layout.addWidget(control, 1)


class NumberEditor(Editor):
    """An int or a float in its declared range, with its unit."""

    def __init__(self, name: str, field: FieldInfo, *, whole: bool) -> None:
        super().__init__(name, field)
        self._box = _number_box(field.metadata, whole=whole)
        if unit := unit_of(field):
            self._box.setSuffix(f" {unit}")
        self._box.valueChanged.connect(lambda _: self.edited.emit())
        self._add(self._box)

    def value(self) -> Any:
        return self._box.number()

    def set_value(self, value: Any) -> None:
        with QSignalBlocker(self._box):
            self._box.setValue(value)


class PairEditor(Editor):
    """Two whole numbers, height and width, as in ``5 × 5 px``."""

    def __init__(self, name: str, field: FieldInfo) -> None:
        super().__init__(name, field)
        self._boxes: list[NumberBox] = []
        for part, kind in zip(("height", "width"), get_args(field.annotation), strict=True):
            if self._boxes:
                self._layout.addWidget(QLabel("×"))
            box = _number_box(_metadata(kind), whole=True)
            box.setMinimumWidth(48)
            box.valueChanged.connect(lambda _: self.edited.emit())
            self._add(box, part)
            self._boxes.append(box)
        if unit := unit_of(field):
            self._layout.addWidget(QLabel(unit))

    def value(self) -> Any:
        return tuple(box.number() for box in self._boxes)

    def set_value(self, value: Any) -> None:
        for box, part in zip(self._boxes, value, strict=True):
            with QSignalBlocker(box):
                box.setValue(part)


class _ComboBox(QComboBox):
    """Turned by the wheel only with the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def combo_box() -> QComboBox:
    """A drop-down list that scrolling a form does not change."""
    combo = _ComboBox()
    combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    return combo


class ChoiceEditor(Editor):
    """One of several values."""

    def __init__(self, name: str, field: FieldInfo, choices: list[Any]) -> None:
        super().__init__(name, field)
        self._choices = choices
        self._combo = combo_box()
        self._combo.addItems([choice_text(choice) for choice in choices])
        self._combo.currentIndexChanged.connect(lambda _: self.edited.emit())
        self._add(self._combo)

    def value(self) -> Any:
        return self._choices[self._combo.currentIndex()]

    def set_value(self, value: Any) -> None:
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(self._choices.index(value))


class FlagEditor(Editor):
    """Yes or no."""

    def __init__(self, name: str, field: FieldInfo) -> None:
        super().__init__(name, field)
        self._check = QCheckBox()
        self._check.toggled.connect(lambda _: self.edited.emit())
        self._add(self._check)

    def value(self) -> Any:
        return self._check.isChecked()

    def set_value(self, value: Any) -> None:
        with QSignalBlocker(self._check):
            self._check.setChecked(value)


class TextEditor(Editor):
    """A line of text; it counts when Enter is pressed or the focus leaves."""

    def __init__(self, name: str, field: FieldInfo) -> None:
        super().__init__(name, field)
        self._line = QLineEdit()
        self._line.editingFinished.connect(self.edited)
        self._add(self._line)

    def value(self) -> Any:
        return self._line.text()

    def set_value(self, value: Any) -> None:
        self._line.setText(value)


class NumbersEditor(Editor):
    """Any number of numbers on one line, as in ``1, 1, 2.5``; they count when Enter is pressed or the focus leaves."""

    def __init__(self, name: str, field: FieldInfo) -> None:
        super().__init__(name, field)
        self._line = QLineEdit()
        self._line.setPlaceholderText("such as 1, 1, 2.5")
        self._line.editingFinished.connect(self.edited)
        self._add(self._line)

    def value(self) -> Any:
        return tuple(_number(word) for word in self._line.text().replace(";", ",").split(",") if word.strip())

    def set_value(self, value: Any) -> None:
        self._line.setText(", ".join(f"{number:.9g}" for number in value))


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"“{word.strip()}” is not a number: write numbers with commas between them") from None


class VariantEditor(Editor):
    """One of several declarations (an optimizer, a schedule): its name, and below it a form of its own settings."""

    def __init__(self, name: str, field: FieldInfo, kinds: list[type[BaseModel]]) -> None:
        from nnstudio.gui.widgets.form import DeclarationForm  # a form has variants, a variant has a form

        super().__init__(name, field)
        self._kinds = kinds
        self._combo = combo_box()
        self._combo.addItems([getattr(kind, "title", kind.__name__) for kind in kinds])
        self._combo.currentIndexChanged.connect(self._change_kind)
        self._add(self._combo)
        self._settings = self.form = DeclarationForm()
        self._settings.changed.connect(lambda _: self.edited.emit())

    def value(self) -> Any:
        return self._settings.value()

    def set_value(self, value: Any) -> None:
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(self._kinds.index(type(value)))
        self._settings.set_value(value)

    def _change_kind(self, index: int) -> None:
        """A new kind keeps what it has in common with the old one, except defaults that it sets differently."""
        old, kind = self._settings.value(), self._kinds[index]
        chosen = {
            name: getattr(old, name)
            for name, field in kind.model_fields.items()
            if name in type(old).model_fields and getattr(old, name) != type(old).model_fields[name].default
        }
        chosen.pop("kind", None)
        self._settings.set_value(kind(**chosen))
        self.edited.emit()


class GroupEditor(Editor):
    """A declaration inside another: a heading that says what is set in it, and folds its form away."""

    def __init__(self, name: str, field: FieldInfo) -> None:
        from nnstudio.gui.widgets.form import DeclarationForm  # a form has groups, a group has a form

        super().__init__(name, field)
        self._title = title_of(name, field)
        self._head = QToolButton()
        self._head.setCheckable(True)
        self._head.setText(self._title)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.toggled.connect(self._unfold)
        self._add(self._head, "fold")
        self._layout.setStretchFactor(self._head, 0)
        self._layout.addStretch(1)
        self.summary = QLabel()
        """What is set, to be put below the heading."""
        self.summary.setObjectName(f"{self.objectName()}_summary")
        self.summary.setProperty("role", "quiet")
        self.summary.setWordWrap(True)
        self.summary.setContentsMargins(_INDENT, 0, 0, 0)
        self._settings = self.form = DeclarationForm()
        self._settings.changed.connect(lambda _: self._take())
        self._settings.hide()
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def put_beside(self, control: QWidget) -> None:
        """Put something that belongs to the group at the end of its heading."""
        self._layout.addWidget(control)

    def value(self) -> Any:
        return self._settings.value()

    def set_value(self, value: Any) -> None:
        self._settings.set_value(value)
        self._tell()

    def set_editable(self, names: Collection[str] | None) -> None:
        """What is in it can be looked at always."""
        self._settings.set_editable(None if names is None or self.name in names else names)

    def _take(self) -> None:
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        self.summary.setText(summary_of(self._settings.value()) or "none")

    def _unfold(self, unfolded: bool) -> None:
        self._settings.setVisible(unfolded)
        self.summary.setVisible(not unfolded)
        self._colour()

    def _colour(self) -> None:
        self._head.setIcon(icon("chevron-down" if self._head.isChecked() else "chevron-right", checked_role="text"))


def summary_of(model: BaseModel) -> str:
    """What of a declaration is not as usual, in a few words: ``shift 2 px, flip sideways``."""
    parts = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value != field.default:
            words = [title_of(name, field).lower()]
            if not isinstance(value, bool):
                words += [f"{value:g}" if isinstance(value, float) else choice_text(value), unit_of(field)]
            parts.append(" ".join(filter(None, words)))
    return ", ".join(parts)


def editor_for(name: str, field: FieldInfo) -> Editor | None:
    """The editor that suits the field's type, ``None`` for one that has only one possible value."""
    kind, kinds = field.annotation, get_args(field.annotation)
    origin = get_origin(kind)
    if origin is Literal:
        return ChoiceEditor(name, field, list(kinds)) if len(kinds) > 1 else None
    if origin in (Union, UnionType) and all(map(_is_declaration, kinds)):
        return VariantEditor(name, field, list(kinds))
    if origin is tuple and [_bare(k) for k in kinds] == [int, int]:
        return PairEditor(name, field)
    if origin is tuple and [_bare(k) for k in kinds] == [float, Ellipsis]:
        return NumbersEditor(name, field)
    if _is_declaration(kind):
        return GroupEditor(name, field)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ChoiceEditor(name, field, list(kind))
    if kind in (int, float):
        return NumberEditor(name, field, whole=kind is int)
    if kind is bool:
        return FlagEditor(name, field)
    if kind is str:
        return TextEditor(name, field)
    raise TypeError(f"there is no editor for the field {name!r} of type {kind!r}")


def _is_declaration(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _bare(kind: Any) -> Any:
    """A type without what is annotated to it."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def title_of(name: str, field: FieldInfo) -> str:
    """What a person calls the field."""
    return field.title or choice_text(name)


def unit_of(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def choice_text(choice: Any) -> str:
    """``he_normal`` as people write it: ``He normal``."""
    text = str(choice.value if isinstance(choice, Enum) else choice).replace("_", " ")
    return text[:1].upper() + text[1:]


def _metadata(kind: Any) -> list[Any]:
    """What an ``Annotated`` type says about its range."""
    return [item for extra in getattr(kind, "__metadata__", ()) for item in getattr(extra, "metadata", [extra])]


def _number_box(metadata: list[Any], *, whole: bool) -> NumberBox:
    """A box for the range in the metadata (`annotated_types`' Ge, Gt, Le, Lt); open ends are left out by one step."""
    low, high = (-_MAX_WHOLE, _MAX_WHOLE) if whole else (-1e12, 1e12)
    for rule in metadata:
        low = max(low, getattr(rule, "ge", low))
        high = min(high, getattr(rule, "le", high))
        if hasattr(rule, "gt"):
            low = max(low, rule.gt + 1 if whole else max(nextafter(rule.gt, inf), rule.gt + 1e-12))
        if hasattr(rule, "lt"):
            high = min(high, rule.lt - 1 if whole else rule.lt - 1e-9)
    return NumberBox(low, high, whole=whole)
