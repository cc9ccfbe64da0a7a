"""``nnstudio augment``: a picture of what augmentation makes of training pictures."""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnstudio.cli.loading import load
from nnstudio.cli.output import InputError, Printer, user_input
from nnstudio.cli.settings import changed
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.numpy.augment import preview
from nnstudio.files import atomic_write
from nnstudio.project import load_project
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import Given

GROUP = "augmentation"
GAP, PAPER = 2, 0.5
"""Pixels between pictures, and how bright they are."""
SMALLEST = 56
"""Smaller pictures are shown larger, until their shorter side has so many pixels."""
SHOWN = (1, 3)
"""Channels of a picture that can be seen: grey, or colours."""


def add_options(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(Augmentation.model_fields)
    parser.add_argument("file", nargs="?", metavar="FILE", help="a project file with the settings to start from")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help=f"a setting, such as rotate=10: {names}"
    )
    parser.add_argument("--seed", metavar="S", help="another seed shows other changes")
    parser.add_argument("--images", type=int, default=8, metavar="N", help="how many pictures, a row each (default 8)")
    parser.add_argument("--copies", type=int, default=11, metavar="N", help="how many copies of each (default 11)")
    parser.add_argument("--out", required=True, metavar="FILE", help="the PNG file to write")


def run(options: argparse.Namespace) -> int:
    with user_input():
        for name in ("images", "copies"):
            if getattr(options, name) < 1:
                raise InputError(f"--{name} (={getattr(options, name)}) must be at least 1.")
        if Path(options.out).suffix.lower() != ".png":
            raise InputError(f"--out (={options.out}) must end in .png.")
        settings = changed(load_project(options.file).settings if options.file else TrainingSettings(), _given(options))
        samples = load(options.data, quiet=options.json).train
        if samples.image_shape[0] not in SHOWN:
            raise InputError(f"“{options.data}” has {samples.image_shape[0]} channels; 1 or 3 can be shown.")
    images = samples.images[: options.images]
    atomic_write(options.out, _png(sheet(images, settings.augmentation, settings.seed, options.copies)))
    text = f"{options.out}: {len(images)} pictures of {options.data} with {options.copies} copies each"
    Printer(options.json).say(
        text, event="augmented", file=str(options.out), images=len(images), copies=options.copies,
        augmentation=settings.augmentation.model_dump(), seed=settings.seed,
    )  # fmt: skip
    return 0


def _given(options: argparse.Namespace) -> list[Given]:
    """What ``--set`` and ``--seed`` ask for; ``augmentation.rotate=10``, as for ``train``, will do too."""
    given = [Given(("seed",), options.seed, "--seed")] if options.seed is not None else []
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set (={text}) must be NAME=VALUE.")
        given.append(Given((GROUP, name.removeprefix(f"{GROUP}.")), value, f"--set {name}"))
    return given


def sheet(images: NDArray[np.generic], augmentation: Augmentation, seed: int, copies: int) -> NDArray[np.float32]:
    """A row for each of ``images`` (N, C, H, W): itself, and what it is in the first steps of training, as the batch.
    (C, height, width)."""
    steps = [preview(images, augmentation, seed, step) for step in range(copies)]
    rows = np.stack([preview(images, Augmentation()), *steps], axis=1)
    zoom = max(1, -(-SMALLEST // min(images.shape[2:])))
    rows = rows.repeat(zoom, axis=3).repeat(zoom, axis=4)
    framed = np.pad(rows, [(0, 0), (0, 0), (0, 0), (GAP, 0), (GAP, 0)], constant_values=PAPER)
    count, columns, channels, height, width = framed.shape
    whole = framed.transpose(2, 0, 3, 1, 4).reshape(channels, count * height, columns * width)
    return np.pad(whole, [(0, 0), (0, GAP), (0, GAP)], constant_values=PAPER).astype(np.float32, copy=False)


def _png(picture: NDArray[np.float32]) -> bytes:
    values = np.rint(picture.clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    file = BytesIO()
    Image.fromarray(values[:, :, 0] if values.shape[2] == 1 else values).save(file, format="PNG")
    return file.getvalue()
