"""The script for Keras: what stands around the layers."""

from __future__ import annotations

from nnstudio.interop.code.keras.layers import WRITERS
from nnstudio.interop.code.outline import Outline
from nnstudio.interop.code.script import STANDARD, Target, called, statement

_FUNCTIONS = {
    "padded": '''
def padded(x, padding, value):
    """Pictures with rows of ``value`` added above and below, and columns left and right."""
    rows, columns = padding
    return ops.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)), constant_values=value)
''',
    "median_pool2d": '''
def median_pool2d(x, kernel, stride, padding):
    """The middle of those values of each window that lie in the picture, of an even number the lower one."""
    _, height, width, _ = x.shape
    (rows, columns), (down, across) = kernel, stride
    places = (height + 2 * padding[0] - rows) // down + 1, (width + 2 * padding[1] - columns) // across + 1
    tall, wide = (places[0] - 1) * down + 1, (places[1] - 1) * across + 1
    around = padded(x, padding, float("inf"))
    inside = np.pad(np.ones((height, width), int), [(padding[0], padding[0]), (padding[1], padding[1])])
    shifts = [np.s_[i : i + tall : down, j : j + wide : across] for i in range(rows) for j in range(columns)]
    count = sum(inside[shift] for shift in shifts)[..., np.newaxis]
    in_order = ops.sort(ops.stack([around[(np.s_[:], *shift)] for shift in shifts], axis=-1), axis=-1)
    middle = np.arange(rows * columns) == (count - 1) // 2
    return ops.sum(ops.where(middle[:, :, np.newaxis], in_order, 0.0), axis=-1)
''',
}

_LOADING = '''
def load_weights(network: keras.Model) -> keras.Model:
    """The network with the weights from the file beside this one."""
    with np.load(WEIGHTS) as arrays:
{lines}
    return network
'''


def _body(outline: Outline) -> str:
    codes = {site.name: WRITERS.code(site) for site in outline.sites}
    kept = {name: code.own for name, code in codes.items() if code.own}
    lines = [called(f'network.get_layer("{name}").set_weights', own, " " * 8) for name, own in kept.items()]
    lines = lines or ["        assert not arrays.files  # no layer has weights"]
    given, answer = outline.sites[0].name, outline.answer.name
    return "\n".join((
        "def build() -> keras.Model:",
        '    """The network with weights drawn at random."""',
        *(statement(name, code.value, "    ", code.note) for name, code in codes.items()),
        f'    return keras.Model({given}, {answer}, name="{outline.class_name}")',
        f"\n\n{_LOADING.strip().format(lines=chr(10).join(lines))}",
    ))  # fmt: skip


def _answering(outline: Outline) -> list[str]:
    lines = [
        "network = load_weights(build())",
        "answers = network.predict(pictures.transpose(0, 2, 3, 1), verbose=0)  # Keras has the channels last",
    ]
    if len(outline.answer.output) == 3:
        lines[1] = "answers = network.predict(pictures.transpose(0, 2, 3, 1), verbose=0).transpose(0, 3, 1, 2)"
    return lines


KERAS = Target(
    title="Keras",
    what="a model of Keras 3",
    needs="Keras 3 with TensorFlow, PyTorch or JAX, and NumPy",
    imports={
        **STANDARD,
        "keras": "import keras",
        "np": "import numpy as np",
        "layers": "from keras import layers",
        "ops": "from keras import ops",
    },
    constants={},
    functions={name: source.strip() for name, source in _FUNCTIONS.items()},
    body=_body,
    answering=_answering,
)
