"""MNIST's normalisation: the same for the drawing canvas, for photographs and for the built-in digits.

LeCun describes it so: the ink is scaled to fit a 20×20 box with its aspect kept, antialiased, and placed in 28×28
pixels with the centre of mass at the centre. The pictures themselves tell the rest: counting pixels from 0, the
centres of mass of MNIST's digits lie evenly spread over 14.0 ± 0.5 in both directions. So "the centre" is pixel 14, and
the digits were moved there by whole pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 28
BOX = 20
CENTRE = 14.0

_AROUND = BOX // 2  # paper around the picture while placing: an empty margin of the box may reach out of it
_DUST = 1 / 510  # of the strongest ink: half a grey level of a full-range picture


def normalise_ink(image: NDArray[Any]) -> NDArray[np.uint8]:
    """The 28×28 picture that the network sees of a grey picture `image` (height, width), ink high, paper 0.

    Any real type and any size; the strongest ink becomes 255. No ink gives all zeros.
    """
    ink = crop_to_ink(image.view(np.uint8) if image.dtype == np.bool_ else image)
    if ink.size == 0:
        return np.zeros((SIDE, SIDE), np.uint8)
    boxed = _into_box(np.maximum(ink, 0))
    return centre_by_mass((boxed * (255 / boxed.max()))[None])[0]


def crop_to_ink(image: NDArray[Any]) -> NDArray[Any]:
    """The part of `image` inside the bounding box of its ink; an array of size 0 when there is none."""
    if image.ndim != 2:
        raise ValueError(f"a grey picture has two dimensions, not the shape {image.shape}")
    if image.size == 0 or not image.max() > 0:
        return image[:0, :0]
    inked = image > image.dtype.type(image.max() * _DUST)  # compared in its own type: a canvas is scanned quickly
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def centre_by_mass(boxed: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Pictures (N, 20, 20) of 0..255 placed in (N, 28, 28), each moved by whole pixels so that its centre of mass
    comes nearest to pixel 14.0. Ink is never pushed over the edge: a picture that lopsided stops there.
    """
    boxed = np.rint(boxed)
    down, right = _shifts(boxed.sum(axis=2)), _shifts(boxed.sum(axis=1))
    sheet = np.zeros((len(boxed), SIDE + 2 * _AROUND, SIDE + 2 * _AROUND), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (BOX, BOX), axis=(1, 2), writeable=True)
    windows[np.arange(len(boxed)), _AROUND + down, _AROUND + right] = boxed
    return sheet[:, _AROUND:-_AROUND, _AROUND:-_AROUND].copy()


def _shifts(profiles: NDArray[np.float32]) -> NDArray[np.intp]:
    """How far each picture moves along one axis, of its ink (N, 20) in each row or column."""
    centre = profiles @ np.arange(BOX, dtype=np.float32) / np.maximum(profiles.sum(axis=1), 1e-6)
    inked = profiles > 0
    first, last = inked.argmax(axis=1), BOX - 1 - inked[:, ::-1].argmax(axis=1)
    shifts: NDArray[np.intp] = np.clip(np.rint(CENTRE - centre).astype(np.intp), -first, SIDE - 1 - last)
    return shifts


def _into_box(ink: NDArray[Any]) -> NDArray[np.float32]:
    """`ink` scaled so that its longer side is 20 pixels, in the middle of 20×20 up to the pixel."""
    step = max(ink.shape) / BOX
    return _average_rows(_average_rows(ink, step).T, step).T


def _average_rows(image: NDArray[Any], step: float) -> NDArray[np.float32]:
    """(rows, columns) to (20, columns): each target row is the average of what it covers, `step` source rows high.

    When enlarging (`step` < 1) it covers one whole source row, which is linear interpolation. Beyond the source is
    paper. The source begins on a row's edge, so a picture of the right size is not blurred. Differences of running
    sums do this several times faster than a product of matrices, and need no threads while training has them all.
    """
    rows = len(image)
    sums = np.zeros((rows + 1, image.shape[1]), np.float32)
    np.cumsum(image, axis=0, out=sums[1:])

    def sum_above(edge: NDArray[np.float64]) -> NDArray[np.float32]:
        whole = np.minimum(edge.astype(np.intp), rows - 1)
        part = (edge - whole).astype(np.float32)[:, None]
        return sums[whole] * (1 - part) + sums[whole + 1] * part

    margin = (BOX - rows / step) // 2
    middle = (np.arange(BOX) + 0.5 - margin) * step
    reach = max(step, 1.0) / 2
    low, high = np.clip(middle - reach, 0, rows), np.clip(middle + reach, 0, rows)
    return (sum_above(high) - sum_above(low)) / np.float32(2 * reach)
