"""Fewer launches: on a CPU a small step is done sooner when work that needs no waiting is launched together.

Work that goes image by image needs no waiting between one op and the next: in a chain, one launch, each work-item takes
its block of images through all ops, and what they say to each other stays in its core's cache. Sums over images, which
only the optimizer waits for, are done side by side in one more launch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Launch

MOST_ARGUMENTS = 100
"""A kernel may have 1,024 bytes of them (OpenCL 1.2, CL_DEVICE_MAX_PARAMETER_SIZE), and most are pointers of 8."""


def merged(launches: Sequence[Launch], frame: Frame, name: str) -> tuple[Launch, ...]:
    """The same work in fewer launches, when that pays; their kernels' names begin with ``name``."""
    if not frame.chained:
        return tuple(launches)
    waits = [launch for launch in launches if not launch.by_image and launch.for_update]
    steps = [launch for launch in launches if launch not in waits]
    done: list[Launch] = []
    for by_image, run in groupby(steps, key=lambda launch: launch.by_image):
        for links in _few_arguments(run) if by_image else ((launch,) for launch in run):
            done.append(_merged_launch(f"{name}{len(done)}", links, frame))
    for links in _few_arguments(waits):
        done.append(_merged_launch(f"{name}{len(done)}", links, frame))
    return tuple(done)


def _few_arguments(launches: Iterable[Launch]) -> Iterator[tuple[Launch, ...]]:
    """Launches together that have no more arguments than a kernel can."""
    links: tuple[Launch, ...] = ()
    for launch in launches:
        if links and len(_arguments((*links, launch))) > MOST_ARGUMENTS:
            yield links
            links = ()
        links = (*links, launch)
    if links:
        yield links


def _merged_launch(kernel: str, links: tuple[Launch, ...], frame: Frame) -> Launch:
    """One after the other for each block of images, or side by side."""
    if len(links) == 1:
        return links[0]
    arguments, work = _arguments(links), sum(link.work for link in links)
    if links[0].by_image:
        return replace(frame.over_images(kernel, 1, *arguments, work=work), links=links)
    return replace(frame.over(kernel, sum(link.size[1] for link in links), *arguments, work=work), links=links)


def _arguments(links: Sequence[Launch]) -> list[str]:
    return list(dict.fromkeys(name for link in links for name in link.arguments))
