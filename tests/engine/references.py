"""What every operation means, as plain float64 loops over single places: slow, obvious, and independent of the engine.

Arrays are NCHW and OIHW. ``forward`` gives the output, ``backward`` the gradients of input and parameters. ``run``
takes a whole network through them, node by node, without fusing anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.losses import CrossEntropy, Huber, LossBase, MeanAbsoluteError, MeanSquaredError, loss_of
from nnstudio.network import Layer, NetworkSpec
from nnstudio.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling, Pooling
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput

Array = NDArray[np.float64]
Parameters = Mapping[str, Array]


class ReferenceLayer:
    """One layer; ``forward`` is called before ``backward``. One with several inputs takes and gives several arrays."""

    training = False

    def __init__(self, layer: Layer, parameters: Parameters) -> None:
        self.layer, self.parameters = layer, parameters

    def forward(self, *inputs: Array) -> Array:
        raise AssertionError(f"no reference for {self.layer.title}")

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        raise AssertionError(f"no reference for {self.layer.title}")


def padded(X: Array, padding: tuple[int, int], value: float) -> Array:
    (rows, columns) = padding
    return np.pad(X, ((0, 0), (0, 0), (rows, rows), (columns, columns)), constant_values=value)


def places(layer: Convolution | Pooling, height: int, width: int) -> Iterator[tuple[int, int, slice, slice]]:
    """Each output place with the padded rows and columns that its window covers."""
    (kernel_y, kernel_x), (stride_y, stride_x) = layer.kernel, layer.stride
    for y in range((height - kernel_y) // stride_y + 1):
        for x in range((width - kernel_x) // stride_x + 1):
            top, left = y * stride_y, x * stride_x
            yield y, x, slice(top, top + kernel_y), slice(left, left + kernel_x)


class WindowLayer(ReferenceLayer):
    """Slides over the padded picture ``P``."""

    outside = 0.0

    def forward(self, X: Array) -> Array:
        self.P = padded(X, self.layer.padding, self.outside)
        spots = list(places(self.layer, *self.P.shape[2:]))
        Y = np.zeros((len(X), self.channels(X), spots[-1][0] + 1, spots[-1][1] + 1))
        for y, x, rows, columns in spots:
            for channel in range(Y.shape[1]):
                Y[:, channel, y, x] = self.at(channel, rows, columns)
        return Y

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        dP = np.zeros_like(self.P)
        gradients = {role: np.zeros_like(value) for role, value in self.parameters.items()}
        for y, x, rows, columns in places(self.layer, *self.P.shape[2:]):
            for channel in range(dY.shape[1]):
                for image in range(len(dY)):
                    self.back(image, channel, rows, columns, dY[image, channel, y, x], dP, gradients)
        (py, px), (height, width) = self.layer.padding, self.P.shape[2:]
        return dP[:, :, py : height - py, px : width - px], gradients

    def channels(self, X: Array) -> int:
        return X.shape[1]


class ConvolutionReference(WindowLayer):
    def channels(self, X: Array) -> int:
        return len(self.parameters["bias"])

    def at(self, filter_: int, rows: slice, columns: slice) -> Array:
        W, b = self.parameters["weight"][filter_], self.parameters["bias"][filter_]
        return (self.P[:, :, rows, columns] * W).sum(axis=(1, 2, 3)) + b

    def back(self, image, filter_, rows, columns, dy, dP, gradients) -> None:
        dP[image, :, rows, columns] += dy * self.parameters["weight"][filter_]
        gradients["weight"][filter_] += dy * self.P[image, :, rows, columns]
        gradients["bias"][filter_] += dy


class MaxPoolingReference(WindowLayer):
    outside = -np.inf

    def at(self, channel: int, rows: slice, columns: slice) -> Array:
        return self.P[:, channel, rows, columns].max(axis=(1, 2))

    def back(self, image, channel, rows, columns, dy, dP, gradients) -> None:
        window = self.P[image, channel, rows, columns]
        first = np.unravel_index(window.argmax(), window.shape)
        dP[image, channel, rows, columns][first] += dy


class AveragePoolingReference(WindowLayer):
    def at(self, channel: int, rows: slice, columns: slice) -> Array:
        return self.P[:, channel, rows, columns].mean(axis=(1, 2))

    def back(self, image, channel, rows, columns, dy, dP, gradients) -> None:
        dP[image, channel, rows, columns] += dy / (self.layer.kernel[0] * self.layer.kernel[1])


class DenseReference(ReferenceLayer):
    def forward(self, X: Array) -> Array:
        self.X, W = X, self.parameters["weight"]
        return np.array([[sum(W[u] * x) + self.parameters["bias"][u] for u in range(len(W))] for x in X])

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        W = self.parameters["weight"]
        dX = np.array([sum(dy[u] * W[u] for u in range(len(W))) for dy in dY])
        dW = np.array([sum(dy[u] * x for dy, x in zip(dY, self.X, strict=True)) for u in range(len(W))])
        return dX, {"weight": dW, "bias": sum(dY)}


class ActivationReference(ReferenceLayer):
    """The derivative is taken from the input here, from the output in the engine."""

    def forward(self, X: Array) -> Array:
        self.X = X
        match self.layer:
            case ReLU():
                return np.where(X > 0, X, 0.0)
            case LeakyReLU(slope=slope):
                return np.where(X > 0, X, slope * X)
            case Sigmoid() | SigmoidOutput():
                return 1 / (1 + np.exp(-X))
            case Tanh():
                return (np.exp(X) - np.exp(-X)) / (np.exp(X) + np.exp(-X))
        return super().forward(X)

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        match self.layer:
            case ReLU():
                slope = np.where(self.X > 0, 1.0, 0.0)
            case LeakyReLU(slope=leak):
                slope = np.where(self.X > 0, 1.0, leak)
            case Sigmoid() | SigmoidOutput():
                slope = np.exp(-self.X) / (1 + np.exp(-self.X)) ** 2
            case _:
                slope = 1 / np.cosh(self.X) ** 2
        return dY * slope, {}


class IdentityReference(ReferenceLayer):
    """Dropout when the network is only used."""

    def forward(self, X: Array) -> Array:
        return X

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        return dY, {}


class FlattenReference(ReferenceLayer):
    def forward(self, X: Array) -> Array:
        self.shape = X.shape
        return np.array([[value for row in image.reshape(-1, image.shape[-1]) for value in row] for image in X])

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        return dY.reshape(self.shape), {}


class SoftmaxReference(ReferenceLayer):
    def forward(self, X: Array) -> Array:
        self.P = np.array([np.exp(x - max(x)) / sum(np.exp(x - max(x))) for x in X])
        return self.P

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        """Through the full Jacobian ``dp_i / dx_j = p_i (delta_ij - p_j)`` of each image."""
        return np.array([(np.diag(p) - np.outer(p, p)) @ dp for p, dp in zip(self.P, dY, strict=True)]), {}


REFERENCES: dict[type[Layer], type[ReferenceLayer]] = {
    Convolution: ConvolutionReference,
    MaxPooling: MaxPoolingReference,
    AveragePooling: AveragePoolingReference,
    Dense: DenseReference,
    ReLU: ActivationReference,
    LeakyReLU: ActivationReference,
    Sigmoid: ActivationReference,
    Tanh: ActivationReference,
    Dropout: IdentityReference,
    Flatten: FlattenReference,
    SoftmaxOutput: SoftmaxReference,
    SigmoidOutput: ActivationReference,
    LinearOutput: IdentityReference,
}


def targets(P: Array, labels: NDArray[np.integer], images: Array) -> Array:
    """What the answers should be: the pictures, or made of the labels."""
    if P.ndim == 4:
        return images
    return np.array([[float(label)] if P.shape[1] == 1 else np.eye(P.shape[1])[label] for label in labels])


def judge(P: Array, labels: NDArray[np.integer], images: Array, loss: LossBase) -> tuple[float, Array]:
    """Mean loss over the images, and its gradient by the answers ``P`` (N, ...)."""
    total, dP = 0.0, np.zeros_like(P)
    for image, (p, t) in enumerate(zip(P, targets(P, labels, images), strict=True)):
        weight = loss.class_weights[labels[image]] if loss.class_weights else 1.0
        match loss:
            case CrossEntropy(label_smoothing=smoothing):
                t = (1 - smoothing) * t + smoothing / len(t)
                value, slope = -np.sum(t * np.log(p)), -t / p
            case MeanSquaredError():
                value, slope = np.mean((p - t) ** 2), 2 * (p - t) / p.size
            case MeanAbsoluteError():
                value, slope = np.mean(np.abs(p - t)), np.sign(p - t) / p.size
            case Huber(delta=delta):
                d = np.abs(p - t)
                value = np.mean(np.where(d <= delta, d**2 / 2, delta * (d - delta / 2)))
                slope = np.where(d <= delta, p - t, delta * np.sign(p - t)) / p.size
            case _:
                value = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
                slope = -(t / p - (1 - t) / (1 - p)) / p.size
        total += weight * value
        dP[image] = weight * slope
    return total / len(P), dP / len(P)


@dataclass(frozen=True)
class Run:
    """Values by node, mean loss, and gradients by parameter name and of the ``input``."""

    values: dict[str, Array]
    loss: float
    gradients: dict[str, Array]


def run(
    spec: NetworkSpec,
    parameters: Parameters,
    images: Array,
    labels: NDArray[np.integer],
    loss: LossBase | str,
    *,
    training: bool = False,
) -> Run:
    """Forward and backward through a graph of layers; ``training`` is for those that differ then."""
    first, *rest = spec.ordered()
    images = np.asarray(images, np.float64)
    values, steps = {first.id: images}, []
    for node in rest:
        own = {name.split(".")[1]: np.asarray(array, np.float64) for name, array in parameters.items()
               if name.split(".")[0] == node.id}  # fmt: skip
        step = REFERENCES[type(node.layer)](node.layer, own)
        step.training = training
        steps.append((node.id, step))
        values[node.id] = step.forward(*(values[source] for source in spec.sources(node.id)))
    mean_loss, gradient = judge(values[rest[-1].id], labels, images, loss_of(loss))
    waiting, gradients = {rest[-1].id: gradient}, {}
    for name, step in reversed(steps):
        of_inputs, of_parameters = step.backward(waiting.pop(name))
        for source, array in zip(spec.sources(name), of_inputs if isinstance(of_inputs, list) else [of_inputs],
                                 strict=True):  # fmt: skip
            waiting[source] = waiting.get(source, 0) + array
        gradients |= {f"{name}.{role}": array for role, array in of_parameters.items()}
    return Run(values, mean_loss, {**gradients, "input": waiting[first.id]})
