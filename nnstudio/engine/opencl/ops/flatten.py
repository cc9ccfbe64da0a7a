"""Flatten and reshape: only another view of the same memory, so there is nothing to launch."""

from __future__ import annotations

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Piece
from nnstudio.engine.plan import Op

KINDS = ("flatten", "reshape")


def lower(_op: Op, _prefix: str, _frame: Frame) -> Piece:
    return Piece((), ())
