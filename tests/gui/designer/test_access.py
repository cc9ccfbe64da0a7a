"""Everything can be reached by keyboard and has a name for screen readers and tests."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnstudio.gui.designer import DesignerPanel, PalettePanel, PropertiesPanel


def test_every_control_has_a_name(designer: DesignerPanel, palette: PalettePanel, properties: PropertiesPanel) -> None:
    designer.selection.select("conv1")
    controls = [
        control
        for panel in (designer, palette, properties)
        for control in panel.findChildren(QWidget)
        if control.focusPolicy() & Qt.FocusPolicy.TabFocus and not control.objectName().startswith("qt_")
    ]
    assert len(controls) > 10
    assert not [control for control in controls if not control.objectName()]
    assert not [control.objectName() for control in controls if not control.accessibleName()]


def test_every_command_has_a_key_and_says_so(designer: DesignerPanel) -> None:
    for command in designer.commands:
        assert command.shortcut().toString()
        assert command.shortcut().toString() in command.toolTip()
        assert command.objectName().startswith("network.")
