"""What a layer says about itself to people: its formula, and every figure with the reckoning behind it.

Formulas are text in the manner of TeX, on one line: ``x_{c}[i, j]`` has a subscript and a place, ``e^{x}`` an exponent;
a single letter is a variable, a longer word a function or English. A reckoning uses nothing but numbers,
``+ − · / ( )`` and ``⌊ ⌋``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod


@dataclass(frozen=True)
class Reckoning:
    """One figure of a layer: ``parameters = F·(C·k·k + 1) = 6·(1·5·5 + 1) = 156``."""

    what: str
    """``channels``, ``height``, ``width`` or ``values`` of the output; ``parameters``, ``running statistics``,
    ``multiply-adds``."""
    symbols: str
    numbers: str
    value: int

    def __str__(self) -> str:
        terms = dict.fromkeys((self.what, self.symbols, self.numbers, f"{self.value:,}"))
        return " = ".join(term for term in terms if term)


@dataclass(frozen=True)
class Explanation:
    """A layer between these inputs. ``filled`` is ``formula`` with the layer's own numbers, empty where it has none."""

    purpose: str
    formula: str
    where: str
    """What the letters stand for."""
    filled: str
    reckonings: tuple[Reckoning, ...]
    tip: str


def fill_in(formula: str, numbers: Mapping[str, str]) -> str:
    """The formula with numbers in place of its letters."""
    for symbols, filled in numbers.items():
        formula = formula.replace(symbols, filled)
    return formula


def times(*factors: int) -> str:
    """``6·28·28``."""
    return "·".join(f"{factor:,}" for factor in factors)


def number(value: float) -> str:
    """A setting in a formula: ``0.00001``, ``−0.5``."""
    return format(Decimal(f"{value:.6g}"), "f").replace("-", "−")


def values_of(shape: Sequence[int]) -> Reckoning:
    """How many values there are in that shape."""
    return Reckoning("values", "C·H·W" if len(shape) == 3 else "n", times(*shape), prod(shape))


def weights_of(symbols: str, outputs: int, inputs: Sequence[int], *, bias: bool = True) -> Reckoning:
    """The parameters of so many outputs, each with a weight for each input and a bias."""
    if not bias:
        return Reckoning("parameters", symbols, times(outputs, *inputs), outputs * prod(inputs))
    counted = f"{outputs:,}·({times(*inputs)} + 1)"
    first, rest = symbols.split("·", 1)
    return Reckoning("parameters", f"{first}·({rest} + 1)", counted, outputs * (prod(inputs) + 1))


def products_of(symbols: str, *factors: int) -> Reckoning:
    """Multiply-adds: one for each combination."""
    return Reckoning("multiply-adds", symbols, times(*factors), prod(factors))


def window_places(
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int] = (1, 1),
) -> tuple[Reckoning, Reckoning]:
    """Height and width after sliding a window over a picture."""
    rows, columns = zip(("height", "width"), "HW", size, kernel, stride, padding, dilation, strict=True)
    return _places(*rows), _places(*columns)


def _places(what: str, letter: str, size: int, kernel: int, stride: int, padding: int, dilation: int) -> Reckoning:
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    covered = ("k", f"{kernel}") if dilation == 1 else ("d·(k − 1) − 1", f"{dilation}·({kernel} − 1) − 1")
    way = f"({size:,} + 2·{padding} − {covered[1]})/{stride}"
    symbols = f"⌊({letter} + 2p − {covered[0]})/s⌋ + 1"
    return Reckoning(what, symbols, f"{way if room % stride == 0 else f'⌊{way}⌋'} + 1", room // stride + 1)


def index(place: str, offset: str, stride: int, padding: int, dilation: int = 1) -> str:
    """The row or column that a window reads: ``2·i + u − 1``."""
    inside = offset if dilation == 1 else f"{dilation}·{offset}"
    return f"{scaled(place, stride)} + {inside}" + (f" − {padding}" if padding else "")


def scaled(letter: str, factor: int) -> str:
    """``2·i``, or ``i``."""
    return letter if factor == 1 else f"{factor}·{letter}"


def sums_over(letters: str, counts: Sequence[int]) -> dict[str, str]:
    """What to write for the signs of sums, whose letters count from 0: ``Σ_{c=0}^{5}`` for ``Σ_{c}``."""
    return {f"Σ_{{{letter}}}": f"Σ_{{{letter}=0}}^{{{n - 1}}}" for letter, n in zip(letters, counts, strict=True)}


def within(letters: str, counts: Sequence[int]) -> dict[str, str]:
    """What to write below ``max``: ``{u<2, v<2}`` for ``{u,v}``."""
    bounds = ", ".join(f"{letter}<{count}" for letter, count in zip(letters, counts, strict=True))
    return {f"{{{','.join(letters)}}}": f"{{{bounds}}}"}
