"""What every operation means, as plain float64 loops over single places: slow, obvious, and independent of the engine.

Arrays are NCHW and OIHW. ``forward`` gives the output, ``backward`` the gradients of input and parameters. ``run``
takes a whole network through them, node by node, without fusing anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.losses import CrossEntropy, Huber, LossBase, MeanAbsoluteError, MeanSquaredError, loss_of
from nnstudio.network import Layer, NetworkSpec
from nnstudio.network.layers.activation import (
    ELU,
    GELU,
    HardStep,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution, SlidingFilters
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout, SpatialDropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.pooling import (
    AveragePooling,
    CountPooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
    MedianPooling,
    MinPooling,
    Pooling,
    SumPooling,
)
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling

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


def places(layer: SlidingFilters | Pooling, height: int, width: int) -> Iterator[tuple[int, int, slice, slice]]:
    """Each output place with the padded rows and columns that its window covers."""
    gap_y, gap_x = layer.dilation if isinstance(layer, SlidingFilters) else (1, 1)
    (kernel_y, kernel_x), (stride_y, stride_x) = layer.kernel, layer.stride
    last_y, last_x = (kernel_y - 1) * gap_y, (kernel_x - 1) * gap_x
    for y in range((height - last_y - 1) // stride_y + 1):
        for x in range((width - last_x - 1) // stride_x + 1):
            top, left = y * stride_y, x * stride_x
            yield y, x, slice(top, top + last_y + 1, gap_y), slice(left, left + last_x + 1, gap_x)


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
        return len(self.parameters["weight"])

    def seen(self, filter_: int) -> slice:
        """The channels of the filter's group."""
        channels, (filters, each) = self.P.shape[1], self.parameters["weight"].shape[:2]
        group = filter_ // (filters * each // channels)
        return slice(group * each, group * each + each)

    def at(self, filter_: int, rows: slice, columns: slice) -> Array:
        Y = (self.P[:, self.seen(filter_), rows, columns] * self.parameters["weight"][filter_]).sum(axis=(1, 2, 3))
        return Y + self.parameters["bias"][filter_] if "bias" in self.parameters else Y

    def back(self, image, filter_, rows, columns, dy, dP, gradients) -> None:
        dP[image, self.seen(filter_), rows, columns] += dy * self.parameters["weight"][filter_]
        gradients["weight"][filter_] += dy * self.P[image, self.seen(filter_), rows, columns]
        if "bias" in gradients:
            gradients["bias"][filter_] += dy


class TransposedConvolutionReference(ReferenceLayer):
    """Stamps into a whole picture, of which the padding is cut off."""

    def stamps(self) -> Iterator[tuple[int, int, int, slice, slice]]:
        """Each input place, and the rows and columns of its stamp."""
        (kernel_y, kernel_x), (stride_y, stride_x) = self.layer.kernel, self.layer.stride
        for c, y, x in np.ndindex(self.X.shape[1:]):
            top, left = y * stride_y, x * stride_x
            yield c, y, x, slice(top, top + kernel_y), slice(left, left + kernel_x)

    def forward(self, X: Array) -> Array:
        self.X, (py, px) = X, self.layer.padding
        filters, height, width = self.layer.output_shape([X.shape[1:]])
        whole = np.zeros((len(X), filters, height + 2 * py, width + 2 * px))
        for c, y, x, rows, columns in self.stamps():
            whole[:, :, rows, columns] += X[:, c, y, x].reshape(-1, 1, 1, 1) * self.parameters["weight"][c]
        Y = whole[:, :, py : py + height, px : px + width]
        return Y + self.parameters["bias"].reshape(-1, 1, 1) if "bias" in self.parameters else Y

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        W, whole = self.parameters["weight"], padded(dY, self.layer.padding, 0.0)
        dX, dW = np.zeros_like(self.X), np.zeros_like(W)
        for c, y, x, rows, columns in self.stamps():
            dX[:, c, y, x] = (whole[:, :, rows, columns] * W[c]).sum(axis=(1, 2, 3))
            dW[c] += (whole[:, :, rows, columns] * self.X[:, c, y, x].reshape(-1, 1, 1, 1)).sum(axis=0)
        biases = {"bias": dY.sum(axis=(0, 2, 3))} if "bias" in self.parameters else {}
        return dX, {"weight": dW, **biases}


class MaxPoolingReference(WindowLayer):
    outside = -np.inf

    def at(self, channel: int, rows: slice, columns: slice) -> Array:
        return self.P[:, channel, rows, columns].max(axis=(1, 2))

    def back(self, image, channel, rows, columns, dy, dP, gradients) -> None:
        window = self.P[image, channel, rows, columns]
        first = np.unravel_index(window.argmax(), window.shape)
        dP[image, channel, rows, columns][first] += dy


class MinPoolingReference(WindowLayer):
    outside = np.inf

    def at(self, channel: int, rows: slice, columns: slice) -> Array:
        return self.P[:, channel, rows, columns].min(axis=(1, 2))

    def back(self, image, channel, rows, columns, dy, dP, gradients) -> None:
        window = self.P[image, channel, rows, columns]
        first = np.unravel_index(window.argmin(), window.shape)
        dP[image, channel, rows, columns][first] += dy


class MedianPoolingReference(WindowLayer):
    """Values outside of the picture are NaN here, to be left out."""

    outside = np.nan

    def at(self, channel: int, rows: slice, columns: slice) -> Array:
        return np.array([self.middle(window) for window in self.P[:, channel, rows, columns]])

    def middle(self, window: Array) -> float:
        inside = sorted(window[~np.isnan(window)])
        return inside[(len(inside) - 1) // 2]

    def back(self, image, channel, rows, columns, dy, dP, gradients) -> None:
        window = self.P[image, channel, rows, columns]
        first = np.argwhere(window == self.middle(window))[0]
        dP[image, channel, rows, columns][tuple(first)] += dy


class SumPoolingReference(WindowLayer):
    def at(self, channel: int, rows: slice, columns: slice) -> Array:
        return self.P[:, channel, rows, columns].sum(axis=(1, 2))

    def back(self, image, channel, rows, columns, dy, dP, gradients) -> None:
        dP[image, channel, rows, columns] += dy


class CountPoolingReference(WindowLayer):
    def at(self, channel: int, rows: slice, columns: slice) -> Array:
        return np.count_nonzero(self.P[:, channel, rows, columns] > self.layer.threshold, axis=(1, 2))

    def back(self, image, channel, rows, columns, dy, dP, gradients) -> None:
        pass


class GlobalPoolingReference(ReferenceLayer):
    def forward(self, X: Array) -> Array:
        self.X, average = X, isinstance(self.layer, GlobalAveragePooling)
        return np.array([[np.mean(c) if average else np.max(c) for c in image] for image in X])

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        dX = np.zeros_like(self.X)
        for image, channel in np.ndindex(dY.shape):
            values, given = self.X[image, channel], dX[image, channel]
            if isinstance(self.layer, GlobalAveragePooling):
                given[:] = dY[image, channel] / values.size
            else:
                given[np.unravel_index(values.argmax(), values.shape)] = dY[image, channel]
        return dX, {}


class UpsamplingReference(ReferenceLayer):
    """Place by place: which values it is made of, and how much of each."""

    def shares(self, place: int, factor: int, size: int) -> list[tuple[int, float]]:
        if self.layer.mode == "nearest":
            return [(place // factor, 1.0)]
        position = min(max((place + 0.5) / factor - 0.5, 0.0), size - 1.0)
        low = int(position)
        return [(low, 1 - (position - low)), (min(low + 1, size - 1), position - low)]

    def meetings(self, height: int, width: int) -> Iterator[tuple[int, int, int, int, float]]:
        factor_y, factor_x = self.layer.factor
        for y in range(height * factor_y):
            for x in range(width * factor_x):
                for row, share in self.shares(y, factor_y, height):
                    for column, part in self.shares(x, factor_x, width):
                        yield y, x, row, column, share * part

    def forward(self, X: Array) -> Array:
        self.shape = X.shape
        Y = np.zeros((*X.shape[:2], X.shape[2] * self.layer.factor[0], X.shape[3] * self.layer.factor[1]))
        for y, x, row, column, share in self.meetings(*X.shape[2:]):
            Y[:, :, y, x] += share * X[:, :, row, column]
        return Y

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        dX = np.zeros(self.shape)
        for y, x, row, column, share in self.meetings(*self.shape[2:]):
            dX[:, :, row, column] += share * dY[:, :, y, x]
        return dX, {}


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
            case ELU(alpha=alpha):
                return np.where(X > 0, X, alpha * (np.exp(X) - 1))
            case Softplus():
                return np.log(1 + np.exp(X))
            case GELU():
                return X / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))
            case SiLU():
                return X / (1 + np.exp(-X))
            case HardStep():
                return np.where(X >= 0, 1.0, 0.0)
        return super().forward(X)

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        match self.layer:
            case ReLU():
                slope = np.where(self.X > 0, 1.0, 0.0)
            case LeakyReLU(slope=leak):
                slope = np.where(self.X > 0, 1.0, leak)
            case Sigmoid() | SigmoidOutput():
                slope = np.exp(-self.X) / (1 + np.exp(-self.X)) ** 2
            case ELU(alpha=alpha):
                slope = np.where(self.X > 0, 1.0, alpha * np.exp(self.X))
            case Softplus():
                slope = 1 / (1 + np.exp(-self.X))
            case GELU():
                inner = np.sqrt(2 / np.pi) * (self.X + 0.044715 * self.X**3)
                inner_slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * self.X**2)
                slope = (1 + np.tanh(inner)) / 2 + self.X / 2 / np.cosh(inner) ** 2 * inner_slope
            case SiLU():
                slope = 1 / (1 + np.exp(-self.X)) + self.X * np.exp(-self.X) / (1 + np.exp(-self.X)) ** 2
            case HardStep(gradient="perceptron"):
                slope = np.ones_like(self.X)
            case HardStep():
                slope = np.where(np.abs(self.X) <= 1, 1.0, 0.0)
            case _:
                slope = 1 / np.cosh(self.X) ** 2
        return dY * slope, {}


class IdentityReference(ReferenceLayer):
    """Dropout and noise when the network is only used."""

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


class ReshapeReference(ReferenceLayer):
    def forward(self, X: Array) -> Array:
        self.shape, layer = X.shape, self.layer
        Y = np.zeros((len(X), layer.channels, layer.height, layer.width))
        for image, values in zip(Y, X, strict=True):
            for place, value in zip(np.ndindex(image.shape), values.flat, strict=True):
                image[place] = value
        return Y

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        return dY.reshape(self.shape), {}


class NormalizationReference(ReferenceLayer):
    """``statistics`` says over which places a value's mean and variance are taken; derivatives go through both."""

    def groups(self, X: Array) -> Iterator[tuple[object, ...]]:
        """Places that share mean and variance."""
        if isinstance(self.layer, BatchNormalization):
            return ((slice(None), channel) for channel in range(X.shape[1]))
        return ((image,) for image in range(len(X)))

    def beside(self, role: str) -> Array:
        """A parameter in a form that goes with ``X``."""
        value = self.parameters[role]
        return value.reshape(-1, *[1] * (self.ndim - 2)) if isinstance(self.layer, BatchNormalization) else value

    @property
    def running(self) -> bool:
        return isinstance(self.layer, BatchNormalization) and not self.training

    def forward(self, X: Array) -> Array:
        self.ndim, self.X, self.x, self.scale = X.ndim, X, np.zeros_like(X), np.zeros_like(X)
        self.seen = {"running_mean": [], "running_variance": []}
        for number, group in enumerate(self.groups(X)):
            values = X[group]
            mean, variance = values.mean(), values.var()
            self.seen["running_mean"].append(mean)
            self.seen["running_variance"].append(values.var(ddof=1) if values.size > 1 else 0.0)
            if self.running:
                mean, variance = self.parameters["running_mean"][number], self.parameters["running_variance"][number]
            self.scale[group] = 1 / np.sqrt(variance + self.layer.epsilon)
            self.x[group] = (values - mean) * self.scale[group]
        return self.beside("weight") * self.x + self.beside("bias")

    def updated(self, role: str) -> Array:
        """Running statistics after a training step."""
        return self.parameters[role] + self.layer.momentum * (np.array(self.seen[role]) - self.parameters[role])

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        """With all derivatives of all values of a group by each other: ``dx_i/dX_j`` of mean, variance and value."""
        dx, dX = dY * self.beside("weight"), np.zeros_like(dY)
        for group in self.groups(dY):
            d, x, scale = dx[group].ravel(), self.x[group].ravel(), self.scale[group].ravel()
            jacobian = np.eye(d.size)
            if not self.running:
                jacobian = jacobian - 1 / d.size - np.outer(x, x) / d.size
            dX[group] = (scale * (jacobian.T @ d)).reshape(dX[group].shape)
        axes = (0, *range(2, dY.ndim)) if isinstance(self.layer, BatchNormalization) else (0,)
        return dX, {"weight": (dY * self.x).sum(axis=axes), "bias": dY.sum(axis=axes)}


class AddReference(ReferenceLayer):
    def forward(self, *inputs: Array) -> Array:
        self.count = len(inputs)
        return np.array(sum(inputs))

    def backward(self, dY: Array) -> tuple[list[Array], dict[str, Array]]:
        return [dY] * self.count, {}


class MultiplyReference(ReferenceLayer):
    def forward(self, A: Array, B: Array) -> Array:
        self.A, self.B = A, B
        return np.array([[a * b for a, b in zip(*image, strict=True)] for image in zip(A, B, strict=True)])

    def backward(self, dY: Array) -> tuple[list[Array], dict[str, Array]]:
        dA, dB = np.zeros_like(self.A), np.zeros_like(self.B)
        for place in np.ndindex(dY.shape):
            gate = place[: self.B.ndim]
            dA[place] += dY[place] * self.B[gate]
            dB[gate] += dY[place] * self.A[place]
        return [dA, dB], {}


class ConcatenateReference(ReferenceLayer):
    def forward(self, *inputs: Array) -> Array:
        self.sizes = [X.shape[1] for X in inputs]
        return np.array([[channel for X in inputs for channel in X[image]] for image in range(len(inputs[0]))])

    def backward(self, dY: Array) -> tuple[list[Array], dict[str, Array]]:
        edges = np.cumsum([0, *self.sizes])
        return [dY[:, first:last] for first, last in pairwise(edges)], {}


class SoftmaxReference(ReferenceLayer):
    def forward(self, X: Array) -> Array:
        self.P = np.array([np.exp(x - max(x)) / sum(np.exp(x - max(x))) for x in X])
        return self.P

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        """Through the full Jacobian ``dp_i / dx_j = p_i (delta_ij - p_j)`` of each image."""
        return np.array([(np.diag(p) - np.outer(p, p)) @ dp for p, dp in zip(self.P, dY, strict=True)]), {}


class InnerSoftmaxReference(SoftmaxReference):
    """For a picture the same at each place."""

    def forward(self, X: Array) -> Array:
        self.moved = np.moveaxis(X, 1, -1)
        return self.back_to(X.ndim, super().forward(self.moved.reshape(-1, X.shape[1])))

    def backward(self, dY: Array) -> tuple[Array, dict[str, Array]]:
        dX, _ = super().backward(np.moveaxis(dY, 1, -1).reshape(-1, dY.shape[1]))
        return self.back_to(dY.ndim, dX), {}

    def back_to(self, ndim: int, rows: Array) -> Array:
        return np.moveaxis(rows.reshape(self.moved.shape), -1, 1) if ndim > 2 else rows


REFERENCES: dict[type[Layer], type[ReferenceLayer]] = {
    Convolution: ConvolutionReference,
    DepthwiseConvolution: ConvolutionReference,
    TransposedConvolution: TransposedConvolutionReference,
    MaxPooling: MaxPoolingReference,
    AveragePooling: AveragePoolingReference,
    Dense: DenseReference,
    ReLU: ActivationReference,
    LeakyReLU: ActivationReference,
    Sigmoid: ActivationReference,
    Tanh: ActivationReference,
    Dropout: IdentityReference,
    ELU: ActivationReference,
    Softplus: ActivationReference,
    GELU: ActivationReference,
    SiLU: ActivationReference,
    HardStep: ActivationReference,
    Softmax: InnerSoftmaxReference,
    MinPooling: MinPoolingReference,
    MedianPooling: MedianPoolingReference,
    SumPooling: SumPoolingReference,
    CountPooling: CountPoolingReference,
    GlobalAveragePooling: GlobalPoolingReference,
    GlobalMaxPooling: GlobalPoolingReference,
    Upsampling: UpsamplingReference,
    SpatialDropout: IdentityReference,
    GaussianNoise: IdentityReference,
    Reshape: ReshapeReference,
    Flatten: FlattenReference,
    SoftmaxOutput: SoftmaxReference,
    BatchNormalization: NormalizationReference,
    LayerNormalization: NormalizationReference,
    Add: AddReference,
    Concatenate: ConcatenateReference,
    Multiply: MultiplyReference,
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
