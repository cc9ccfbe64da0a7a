"""Formulas as rich text."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.signs.formulas import formula_html, legend_html
from nnstudio.network import LAYERS


@pytest.mark.parametrize(
    ("formula", "html"),
    [
        ("y = max(0, x)", "<i>y</i> = max(0, <i>x</i>)"),
        ("e^{−x}", "<i>e</i><sup>−<i>x</i></sup>"),
        ("x_{c}^2", "<i>x</i><sub><i>c</i></sub><sup>2</sup>"),
        ("a_{b_{c}}", "<i>a</i><sub><i>b</i><sub><i>c</i></sub></sub>"),
        ("x > t & y < 2", "<i>x</i> &gt; <i>t</i> &amp; <i>y</i> &lt; 2"),
        ("x[i + 1, j]", "<i>x</i>[<i>i</i>\xa0+\xa01,\xa0<i>j</i>]"),
        ("μ/√v", "<i>μ</i>/√<i>v</i>"),
    ],
)
def test_variables_are_italic_and_functions_are_not(formula: str, html: str) -> None:
    assert formula_html(formula) == html


def test_an_open_brace_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="brace"):
        formula_html("x_{c")


def test_legends() -> None:
    assert legend_html("a: a slope, W: weights & more") == "<i>a</i>: a slope, <i>W</i>: weights &amp; more"


@pytest.mark.parametrize("kind", LAYERS)
def test_every_formula_can_be_shown(qtbot: QtBot, kind: str) -> None:
    document = QTextDocument()
    document.setHtml(formula_html(LAYERS[kind].formula))
    plain = document.toPlainText()
    assert not set("{}^_") & set(plain)
    assert plain.replace("\xa0", " ") == LAYERS[kind].formula.translate(dict.fromkeys(map(ord, "{}^_")))
