"""Dense: ``kernels/matmul.cl``, or through local memory (``gemm.py``)."""

from __future__ import annotations

from nnstudio.engine.opencl.frame import Frame, activation_macro
from nnstudio.engine.opencl.gemm import Window, lower_products
from nnstudio.engine.opencl.schedule import PARAMETERS, Constants, Launch, Piece, Section
from nnstudio.engine.opencl.tiles import outer_tiles, product_tiles
from nnstudio.engine.opencl.weights import weight_gradient
from nnstudio.engine.plan import Op

KINDS = ("dense",)

ROWS = 8
"""Units that a work-item turns: so many rows are written at the same time, which are few enough for any cache."""


def lower(op: Op, prefix: str, frame: Frame) -> Piece:
    inputs, units = frame.plan.tensors[op.inputs[0]].size, frame.plan.tensors[op.output].size
    if frame.form.local:
        return lower_products(op, prefix, frame, Window((inputs, 1, 1), (units, 1, 1)))
    # Beside its accumulators a product needs few registers.
    registers = frame.form.registers * 6 // 5
    work = frame.batch_size * inputs * units

    together = 1 if frame.chained else frame.blocks
    tile_u, tile_b = frame.choose(op, f"{prefix}_forward", product_tiles(units, together, registers))
    tile_i, tile_c = frame.choose(op, f"{prefix}_input_gradient", product_tiles(inputs, together, registers))
    wide = 2 ** (min(frame.form.vector, units).bit_length() - 1)  # vectors of units
    tile_j, tile_v = frame.choose(op, f"{prefix}_weight_gradient", outer_tiles(inputs, units, registers, wide=wide))
    v_tiles, j_tiles = -(-units // (tile_v * wide)), -(-inputs // tile_j)

    turned = f"{prefix}_turned"
    reads = frame.value(op.inputs[0]), turned
    sums, extra, backward, buffers = weight_gradient(frame, op, prefix, v_tiles * (j_tiles + 1), work, reads)
    buffers = {**buffers, turned: frame.tensor_bytes(frame.plan.tensors[op.output])}
    turn = frame.over_images(f"{prefix}_turn", frame.chunks(units), frame.gradient(op.output), turned)
    weight, bias = op.parameters
    # Weights that no cache keeps are turned once rather than read across their rows.
    turned_weights: tuple[Launch, ...] = ()
    weights = PARAMETERS
    if 4 * weight.size > frame.form.cache > 0:
        weights = f"{prefix}_weights_turned"
        turned_weights = (frame.over(weights, -(-units // ROWS), PARAMETERS, weights),)
        buffers |= {weights: 4 * weight.size}
    constants: Constants = {
        "INPUTS": inputs, "UNITS": units, "WEIGHT": weight.offset, "BIAS": bias.offset, "BLOCKS": frame.blocks,
        "TILE_U": tile_u, "TILE_B": tile_b, "TILE_I": tile_i, "TILE_C": tile_c,
        "TILE_J": tile_j, "TILE_V": tile_v, "J_TILES": j_tiles, "V_TILES": v_tiles, "CHUNK": frame.form.chunk,
        "WIDE": wide, "TURNED": len(turned_weights), "ROWS": ROWS, **sums,
    }  # fmt: skip
    macros = (activation_macro("ACTIVATE", op.activation), *frame.gradient_macros(op))
    values, outputs = frame.value(op.inputs[0]), frame.value(op.output)
    forward = frame.over_images(
        f"{prefix}_forward", -(-units // tile_u), PARAMETERS, weights, values, outputs,
        blocks=-(-frame.blocks // tile_b), work=work,
    )  # fmt: skip
    input_gradient = frame.over_images(
        f"{prefix}_input_gradient", -(-inputs // tile_i),
        PARAMETERS, frame.gradient(op.output), values, frame.gradient(op.inputs[0]),
        blocks=-(-frame.blocks // tile_c), work=work,
    )  # fmt: skip
    section = Section("matmul", prefix, constants, macros)
    return Piece((section, *extra), (*turned_weights, forward), (turn, *backward), (input_gradient,), buffers)
