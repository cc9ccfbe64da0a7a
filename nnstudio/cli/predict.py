"""``nnstudio predict``: what a trained network sees in pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnstudio.cli.loading import load_trained
from nnstudio.cli.output import InputError, Printer, user_input
from nnstudio.data.photo import ink_from_photo, open_picture
from nnstudio.data.preprocess import normalise_ink
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.network import Shape

DIGIT_SHAPE = (1, 28, 28)


def run(options: argparse.Namespace) -> int:
    if options.top < 1:
        raise InputError(f"--top (={options.top}) must be at least 1.")
    with user_input():
        project, parameters = load_trained(options.file)
        plan = compile_plan(project.spec)
        if not plan.classes:
            raise InputError(f"“{project.spec.name}” answers with pictures and tells no classes apart.")
        pictures = np.stack([picture(path, plan.input.shape) for path in options.images])
    executable = NumpyBackend().prepare(plan, batch_size=min(len(pictures), 64))
    executable.write_parameters(parameters)
    names = project.metadata.class_names or tuple(str(index) for index in range(plan.classes))
    printer = Printer(options.json)
    answers_of_all = executable.predict(pictures)
    if plan.output.size < plan.classes:  # a single yes or no
        answers_of_all = np.hstack([1 - answers_of_all, answers_of_all])
    for path, probabilities in zip(options.images, answers_of_all, strict=True):
        best = np.argsort(-probabilities, kind="stable")[: options.top]
        answers = [{"class": names[index], "probability": float(probabilities[index])} for index in best]
        text = ", ".join(f"{answer['class']} ({answer['probability']:.1%})" for answer in answers)
        printer.say(f"{path}: {text}", event="prediction", image=str(path), predictions=answers)
    executable.close()
    return 0


def picture(path: str | Path, shape: Shape) -> NDArray[np.uint8]:
    """A picture file as the network takes it, values 0..255: a digit's ink normalised, anything else scaled to fit."""
    if shape == DIGIT_SHAPE:
        return normalise_ink(ink_from_photo(path))[None]
    channels, height, width = shape
    if channels not in (1, 3):
        raise InputError(
            f"The network takes pictures with {channels} channels.", "Only 1 (grey) or 3 (colour) can be read."
        )
    image = (
        open_picture(path).convert("L" if channels == 1 else "RGB").resize((width, height), Image.Resampling.LANCZOS)
    )
    return np.asarray(image, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
