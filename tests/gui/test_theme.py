"""Text can be read on every ground, in both themes; zero is zero."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import DARK, LIGHT, ZERO, Theme, apply_theme, current_theme, theme_source
from nnstudio.network import Family


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = np.array(QColor(colour).getRgbF()[:3])
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_can_be_read(theme: Theme) -> None:
    texts, grounds = ("text", "quiet", "accent", "good", "warning", "error"), ("window", "panel")
    for text, ground in (*product(texts, grounds), ("text", "hover"), ("text", "selection"), ("on_accent", "accent")):
        assert contrast(getattr(theme, text), getattr(theme, ground)) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_family_has_a_colour(theme: Theme) -> None:
    assert set(theme.families) == set(Family)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_diverging_map_is_symmetric_around_zero(theme: Theme) -> None:
    painted = theme.paint_diverging(np.array([-2.0, -1.0, 0.0, 1.0, 9.0]), 1.0)
    np.testing.assert_array_equal(painted, theme.diverging[[0, 0, ZERO, 2 * ZERO, 2 * ZERO]])
    brightness = [luminance(QColor(*theme.diverging[at].tolist()).name()) for at in (0, ZERO, 2 * ZERO)]
    # Zero looks like the ground: light on light, dark on dark.
    assert (brightness[1] > max(brightness[0], brightness[2])) == (theme is LIGHT)


def test_all_weights_zero_are_painted_as_zero() -> None:
    np.testing.assert_array_equal(
        LIGHT.paint_diverging(np.zeros((2, 2)), 0.0), np.tile(LIGHT.diverging[ZERO], (2, 2, 1))
    )


def test_switching_tells_everybody(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "light")
    with qtbot.waitSignal(theme_source.themeChanged) as changed:
        apply_theme(qapp, "dark")
    assert changed.args == [DARK]
    assert current_theme() is DARK
    assert qapp.palette().window().color().name() == DARK.window
    apply_theme(qapp, "light")
    assert qapp.font().pointSizeF() >= 9


def test_icons_have_the_colour_of_their_role(qapp: QApplication) -> None:
    apply_theme(qapp, "light")
    image = icon("stop", "error").pixmap(20, 20).toImage()
    assert image.pixelColor(10, 10).name() == LIGHT.error
