"""How arrays lie on the device, and the way to and from the boundary's NCHW and OIHW.

Tensors: [block][value][image within its block] with values in the order channel, row, column. A vector load takes
neighbouring images, and all values of a block lie within one short stretch of memory; with the whole batch innermost,
neighbouring values would be a power of two apart and fall into the same few sets of a cache.

Weights (O, I) and (O, I, height, width) lie as (I, ..., O), so that the weights of neighbouring outputs, which one
work-item computes, are neighbours. Other parameters lie as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.plan import Slot
from nnstudio.network import Shape

Floats = NDArray[np.float32]


def to_images(values: Floats, shape: Shape, count: int) -> Floats:
    """Values as they lie, [block][value][image], to ``count`` images of ``shape``; with blocks of one image a view."""
    images = values.swapaxes(1, 2).reshape(-1, values.shape[1])
    return images[:count].reshape(count, *shape)


def to_blocks(images: Floats, blocks: int, block: int) -> Floats:
    """The way back: images (N, ...) as they lie in so many blocks, 0 where there is no image."""
    values = np.zeros((blocks * block, images[0].size), np.float32)
    values[: len(images)] = images.reshape(len(images), -1)
    return np.ascontiguousarray(values.reshape(blocks, block, -1).swapaxes(1, 2))


def pack(slots: tuple[Slot, ...], values: Mapping[str, NDArray[np.floating]], flat: Floats) -> None:
    """Put parameters, or what is theirs, into the flat buffer; those without a value stay."""
    for slot in slots:
        if slot.name in values:
            np.copyto(_view(flat, slot), np.asarray(values[slot.name]), casting="same_kind")


def unpack(slots: tuple[Slot, ...], flat: Floats) -> dict[str, NDArray[np.floating]]:
    """Copies of all that ``pack`` puts in, by name."""
    return {slot.name: _view(flat, slot).copy() for slot in slots}


def _view(flat: Floats, slot: Slot) -> Floats:
    """A parameter's place in the flat buffer, in the boundary's layout."""
    values = flat[slot.offset : slot.end]
    if len(slot.shape) not in (2, 4):
        return values.reshape(slot.shape)
    first, *rest = slot.shape
    return np.moveaxis(values.reshape(*rest, first), -1, 0)
