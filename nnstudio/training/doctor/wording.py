"""Figures as a beginner can read them: no exponents."""

from __future__ import annotations

import numpy as np

from nnstudio.units import few_digits


def share(value: float) -> str:
    """A small share as a fraction, which says more than many zeros: ``1/1,200``."""
    return f"1/{few_digits(1 / value, 2):,.0f}" if value > 0 else "nothing"


def plain(value: float) -> str:
    """As many digits as it has, at most three that matter: ``0.0000012``."""
    return str(np.format_float_positional(few_digits(value, 3), trim="-"))


def percent(value: float) -> str:
    """``87.3%``, but ``100%``."""
    return f"{value:.1%}".replace(".0%", "%")
