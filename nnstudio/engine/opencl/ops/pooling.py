"""Maximum and average pooling: ``kernels/pooling.cl``."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Constants, Launch, Piece, Section
from nnstudio.engine.plan import Op
from nnstudio.network.layers.pooling import Pooling

KINDS = ("max_pooling", "average_pooling")


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    layer = cast(Pooling, op.layer)
    channels, height, width = frame.plan.tensors[op.inputs[0]].shape
    _, out_height, out_width = frame.plan.tensors[op.output].shape
    tile_x, tile_u = min(frame.form.chunk, out_width), min(frame.form.chunk, width)
    x_tiles, u_tiles = -(-out_width // tile_x), -(-width // tile_u)
    # The place of the winner in its window must fit into the type that remembers it.
    index, index_bytes = ("uchar", 1) if layer.kernel[0] * layer.kernel[1] <= 256 else ("ushort", 2)
    constants: Constants = {
        "CHANNELS": channels, "HEIGHT": height, "WIDTH": width, "OUT_HEIGHT": out_height, "OUT_WIDTH": out_width,
        "KERNEL_H": layer.kernel[0], "KERNEL_W": layer.kernel[1],
        "STRIDE_H": layer.stride[0], "STRIDE_W": layer.stride[1], "PAD_H": layer.padding[0], "PAD_W": layer.padding[1],
        "TILE_X": tile_x, "X_TILES": x_tiles, "TILE_U": tile_u, "U_TILES": u_tiles, "INDEX": index,
    }  # fmt: skip
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    d_outputs, d_inputs = frame.gradient(op.output), frame.gradient(op.inputs[0])
    out_tiles, in_tiles = x_tiles * channels * out_height, u_tiles * channels * height

    work = frame.batch_size * channels * out_height * out_width * layer.kernel[0] * layer.kernel[1]

    def launches(name: str, known: str, *winners: str) -> tuple[Launch, Launch]:
        return (
            frame.over_images(f"{prefix}_{name}", out_tiles, values, outputs, *winners, work=work),
            frame.over_images(f"{prefix}_{name}_gradient", in_tiles, *winners, d_outputs, known, d_inputs, work=work),
        )

    section = Section("pooling", prefix, constants, frame.gradient_macros(op))
    if op.kind == "average_pooling":
        forward, gradient = launches("average", values)
        return Piece((section,), (forward,), (), (gradient,))
    winners = f"{prefix}_winners"
    forward, gradient = launches("maximum", outputs, winners)
    size = frame.tensor_bytes(frame.plan.tensors[op.output], index_bytes)
    return Piece((section,), (forward,), (), (gradient,), {winners: size})
