"""Editors for the fields of a declaration."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf, nextafter
from typing import TYPE_CHECKING, Any, get_args

from pydantic.fields import FieldInfo
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from nnstudio.gui.widgets.declared import choice_text, rules_of, title_of, unit_of
from nnstudio.gui.widgets.number_box import NumberBox

if TYPE_CHECKING:
    from nnstudio.gui.widgets.form import DeclarationForm

_MAX_WHOLE = 2**53


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
            box = _number_box(rules_of(kind), whole=True)
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
    """One of several values, whose names may be given."""

    def __init__(self, name: str, field: FieldInfo, choices: list[Any], titles: Sequence[str] = ()) -> None:
        super().__init__(name, field)
        self._choices = choices
        self._combo = combo_box()
        self._combo.addItems(titles or [choice_text(choice) for choice in choices])
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
