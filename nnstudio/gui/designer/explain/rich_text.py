"""Pieces of rich text that explanations are made of, in the colours of the theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.designer.explain.pictures import family_picture
from nnstudio.gui.designer.signs.formulas import formula_html
from nnstudio.gui.theme import current_theme
from nnstudio.network import Family
from nnstudio.network.layers import shape_text
from nnstudio.units import signed

_LARGEST_KERNEL = 7
"""Rows and columns of a kernel that are shown; of larger ones a corner."""


def heading(family: Family | None, title: str, name: str) -> str:
    """The title behind a strip in the family's colour."""
    theme = current_theme()
    colour = theme.families[family] if family else theme.accent
    sign = f'<td style="vertical-align:middle">{family_picture(family)}</td>' if family else ""
    words = f'<b>{escape(title)}</b>&nbsp; <span style="color:{theme.quiet}">{escape(name)}</span>'
    return (
        f'<table cellspacing="0" cellpadding="4"><tr><td bgcolor="{colour}" width="4"></td>{sign}'
        f'<td style="vertical-align:middle; font-size:large">{words}</td></tr></table>'
    )


def subtitle(text: str) -> str:
    """Above a section."""
    return f'<p style="margin-top:14px; margin-bottom:2px"><b>{escape(text)}</b></p>'


def paragraph(text: str, role: str = "text", *, raw: bool = False) -> str:
    """Text in the colour of a role; `raw` is HTML already."""
    colour = current_theme().color(role).name()
    body = text if raw else escape(text)
    return f'<p style="margin-top:4px; margin-bottom:4px; color:{colour}">{body}</p>' if text else ""


def formula_text(formula: str) -> str:
    """A formula on lines of its own."""
    return f'<p style="margin-top:4px; margin-bottom:4px; font-size:large">{formula_html(formula)}</p>'


def facts_table(facts: Mapping[str, str]) -> str:
    """Names and what there is to say of them."""
    quiet = current_theme().quiet
    rows = (
        f'<tr><td style="color:{quiet}">{escape(name)}&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>'
        for name, text in facts.items()
    )
    return f'<table cellspacing="0" cellpadding="2">{"".join(rows)}</table>'


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


# ---- tables of numbers


def grid(values: NDArray[np.floating], window: tuple[int, int]) -> str:
    """Numbers as a table; those of the first window are marked."""
    theme = current_theme()
    rows = np.atleast_2d(values)
    cells = (
        "".join(
            _cell(signed(float(value)), theme.selection if y < window[0] and x < window[1] else theme.hover, theme.text)
            for x, value in enumerate(row)
        )
        for y, row in enumerate(rows)
    )
    return _cells(cells)


def kernel_table(kernel: NDArray[np.floating]) -> str:
    """A filter's weights in the colours that weights have everywhere."""
    shown, theme = kernel[:_LARGEST_KERNEL, :_LARGEST_KERNEL], current_theme()
    colours = theme.paint_diverging(np.nan_to_num(shown), float(np.abs(np.nan_to_num(kernel)).max()))
    cells = (
        "".join(_cell(_weight(value), _hex(colour), _readable(colour)) for value, colour in zip(row, line, strict=True))
        for row, line in zip(shown, colours, strict=True)
    )
    corner = f"The upper left corner of {shape_text(kernel.shape)}." if shown.shape != kernel.shape else ""
    return _cells(cells) + paragraph(corner, "quiet")


def _weight(value: float) -> str:
    return (f"{value:.2f}" if abs(value) < 100 else f"{value:.1e}").replace("-", "−")


def _hex(colour: NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{int(channel):02x}" for channel in colour)


def _readable(colour: NDArray[np.uint8]) -> str:
    """Black or white, whichever stands out (relative luminance after WCAG, with a gamma of 2.2)."""
    luminance = float(((colour / 255.0) ** 2.2) @ [0.2126, 0.7152, 0.0722])
    return "#000000" if luminance > 0.18 else "#ffffff"


def _cell(text: str, ground: str, ink: str) -> str:
    return f'<td align="right" bgcolor="{ground}" style="color:{ink}; white-space:pre">{text}</td>'


def _cells(rows: Iterable[str]) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table cellspacing="1" cellpadding="3">{body}</table>'
