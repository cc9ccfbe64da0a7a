"""Augmentation: what may happen to a picture on its way into a training batch. Each backend computes the same.

**Order.** A picture is mirrored, scaled, sheared, rotated (all around its centre), shifted, distorted elastically; then
a rectangle is erased, then noise is added.

**Geometry.** With ``p = (y, x)`` a pixel of the result (rows count downwards), ``c`` the centre ``((height - 1) / 2,
(width - 1) / 2)``, ``t`` the shift and ``d(p)`` the elastic displacement, the pixel is the bilinear sample of the
picture at

    A (p + d(p) - t - c) + c    with    A = mirror · 1 / factor · shear⁻¹ · rotation⁻¹

for all channels alike; beyond its edge a picture is 0. In ``(x, y)`` a rotation is ``[[cos a, -sin a], [sin a,
cos a]]`` (clockwise on a screen for positive ``a``) and a shear ``[[1, tan b], [0, 1]]``. Shifts are whole pixels, so
pictures that are mirrored and shifted, without more, are exact copies of pixels.

**Elastic distortion** as in Simard, Steinkraus and Platt (2003), and Ronneberger, Fischer and Brox (2015): control
points ``elastic_spacing`` pixels apart have random displacements, between which cubic B-splines interpolate. Pixel
``i`` of an axis is reached by the control points ``floor(i / spacing) + 0..3``. Since the splines' weights add up to 1,
no pixel moves farther than a control point.

**Erasing** after Zhong et al., "Random Erasing Data Augmentation" (2017), with 0 in the rectangle.

**Randomness** is counted as dropout's (``random.py``). Quantity ``q`` (``Quantity``) of image ``i`` of the batch in
step ``t`` is random number ``i * len(Quantity) + q`` of ``stream(seed, t, QUANTITIES)``; the displacement along axis
``a`` (0: y) of control point ``(j, k)`` of ``J × K`` is number ``((i * 2 + a) * J + j) * K + k`` of ``stream(seed, t,
ELASTIC)``; the noise of value ``f`` is made of the numbers ``i * features + f`` of ``stream(seed, t, NOISE)`` and
``stream(seed, t, NOISE + 1)``.
"""

from __future__ import annotations

from enum import IntEnum

from pydantic import BaseModel, ConfigDict, Field

QUANTITIES, ELASTIC, NOISE = 2**31, 2**31 + 1, 2**31 + 2
"""Streams of random numbers: op numbers that no op has."""


class Quantity(IntEnum):
    """What is drawn for each image."""

    MIRROR_Y, MIRROR_X, BLANK = range(3)
    """Happens when the number is below 2**31."""
    SHIFT_Y, SHIFT_X, TALL, WIDE, TOP, LEFT = range(3, 9)
    """Whole numbers: ``whole`` of ``random.py``."""
    ANGLE, FACTOR, SLOPE = range(9, 12)
    """Shares of a range: ``symmetric`` of ``random.py``."""


class Augmentation(BaseModel):
    """Random changes of each picture of a training batch, each in its range; 0 or off: none. See this module's text.

    All are drawn evenly from their range, but for the noise, which is normally distributed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shift: int = Field(
        0, ge=0, le=256, title="Shift", description="Most pixels that a picture moves, up or down and sideways.",
        json_schema_extra={"unit": "px"},
    )  # fmt: skip
    rotate: float = Field(
        0.0, ge=0, le=180, allow_inf_nan=False, title="Rotate",
        description="Most degrees that a picture turns, either way.", json_schema_extra={"unit": "°"},
    )  # fmt: skip
    scale: float = Field(
        0.0, ge=0, le=0.9, allow_inf_nan=False, title="Scale",
        description="Most that a picture grows or shrinks, as a share of its size: 0.1 is 90 % to 110 %.",
    )  # fmt: skip
    shear: float = Field(
        0.0, ge=0, le=60, allow_inf_nan=False, title="Shear",
        description="Most degrees that upright lines lean, either way.", json_schema_extra={"unit": "°"},
    )  # fmt: skip
    elastic: float = Field(
        0.0, ge=0, le=64, allow_inf_nan=False, title="Elastic",
        description="Most pixels that a part of the picture is pulled aside, smoothly.",
        json_schema_extra={"unit": "px"},
    )  # fmt: skip
    elastic_spacing: int = Field(
        8, ge=2, le=256, title="Elastic spacing",
        description="Pixels from one pull to the next: few make ripples, many bend the picture as a whole.",
        json_schema_extra={"unit": "px"},
    )  # fmt: skip
    flip_horizontal: bool = Field(False, title="Flip sideways", description="Mirror every other picture left to right.")
    flip_vertical: bool = Field(False, title="Flip upside down", description="Turn every other picture upside down.")
    erase: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, title="Erase",
        description="Longest sides of a rectangle that is blanked in every other picture, as a share of its sides.",
    )  # fmt: skip
    noise: float = Field(
        0.0, ge=0, le=10, allow_inf_nan=False, title="Noise",
        description="Standard deviation of what is added to each value; a picture's values are 0 to 1.",
    )  # fmt: skip

    @property
    def active(self) -> bool:
        """Whether anything happens at all."""
        return any(value for name, value in self if name != "elastic_spacing")

    @property
    def warps(self) -> bool:
        """Whether pixels come from between pixels, and not only from other places."""
        return bool(self.rotate or self.scale or self.shear or self.elastic)

    def longest_side(self, size: int) -> int:
        """Pixels of the largest rectangle that is erased along an axis of so many pixels: at least 1."""
        return max(1, round(self.erase * size))


def control_points(size: int, spacing: int) -> int:
    """How many there are along an axis of so many pixels."""
    return (size - 1) // spacing + 4
