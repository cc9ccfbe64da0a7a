"""The style sheet: flat panels, 1-pixel borders, 6-pixel corners, an 8-pixel grid."""

from __future__ import annotations

from dataclasses import asdict
from string import Template
from typing import TYPE_CHECKING

from nnstudio.paths import resources_dir

if TYPE_CHECKING:
    from nnstudio.gui.theme import Theme

_QSS = Template("""
QMainWindow, QDialog { background: $window; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QDialog#command_palette { background: $panel; border: 1px solid $border; }
QMainWindow::separator { background: $window; width: 8px; height: 8px; }
QMainWindow::separator:hover { background: $border; }
QToolTip { background: $panel; color: $text; border: 1px solid $border; padding: 4px 6px; }

QLabel { background: transparent; }
QLabel[role="quiet"] { color: $quiet; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="heading"] { font-size: 15pt; font-weight: 600; }
QLabel[role="error"] { color: $error; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="good"] { color: $good; }
QFrame[role="panel"] { background: $panel; border: 1px solid $border; border-radius: 6px; }
QFrame[role="line"] { background: $border; border: none; }

QMenuBar { background: $window; color: $text; padding: 2px 4px; border-bottom: 1px solid $border; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 8px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $quiet; }
QMenu::icon { padding-left: 6px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }

QStatusBar { background: $window; color: $quiet; border-top: 1px solid $border; }
QStatusBar::item { border: none; }

QToolBar { background: $window; border: none; padding: 4px 8px; spacing: 4px; }
QToolBar#tools { border-bottom: 1px solid $border; }
QToolBar::separator { background: $border; width: 1px; margin: 6px 6px; }
QToolBar#workspaces { border-right: 1px solid $border; }
QToolBar#workspaces QToolButton {
    background: transparent; color: $quiet; border: none; border-radius: 6px; padding: 8px 4px; min-width: 56px; }
QToolBar#workspaces QToolButton:hover { background: $hover; color: $text; }
QToolBar#workspaces QToolButton:checked { background: $selection; color: $text; }
QToolBar#workspaces QToolButton:focus { border: 1px solid $accent; }

QDockWidget { color: $text; }
QWidget#dock_body { background: $panel; border: 1px solid $border; border-top: none;
    border-bottom-left-radius: 6px; border-bottom-right-radius: 6px; }
QWidget#dock_title { background: $panel; border: 1px solid $border; border-bottom: none;
    border-top-left-radius: 6px; border-top-right-radius: 6px; }
QWidget#dock_title QLabel { color: $quiet; font-weight: 600; }

QPushButton { background: $panel; color: $text; border: 1px solid $border; border-radius: 6px;
    padding: 5px 12px; min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $border; }
QPushButton:checked { background: $selection; border-color: $accent; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $quiet; background: $window; }
QPushButton[primary="true"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton[primary="true"]:focus { border: 1px solid $text; }
QPushButton[primary="true"]:disabled { background: $border; color: $quiet; border-color: $border; }

QToolButton { background: transparent; color: $text; border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $border; }
QToolButton:checked { background: $selection; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:disabled { color: $quiet; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
    background: $panel; color: $text; border: 1px solid $border; border-radius: 6px; padding: 3px 8px; min-height: 20px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
    border: 1px solid $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $quiet; background: $window; }
QAbstractSpinBox { padding: 1px 0; }
QAbstractSpinBox QLineEdit { border: none; background: transparent; padding: 0 0 0 6px; min-height: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 18px; border: none; background: transparent; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 2px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; border-radius: 3px; }
QAbstractSpinBox::up-arrow { image: url($icons/up-$name.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($icons/down-$name.svg); width: 10px; height: 10px; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 22px; border: none; }
QComboBox::down-arrow { image: url($icons/down-$name.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; color: $text; border: 1px solid $border; padding: 4px; outline: none;
    selection-background-color: $selection; selection-color: $text; }

QAbstractItemView { background: $panel; color: $text; border: none; outline: none; }
QListView::item { padding: 4px 8px; border-radius: 4px; }
QListView::item:hover { background: $hover; }
QListView::item:selected { background: $selection; color: $text; }
QTreeView { selection-background-color: $selection; selection-color: $text; }
QTreeView::item { padding: 0 5px; }
QTreeView::item:selected { background: $selection; color: $text; }
QTableView { selection-background-color: $selection; selection-color: $text; }
QTableView::item { padding: 0 5px; }
QTableView::item:selected { background: $selection; color: $text; }
QTableView QLineEdit, QTableView QComboBox { border-radius: 0; border-color: $accent; padding: 3px 7px; }
QLineEdit[role="error"], QTableView QLineEdit[role="error"] { border-color: $error; }
QHeaderView::section {
    background: $panel; color: $quiet; border: none; border-bottom: 1px solid $border; padding: 4px 8px; }

QScrollArea, QGraphicsView { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator, QTableView::indicator {
    width: 14px; height: 14px; border: 1px solid $quiet; border-radius: 4px; background: $panel; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QTableView::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QTableView::indicator:checked {
    background: $accent; border-color: $accent; image: url($icons/check-$name.svg); }
QCheckBox::indicator:disabled { border-color: $border; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $panel; border: 2px solid $accent; width: 10px; height: 10px; margin: -5px 0;
    border-radius: 7px; }
QSlider::handle:horizontal:focus { background: $accent; }
QProgressBar { background: $border; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QTabBar::tab {
    background: transparent; color: $quiet; border: none; border-bottom: 2px solid transparent; padding: 6px 12px; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar { background: transparent; }
""")


def stylesheet(theme: Theme) -> str:
    """The style sheet in the colours of `theme`."""
    roles = {role: value for role, value in asdict(theme).items() if isinstance(value, str)}
    return _QSS.substitute(roles, icons=(resources_dir() / "icons").as_posix())
