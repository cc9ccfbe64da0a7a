"""Networks that are nearly right: sound ones after a few edits of which many make no sense."""

from __future__ import annotations

from hypothesis import strategies as st

from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU, Sigmoid
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.pooling import GlobalAveragePooling, MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import Builder, autoencoder, chain, convnet, lenet5, two_layer_perceptron
from tests.network.strategies import LAYER, Edit, edits


def fork() -> NetworkSpec:
    """A shortcut, a gate, and two paths that are put side by side."""
    network = Builder("fork")
    network.path([Input(channels=2, height=12, width=12), Convolution(filters=4, kernel=3, padding=1), ReLU()])
    start = network.end
    long = network.path([Convolution(filters=4, kernel=3, padding=1, bias=False), BatchNormalization()])
    network.put(Add(), long, start)
    both = network.put(ReLU())
    gate = network.path([GlobalAveragePooling(), Dense(units=4), Sigmoid()])
    gated = network.put(Multiply(), both, gate)
    network.put(Concatenate(), network.path([MaxPooling()], gated), network.path([MaxPooling()], both))
    network.path([GlobalAveragePooling(), Dense(units=5), SoftmaxOutput()])
    return network.spec


SOUND = (lenet5, convnet, autoencoder, two_layer_perceptron, fork)


@st.composite
def block_edits(draw: st.DrawFn) -> Edit:
    """Skip a layer, or make a repeated block of neighbours."""
    method = draw(st.sampled_from(["mute", "join"]))
    at, length, repeat = draw(st.integers(0, 20)), draw(st.integers(1, 4)), draw(st.integers(1, 3))

    def apply(spec: NetworkSpec) -> NetworkSpec:
        names = [node.id for node in spec.nodes] or [""]
        first = at % len(names)
        if method == "mute":
            return spec.mute(names[first])
        return spec.join(names[first : first + length], repeat=repeat)

    return apply


@st.composite
def broken_networks(draw: st.DrawFn) -> NetworkSpec:
    """A sound network or a chain of any layers, and what one to four edits make of it."""
    chains = st.lists(LAYER, max_size=6).map(lambda layers: chain("any", layers))
    spec = draw(st.sampled_from(SOUND).map(lambda make: make()) | chains)
    for edit in draw(st.lists(edits() | block_edits(), min_size=1, max_size=4)):
        try:
            spec = edit(spec)
        except NNStudioError:
            continue
    return spec
