"""Windows on pictures: what they see and what they miss."""

from __future__ import annotations

from collections.abc import Iterator

from nnstudio.network.facts import Facts
from nnstudio.network.layers import Family, Layer
from nnstudio.network.layers.base import Window, pair_text
from nnstudio.network.problems import Finding
from nnstudio.network.repairs import Repair, change, take_out


def pixels_that_nobody_looks_at(facts: Facts) -> Iterator[Finding]:
    """A stride longer than the window: rows and columns between two places of it are never looked at.

    A layer that skips pixels is fine where a neighbour on another path sees them, as beside the strided 1×1
    convolutions of ResNet's shortcuts.
    """
    for name, layer in facts.layers.items():
        window = layer.window()
        if window is None or not any(map(_may_skip, window.kernel, window.stride, window.dilation)):
            continue
        report, source = facts.reports[name], facts.source(name)
        seen = _share_seen(window, report.inputs[0][1:], report.output[1:])
        others = [facts.layers[target] for target in facts.targets[source] if target != name] if source else []
        if seen == 1 or any(_sees_everything(other) for other in others):
            continue
        message = (
            f"kernel {pair_text(window.kernel)} with stride {pair_text(window.stride)} never looks at {1 - seen:.0%} "
            "of its input"
        )
        yield facts.warn(name, message, "use a larger kernel or a smaller stride", *_wider(facts, name, window))


def _may_skip(kernel: int, stride: int, dilation: int) -> bool:
    return stride > kernel or (dilation > 1 and stride > 1)


def _sees_everything(layer: Layer) -> bool:
    window = layer.window()
    return window is None or not any(map(_may_skip, window.kernel, window.stride, window.dilation))


def _share_seen(window: Window, size: tuple[int, ...], places: tuple[int, ...]) -> float:
    """Of the pixels from the first that is looked at to the last; what the last stride leaves over does not count."""
    share = 1.0
    for axis in (0, 1):
        kernel, stride, padding, dilation = (pair[axis] for pair in window)
        seen = {
            row
            for place in range(places[axis])
            for row in range(place * stride - padding, place * stride - padding + kernel * dilation, dilation)
            if 0 <= row < size[axis]
        }
        if seen:
            share *= len(seen) / (max(seen) - min(seen) + 1)
    return share


def _wider(facts: Facts, name: str, window: Window) -> list[Repair]:
    """A window that reaches from one place to the next. Kernel and padding grow alike on both sides, so that the output
    keeps its size."""
    if window.dilation != (1, 1):
        return []
    more = [max(0, -(-(stride - kernel) // 2)) for kernel, stride in zip(window.kernel, window.stride, strict=True)]
    kernel = window.kernel[0] + 2 * more[0], window.kernel[1] + 2 * more[1]
    padding = window.padding[0] + more[0], window.padding[1] + more[1]
    title = f"Set the kernel to {pair_text(kernel)} with padding {pair_text(padding)}"
    settings = {"kernel": kernel, "padding": padding}
    return change(title, facts.origin[name], facts.layers[name], settings, certain=True)


def single_pixel_too_early(facts: Facts) -> Iterator[Finding]:
    """A window larger than one pixel slides over a picture of 1×1: all else that it sees is padding.

    What made the picture so small is to blame; where the network is given single pixels, the window is.
    """
    for name, layer in facts.layers.items():
        window = layer.window()
        if window is None or facts.reports[name].inputs[0][1:] != (1, 1) or window.kernel == (1, 1):
            continue
        culprit = next((before for before in facts.back_from(name) if _shrinks(facts, before)), None)
        one = f"{facts.origin[name]} with kernel {pair_text(window.kernel)}"
        settings = {"kernel": (1, 1), "padding": (0, 0), "stride": (1, 1), "dilation": (1, 1)}
        settings = {key: value for key, value in settings.items() if key in type(layer).model_fields}
        smaller = change(f"Set the kernel of {facts.origin[name]} to 1×1", facts.origin[name], layer, settings)
        if culprit is None:
            yield facts.warn(
                name,
                f"kernel {pair_text(window.kernel)} looks at a single pixel and padding",
                "use a kernel of 1×1",
                *smaller,
            )
        else:
            message = f"1×1 pixels are left too early: {one} behind it looks at one pixel and padding"
            repairs = [take_out(facts.origin[culprit])] if facts.layers[culprit].family is Family.POOLING else []
            hint = "make the picture smaller later, or use kernels of 1×1 from there on"
            yield facts.warn(culprit, message, hint, *repairs, *smaller)


def _shrinks(facts: Facts, name: str) -> bool:
    report = facts.reports[name]
    return bool(report.inputs) and report.output[1:] == (1, 1) != report.inputs[0][1:] and len(report.inputs[0]) == 3


def even_kernel_that_should_keep_the_size(facts: Facts) -> Iterator[Finding]:
    """An even kernel with padding and stride 1 makes the picture one pixel larger or smaller: it has no middle, so no
    padding keeps the size, and it shifts the picture by half a pixel."""
    for name, layer in facts.layers.items():
        window = layer.window()
        if window is None or window.stride != (1, 1) or window.dilation != (1, 1) or not any(window.padding):
            continue
        given, made = facts.reports[name].inputs[0][1:], facts.reports[name].output[1:]
        axes = zip(window.kernel, window.padding, given, made, strict=True)
        if not any(kernel % 2 == 0 and padding and abs(new - old) == 1 for kernel, padding, old, new in axes):
            continue
        odd = 2 * window.padding[0] + 1, 2 * window.padding[1] + 1
        before, after = (pair_text((size[0], size[1])) for size in (given, made))
        message = f"{before} pixels become {after}: an even kernel has no middle, so no padding keeps the size"
        repairs = change(f"Set the kernel to {pair_text(odd)}", facts.origin[name], layer, {"kernel": odd})
        yield facts.warn(name, message, f"use a kernel of {pair_text(odd)}", *repairs)


SEEN_AT_LEAST = 0.5
"""Of the picture's height and width, by each value that a global pooling averages."""


def sees_too_little_of_the_picture(facts: Facts) -> Iterator[Finding]:
    """The values that a global pooling sums up have each seen only a small part of the picture.

    Nothing behind it puts the parts together, so the network knows which patterns are there but not how they lie. With
    Flatten and a dense layer behind, or where the answer is itself a picture, a small view is no mistake.
    """
    for name in facts.of_family(Family.POOLING):
        source, report = facts.source(name), facts.reports[name]
        if (
            source is None
            or not facts.filters
            or len(report.output) != 1
            or len(report.inputs[0]) != 3
            or report.inputs[0][1:] == (1, 1)
        ):
            continue
        field = facts.reports[source].receptive_field
        (given,) = (facts.reports[first].output for first in facts.of_family(Family.INPUT))
        if field is None or all(seen >= SEEN_AT_LEAST * size for seen, size in zip(field, given[1:], strict=True)):
            continue
        message = (
            f"Each value that it sums up has seen {pair_text(field)} pixels of "
            f"{pair_text((given[1], given[2]))}: how larger things lie is lost"
        )
        yield facts.warn(name, message, "add convolutions, or a pooling or stride of 2 between them")
