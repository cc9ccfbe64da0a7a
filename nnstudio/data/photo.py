"""A digit's ink out of a picture: a scan, a photograph of paper, a screenshot, an export of a drawing program.

The paper's brightness is fitted by a smooth surface, so that uneven light does no harm; what differs from it most is
ink, darker or lighter. Dust is left out, because one speck far away would change the digit's bounding box.
"""

from __future__ import annotations

import os
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nnstudio.data.dataset import DataError

Floats = NDArray[np.float32]

_WORKING_SIDE = 320  # pixels: 16 for each of the 20 that remain
_FAINTEST = 0.06  # of the range from black to white: less contrast than this is no ink
_FRAME = 0.06  # the border, in parts of the sides, shows the paper
_DUST = 0.04  # of the largest piece's ink: smaller pieces are left out


def ink_from_photo(picture: str | os.PathLike[str] | Image.Image) -> Floats:
    """The ink of one digit, 0..1 (height, width), paper exactly 0, ready for `normalise_ink`.

    `picture` is a file (PNG, JPEG and what else Pillow reads) or an open image; dark on light or light on dark.
    Raises `DataError` when it cannot be read or shows no ink.
    """
    image = picture if isinstance(picture, Image.Image) else open_picture(picture)
    brightness = _brightness(image)
    difference = brightness - _paper(brightness)
    border = difference[_border_mask(difference.shape)]
    noise = 1.4826 * float(np.median(np.abs(border)))
    low, high = np.percentile(difference, [0.1, 99.9])
    ink = -difference if -low >= high else difference
    strongest = max(-low, high)
    if strongest < max(_FAINTEST, 5 * noise):
        raise DataError("The picture shows no digit: there is nothing clearly darker or lighter than its background.")
    return _largest_pieces(_full_range(ink, 4 * noise))


def open_picture(path: str | os.PathLike[str]) -> Image.Image:
    """A picture file, loaded; `DataError` when there is none that Pillow can read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                image.draft("L", (2 * _WORKING_SIDE, 2 * _WORKING_SIDE))  # lets JPEG decode a large photo small
                image.load()
                return image.copy()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"“{path}” is too large a picture.", "Make it smaller than 8,000 × 8,000 pixels.") from error
    except FileNotFoundError as error:
        raise DataError(f"There is no picture “{path}”.") from error
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for files that are not whole
        raise DataError(f"“{path}” is not a picture that can be read.", "Use a PNG or JPEG file.") from error


def _brightness(image: Image.Image) -> Floats:
    """0..1 (height, width), turned upright, at most 320 pixels a side, transparent parts filled to contrast."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, np.float32)
        image = Image.fromarray(np.uint8(255 * (values - values.min()) / max(float(np.ptp(values)), 1e-9)))
    image.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    grey_alpha: Floats = np.asarray(image.convert("RGBA").convert("LA"), np.float32) / np.float32(255)
    grey, alpha = grey_alpha[..., 0], grey_alpha[..., 1]
    visible = float((grey * alpha).sum() / max(float(alpha.sum()), 1e-9))
    backdrop = np.float32(visible < 0.5)
    return np.asarray(grey * alpha + (1 - alpha) * backdrop, np.float32)


def _border_mask(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    height, width = shape
    y, x = max(1, round(_FRAME * height)), max(1, round(_FRAME * width))
    mask = np.ones((height, width), np.bool_)
    mask[y:-y, x:-x] = False
    return mask


def _paper(brightness: Floats) -> Floats:
    """The quadratic surface through the border, then through all that lies near it: the digit never does."""
    height, width = brightness.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    values = brightness.reshape(-1).astype(np.float64)
    near = _border_mask(brightness.shape).reshape(-1)
    surface = np.full(values.shape, np.median(values[near]))
    for _ in range(6):
        error = np.abs(values - surface)
        near = near & (error <= 3 * max(float(np.median(error[near])) * 1.4826, 0.01))
        surface = terms @ np.linalg.lstsq(terms[near], values[near], rcond=1e-6)[0]
        near = np.abs(values - surface) < 0.1
    return surface.reshape(brightness.shape).astype(np.float32)


def _full_range(ink: Floats, floor: float) -> Floats:
    """Paper to 0 and ink to 1, linearly between, so that soft edges stay as soft as they are.

    The ink's strength is the 80th percentile of what lies above Otsu's threshold.
    """
    strength = np.clip(ink, 0, None)
    counts, edges = np.histogram(strength, bins=128)
    middle = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * middle)
    above = below[-1] - below
    gap = (sums[-1] - sums) / np.maximum(above, 1) - sums / np.maximum(below, 1)
    threshold = edges[1 + int(np.argmax(below * above * gap**2))]
    full = float(np.percentile(strength[strength >= threshold], 80))
    paper = min(max(0.1 * full, floor), 0.5 * full)
    soft: Floats = np.clip((strength - paper) / (full - paper), 0, 1).astype(np.float32)
    return soft


def _largest_pieces(ink: Floats) -> Floats:
    """`ink` without the connected pieces (8 neighbours) that have far less of it than the largest."""
    pieces = _label(ink > 0)
    mass = np.bincount(pieces.reshape(-1), ink.reshape(-1))
    return np.where((mass >= _DUST * mass.max())[pieces], ink, np.float32(0))


def _label(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Numbers of the connected pieces, 0 for the rest: runs of each row joined to those they touch in the row above."""
    numbers = np.zeros(mask.shape, np.intp)
    parent = [0]

    def root(piece: int) -> int:
        while parent[piece] != piece:
            parent[piece] = parent[parent[piece]]
            piece = parent[piece]
        return piece

    for y, row in enumerate(mask):
        turns = np.flatnonzero(np.diff(row, prepend=False, append=False))
        for start, stop in turns.reshape(-1, 2):
            above = {root(int(n)) for n in numbers[y - 1, max(0, start - 1) : stop + 1] if n} if y else set()
            piece = min(above, default=len(parent))
            if piece == len(parent):
                parent.append(piece)
            for other in above:
                parent[other] = piece
            numbers[y, start:stop] = piece
    return np.array([root(piece) for piece in range(len(parent))])[numbers]
