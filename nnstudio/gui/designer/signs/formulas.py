"""Formulas as rich text: variables in italics, subscripts and exponents. Without Qt."""

from __future__ import annotations

import re
from html import escape

_SHIFTED = {"_": "sub", "^": "sup"}
_LETTER = re.compile(r"(?<![^\W\d_])([^\W\d_])(?![^\W\d_])")


def formula_html(formula: str) -> str:
    """A formula, written as `nnstudio.network.layers.explanation` has them, in HTML; places in brackets stay on one
    line."""
    return _html(re.sub(r"\[[^]]*\]", lambda place: place.group().replace(" ", "\N{NO-BREAK SPACE}"), formula))


def _html(formula: str) -> str:
    html, at = list[str](), 0
    while at < len(formula):
        shift = _SHIFTED.get(formula[at])
        if shift is None:
            end = min((place for sign in _SHIFTED if (place := formula.find(sign, at)) >= 0), default=len(formula))
            html.append(_LETTER.sub(r"<i>\1</i>", escape(formula[at:end], quote=False)))
            at = end
        else:
            inner, at = _argument(formula, at + 1)
            html.append(f"<{shift}>{_html(inner)}</{shift}>")
    return "".join(html)


def _argument(formula: str, start: int) -> tuple[str, int]:
    """What is raised or lowered from `start` on, a group in braces or one character, and where it ends."""
    if formula[start] != "{":
        return formula[start], start + 1
    depth = 0
    for place in range(start, len(formula)):
        depth += {"{": 1, "}": -1}.get(formula[place], 0)
        if depth == 0:
            return formula[start + 1 : place], place + 1
    raise ValueError(f"a brace is not closed in “{formula}”")


def legend_html(where: str) -> str:
    """What letters stand for, with the letters in italics; “a” is one only before a colon."""
    return re.sub(r"(?<!\w)(?:([b-zA-Z\u0370-\u03ff])(?!\w)|(a)(?=:))", r"<i>\1\2</i>", escape(where, quote=False))
