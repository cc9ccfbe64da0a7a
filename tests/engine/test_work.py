"""What a step must do at least, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from nnstudio.engine.backend import Phase
from nnstudio.engine.optimizers import SGD, Adam, Momentum
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.work import Work, work_of
from nnstudio.network.layers.activation import Sigmoid
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.presets import PRESETS, chain, lenet5

BATCH = 64

# Node, phase, multiply-adds an image, values an image that are read or written, parameters read or written.
LENET = [
    ("conv1", "forward", 6 * 134 * 134, 784 + 4704, 156),  # 24 windows of 5 cells, 2 of 4 and 2 of 3
    ("pool1", "forward", 0, 4704 + 1176, 0),
    ("conv2", "forward", 16 * 10 * 10 * 6 * 25, 1176 + 1600, 2416),
    ("pool2", "forward", 0, 1600 + 400, 0),
    ("flatten1", "forward", 0, 0, 0),
    ("dense1", "forward", 400 * 120, 400 + 120, 48_120),
    ("dense2", "forward", 120 * 84, 120 + 84, 10_164),
    ("dense3", "forward", 84 * 10, 84 + 10, 850),
    ("output1", "forward", 0, 10 + 10 + 10, 0),  # scores, probabilities, and the gradient by the scores
    ("dense3", "backward", 2 * 84 * 10, 10 + 84 + 84, 2 * 850),  # dY, X, dX
    ("dense2", "backward", 2 * 120 * 84, 84 + 84 + 120 + 120, 2 * 10_164),  # dY, Y for the ReLU, X, dX
    ("dense1", "backward", 2 * 400 * 120, 120 + 120 + 400 + 400, 2 * 48_120),
    ("flatten1", "backward", 0, 0, 0),
    ("pool2", "backward", 0, 400 + 1600, 0),
    ("conv2", "backward", 2 * 16 * 10 * 10 * 6 * 25, 1600 + 1600 + 1176 + 1176, 2 * 2416),
    ("pool1", "backward", 0, 1176 + 4704, 0),
    ("conv1", "backward", 6 * 134 * 134, 4704 + 4704 + 784, 156),  # nothing before it learns: no dX
]


def test_lenet_layer_by_layer() -> None:
    gather, *layers, update = work_of(compile_plan(lenet5()), BATCH, Momentum())
    found = [(work.node, str(work.phase), work.flops, work.bytes) for work in layers]
    assert found == [
        (node, phase, 2 * BATCH * products, 4 * (BATCH * values + parameters))
        for node, phase, products, values, parameters in LENET
    ]
    assert gather == Work("input1", "input1", "input", Phase.FORWARD, 0, BATCH * 784 * (1 + 4))
    # Momentum: v = m v + g and w -= r v; w, g and v are read, w and v written.
    assert update == Work("", "", "momentum", Phase.UPDATE, 2 * 2 * 61_706, 4 * 5 * 61_706)


def test_layers_keep_their_names_whatever_is_fused_into_them() -> None:
    forward = [work for work in work_of(compile_plan(lenet5()), BATCH, SGD()) if work.phase is Phase.FORWARD]
    assert [(work.node, work.op_node, work.kind) for work in forward[:3]] == [
        ("input1", "input1", "input"), ("conv1", "relu1", "convolution"), ("pool1", "pool1", "max_pooling")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("optimizer", "products", "values"), [(SGD(), 1, 1 + 1 + 1), (Momentum(), 2, 2 + 1 + 2), (Adam(), 3, 3 + 1 + 3)]
)
def test_the_update_grows_with_the_state_of_the_optimizer(optimizer: SGD, products: int, values: int) -> None:
    update = work_of(compile_plan(lenet5()), BATCH, optimizer)[-1]
    assert (update.flops, update.bytes) == (2 * products * 61_706, 4 * values * 61_706)


def test_what_stands_before_all_weights_has_nothing_to_do_backwards() -> None:
    layers = [Input(height=6, width=6), Dropout(), Sigmoid(), Convolution(filters=2, kernel=(3, 3)), Sigmoid()]
    spec = chain("late", [*layers, Sigmoid(), Flatten(), Dense(units=2), SoftmaxOutput()])
    work = {piece.node: piece for piece in work_of(compile_plan(spec), 1, SGD()) if piece.phase is Phase.BACKWARD}
    assert list(work) == ["dense1", "flatten1", "sigmoid3", "conv1"]
    assert work["sigmoid3"].bytes == 4 * 3 * 2 * 4 * 4, "an activation alone reads Y and dY and writes dX"
    assert work["conv1"].bytes == 4 * (2 * 32 + 36 + 20)


def test_groups_and_missing_biases_save_work_and_a_transposed_convolution_has_that_of_its_stamps() -> None:
    layers = [
        Input(channels=4, height=6, width=6), Convolution(filters=6, kernel=3, groups=2, bias=False),
        DepthwiseConvolution(kernel=3, dilation=(1, 2), padding=(1, 2)), TransposedConvolution(filters=2, padding=1),
        Flatten(), Dense(units=2), SoftmaxOutput(),
    ]  # fmt: skip
    work = {(piece.node, piece.phase): piece for piece in work_of(compile_plan(chain("family", layers)), 3, SGD())}
    wanted = {
        "conv1": (6 * 4 * 4 * 2 * 9, 4 * 6 * 6, 6 * 4 * 4, 6 * 2 * 9),
        # Of the 4 × 3 cells along each axis 2 lie above and below the picture; 2 × 2 on the left and on the right.
        "depthwise1": (6 * 10 * 8, 6 * 4 * 4, 6 * 4 * 4, 6 * 9 + 6),
        "upconv1": (6 * 2 * 6 * 6, 6 * 4 * 4, 2 * 6 * 6, 6 * 2 * 4 + 2),
    }
    for node, (products, read, written, parameters) in wanted.items():
        forward, backward = work[node, Phase.FORWARD], work[node, Phase.BACKWARD]
        assert (forward.flops, forward.bytes) == (2 * 3 * products, 4 * (3 * (read + written) + parameters)), node
        times = 1 if node == "conv1" else 2
        assert backward.flops == 2 * 3 * products * times, node
        assert backward.bytes == 4 * (3 * (written + read * times) + parameters * times), node


@pytest.mark.parametrize("name", PRESETS)
def test_no_place_comes_twice(name: str) -> None:
    work = work_of(compile_plan(PRESETS[name]()), BATCH, SGD())
    assert len({(piece.op_node, piece.phase) for piece in work}) == len(work)
