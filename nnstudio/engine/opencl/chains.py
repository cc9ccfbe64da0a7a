"""Fewer launches: on a CPU a small step is done sooner when work that needs no waiting is launched together.

Work that goes image by image needs no waiting between one op and the next: in a chain, one launch, each work-item takes
its block of images through all ops, and what they say to each other stays in its core's cache. Sums over images, which
only the optimizer waits for, are done side by side in one more launch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import Launch


def merged(launches: Sequence[Launch], frame: Frame, name: str) -> tuple[Launch, ...]:
    """The same work in fewer launches, when that pays; their kernels' names begin with ``name``."""
    if not frame.chained:
        return tuple(launches)
    waits = [launch for launch in launches if not launch.by_image and launch.for_update]
    # A sum in several parts comes before the launch that adds the parts.
    in_parts = [launch for launch in waits if launch.size[2] > 1]
    whole = [launch for launch in waits if launch.size[2] == 1]
    steps = [launch for launch in launches if launch not in waits]
    chains: list[Launch] = []
    for by_image, run in groupby(steps, key=lambda launch: launch.by_image):
        links = tuple(run)
        chains += [_chain(f"{name}_chain{len(chains)}", links, frame)] if by_image and len(links) > 1 else links
    return (*chains, *in_parts, *([_side_by_side(f"{name}_sums", whole, frame)] if len(whole) > 1 else whole))


def _chain(kernel: str, links: tuple[Launch, ...], frame: Frame) -> Launch:
    chain = frame.over_images(kernel, 1, *_arguments(links), work=sum(link.work for link in links))
    return replace(chain, links=links)


def _side_by_side(kernel: str, links: Sequence[Launch], frame: Frame) -> Launch:
    tiles = sum(link.size[1] for link in links)
    launch = frame.over(kernel, tiles, *_arguments(links), work=sum(link.work for link in links))
    return replace(launch, links=tuple(links))


def _arguments(links: Sequence[Launch]) -> list[str]:
    return list(dict.fromkeys(name for link in links for name in link.arguments))
