"""Layers of Keras that look through a window: convolutions and poolings, and upsampling."""

from __future__ import annotations

from math import prod
from typing import Any

from nnstudio.interop.code.keras.calls import FILTERS_LAST, layer_call, own_weights, padded_with_zeros
from nnstudio.interop.code.outline import Site
from nnstudio.interop.code.writers import Code, Writers, call, short
from nnstudio.network.layers import pooling
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution, SlidingFilters
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling

WINDOWS = Writers("Keras")


def _slid(site: Site, kind: str, *given: Any, drops: bool, weight: str, **more: Any) -> Code:
    """Filters that slide over the picture, ``weight`` being how theirs are laid out. Where Keras cannot do such steps
    (``drops``), the results of all places are computed, and those between dropped."""
    layer = site.layer
    assert isinstance(layer, SlidingFilters)
    named: dict[str, Any] = {}
    if _steps(layer) and not drops:
        named["strides"] = short(layer.stride)
    if layer.dilation != (1, 1):
        named["dilation_rate"] = short(layer.dilation)
    if not layer.bias:
        named["use_bias"] = False
    x = padded_with_zeros(site, layer.padding)
    value = layer_call(site, kind, *given, short(layer.kernel), x=x, **named, **more)
    rows, columns = layer.stride
    return Code(f"{value}[:, ::{rows}, ::{columns}]" if drops else value, own_weights(site, weight=weight))


def _steps(layer: SlidingFilters) -> bool:
    return layer.stride != (1, 1)


@WINDOWS.writes(Convolution)
def _convolution(site: Site) -> Code:
    """Keras cannot both stride and dilate."""
    layer = site.layer
    assert isinstance(layer, Convolution)
    drops = _steps(layer) and layer.dilation != (1, 1)
    groups = layer.groups_for(site.channels)
    more = {"groups": groups} if groups > 1 else {}
    return _slid(site, "Conv2D", site.output[0], drops=drops, weight=FILTERS_LAST, **more)


@WINDOWS.writes(DepthwiseConvolution)
def _depthwise_convolution(site: Site) -> Code:
    """Nor can it stride differently along both axes channel by channel."""
    layer = site.layer
    assert isinstance(layer, DepthwiseConvolution)
    drops = _steps(layer) and (layer.dilation != (1, 1) or layer.stride[0] != layer.stride[1])
    multiplier, (rows, columns) = site.output[0] // site.channels, layer.kernel
    more = {"depth_multiplier": multiplier} if multiplier > 1 else {}
    weight = f".reshape({site.channels}, {multiplier}, {rows}, {columns}).transpose(2, 3, 0, 1)"
    return _slid(site, "DepthwiseConv2D", drops=drops, weight=weight, **more)


@WINDOWS.writes(TransposedConvolution)
def _transposed_convolution(site: Site) -> Code:
    """Along an axis stamps make ``(size - 1) stride + kernel`` values; ``more`` come behind, and some are cut off."""
    layer = site.layer
    assert isinstance(layer, TransposedConvolution)
    axes = list(zip(layer.padding, layer.output_padding, strict=True))
    more = tuple(max(0, extra - padding) for padding, extra in axes)
    cut = tuple((padding, max(0, padding - extra)) for padding, extra in axes)
    named: dict[str, Any] = {"strides": short(layer.stride), "output_padding": short(more)}
    named |= {} if layer.bias else {"use_bias": False}
    value = layer_call(site, "Conv2DTranspose", site.output[0], short(layer.kernel), **named)
    cropping = f"layers.Cropping2D({cut})({value})" if any(map(any, cut)) else value
    return Code(cropping, own_weights(site, weight=FILTERS_LAST))


def _pooled(site: Site, kind: str, x: str) -> str:
    layer = site.layer
    assert isinstance(layer, pooling.Pooling)
    strides = {} if layer.stride == layer.kernel else {"strides": short(layer.stride)}
    return layer_call(site, kind, short(layer.kernel), x=x, **strides)


def _padding(site: Site) -> tuple[int, int]:
    assert isinstance(site.layer, pooling.Pooling)
    return site.layer.padding


@WINDOWS.writes(pooling.MaxPooling)
def _max_pooling(site: Site) -> str:
    padding = _padding(site)
    below = call("padded", site.x, padding, 'float("-inf")')
    return _pooled(site, "MaxPooling2D", below if any(padding) else site.x)


@WINDOWS.writes(pooling.MinPooling)
def _min_pooling(site: Site) -> str:
    padding = _padding(site)
    below = call("padded", f"-{site.x}", padding, 'float("-inf")')
    return "-" + _pooled(site, "MaxPooling2D", below if any(padding) else f"-{site.x}")


@WINDOWS.writes(pooling.AveragePooling)
def _average_pooling(site: Site) -> str:
    return _pooled(site, "AveragePooling2D", padded_with_zeros(site, _padding(site)))


@WINDOWS.writes(pooling.SumPooling)
def _sum_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.SumPooling)
    return f"{prod(site.layer.kernel)} * " + _pooled(site, "AveragePooling2D", padded_with_zeros(site, _padding(site)))


@WINDOWS.writes(pooling.CountPooling)
def _count_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.CountPooling)
    above = f'ops.cast({padded_with_zeros(site, _padding(site))} > {site.layer.threshold}, "float32")'
    return f"{prod(site.layer.kernel)} * " + _pooled(site, "AveragePooling2D", above)


@WINDOWS.writes(pooling.MedianPooling)
def _median_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.MedianPooling)
    window = {name: getattr(site.layer, name) for name in ("kernel", "stride", "padding")}
    return call("median_pool2d", site.x, **window)


@WINDOWS.writes(pooling.GlobalAveragePooling)
def _global_average_pooling(site: Site) -> str:
    return layer_call(site, "GlobalAveragePooling2D")


@WINDOWS.writes(pooling.GlobalMaxPooling)
def _global_max_pooling(site: Site) -> str:
    return layer_call(site, "GlobalMaxPooling2D")


@WINDOWS.writes(Upsampling)
def _upsampling(site: Site) -> str:
    assert isinstance(site.layer, Upsampling)
    named = {} if site.layer.mode == "nearest" else {"interpolation": '"bilinear"'}
    return layer_call(site, "UpSampling2D", short(site.layer.factor), **named)
