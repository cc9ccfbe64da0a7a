"""A network as a functional model of Keras 3.

Keras has the channels last: pictures are (N, height, width, channels), and filters (height, width, channels, filters).
Where values stand in a row, their order stays that of NN Studio: channel by channel.
"""

from __future__ import annotations

from nnstudio.interop.code.keras.layers import WRITERS
from nnstudio.interop.code.keras.target import KERAS

__all__ = ["KERAS", "WRITERS"]
