"""What all values of a parameter are like together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnstudio.gui.designer.weights.items import Values, number_text
from nnstudio.gui.inspect.mosaic import nice_limit
from nnstudio.network.layers import shape_text
from nnstudio.units import counted


@dataclass(frozen=True)
class Summary:
    """What can be said of all values of a parameter together."""

    limit: float
    text: str


def summary(values: Values) -> Summary:
    """Shape, least and greatest value, mean, standard deviation, share of zeros."""
    size = size_text(values)
    if not np.isfinite(values).all():
        broken = values.size - np.count_nonzero(np.isfinite(values))
        return Summary(nice_limit(values), f"{size}, {broken:,} of them not finite")
    least, most, mean, deviation = (
        number_text(float(figure))
        for figure in (values.min(), values.max(), values.mean(dtype=np.float64), values.std(dtype=np.float64))
    )
    zeros = f"{1 - np.count_nonzero(values) / values.size:.1%}\N{NO-BREAK SPACE}zeros"
    text = f"{size} from {least} to {most}  ·  mean {mean}  ·  standard deviation {deviation}  ·  {zeros}"
    return Summary(nice_limit(values), text)


def size_text(values: Values) -> str:
    """Such as ``6×1×5×5  ·  150 values``."""
    count = counted(values.size, "value")
    return count if values.ndim == 1 else f"{shape_text(values.shape)}  ·  {count}"
