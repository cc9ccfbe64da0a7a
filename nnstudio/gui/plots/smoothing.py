"""The moving average of a noisy curve. Without Qt."""

from __future__ import annotations

import numpy as np

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.plots.thinning import BLOCK, Values, seen, stride

_NOTHING = 1e-20
"""A share that changes no digit of a sum."""


class Smoothed:
    """The exponential moving average of a growing curve, corrected for its start from 0.

    ``s[t] = a s[t-1] + (1-a) y[t]``, shown as ``s[t] / (1 - a^(t+1))`` (as Adam corrects its means). Kept is only how
    it stands at the end of each whole `BLOCK` of points; between them it is computed where somebody looks.
    A value that is not finite counts as the last one before that was, or nothing would ever be seen again.
    """

    def __init__(self, curve: Curve, memory: float) -> None:
        self.curve, self.memory = curve, memory
        self._cuts = curve.cuts
        self._ends = Curve()
        """The last point of each block as x, and ``s`` there as y."""
        lag = np.arange(BLOCK)[:, None] - np.arange(BLOCK)[None, :]
        self._weights = np.where(lag >= 0, (1 - memory) * memory ** np.maximum(lag, 0), 0.0)
        """``s`` after each point of a block is its row times the block, if ``s`` was 0 before."""
        self._decay = memory ** np.arange(1, BLOCK + 1)

    def values(self, first: int = 0, last: int | None = None) -> Values:
        """One value for each of these points of the curve."""
        last = len(self.curve) if last is None else last
        if self.memory == 0 or last <= first:
            return self._filled(first, last)
        self._grow()
        block = first // BLOCK
        begin, count = block * BLOCK, -(-last // BLOCK) - block
        y = np.zeros(count * BLOCK)
        y[: last - begin] = self._filled(begin, last)
        before = np.append(0.0, self._ends.y)[block : block + count, None]
        raw = (y.reshape(count, BLOCK) @ self._weights.T + before * self._decay).ravel()
        return self._corrected(np.arange(first, last), raw[first - begin : last - begin])

    def sampled(self, low: float, high: float, places: int) -> tuple[Values, Values]:
        """The part with x from `low` to `high` as about `places` points: the last of every power of two of them, so
        that they stay the same while the picture moves; and always the last of all."""
        x = self.curve.x
        first, last = seen(x, low, high)
        each = stride(last - first, places)
        chosen = np.arange(first - first % each - 1, last, each)
        chosen = np.append(np.maximum(chosen[chosen < last - 1], 0), max(0, last - 1))[: len(x)]
        return x[chosen], self._chosen(chosen, each)

    def _chosen(self, points: np.ndarray, each: int) -> Values:
        if self.memory == 0 or each < BLOCK or len(points) < 3:
            return self.values(points[0], points[-1] + 1)[points - points[0]] if len(points) else np.empty(0)
        self._grow()
        ends = self._corrected(points[1:-1], self._ends.y[(points[1:-1] + 1) // BLOCK - 1])
        return np.concatenate([self._at(points[0]), ends, self._at(points[-1])])

    def _at(self, point: int) -> Values:
        return self.values(point, point + 1)

    def _corrected(self, points: np.ndarray, raw: Values) -> Values:
        return raw / (1 - self.memory ** (points + 1.0))

    def _grow(self) -> None:
        if self._cuts != self.curve.cuts:
            self._ends, self._cuts = Curve(), self.curve.cuts
        done = len(self._ends)
        whole = len(self.curve) // BLOCK
        if whole == done:
            return
        blocks = self._filled(done * BLOCK, whole * BLOCK).reshape(-1, BLOCK)
        new = np.einsum("bp,p->b", blocks, self._weights[-1])  # on a busy machine faster than BLAS with its threads
        if done:
            new[0] += self._decay[-1] * self._ends.y[-1]
        states = _recurrence(new, float(self._decay[-1]))
        self._ends.extend(np.arange(done + 1, whole + 1) * BLOCK - 1, states)

    def _filled(self, first: int, last: int) -> Values:
        """What was measured there, with the last finite value in place of what is not finite."""
        y = self.curve.y[first:last]
        finite = np.isfinite(y)
        if finite.all():
            return y
        earlier = self.curve.y[:first]
        before = earlier[np.isfinite(earlier)][-1:]
        places = np.maximum.accumulate(np.where(finite, np.arange(1, len(y) + 1), 0))
        return np.concatenate([before if len(before) else np.zeros(1), y])[places]


def _recurrence(added: Values, decay: float) -> Values:
    """``s[t] = decay s[t-1] + added[t]``, from nothing: sums over 2, 4, 8 … steps, each from two of half the length
    (Hillis and Steele, 1986)."""
    sums, length = added.copy(), 1
    while length < len(sums) and (factor := decay**length) > _NOTHING:
        sums[length:] += factor * sums[:-length]
        length *= 2
    return sums
