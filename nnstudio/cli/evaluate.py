"""``nnstudio evaluate``: how good a trained network is on a data set."""

from __future__ import annotations

import argparse

from nnstudio.cli.loading import load, load_trained
from nnstudio.cli.output import Printer, share, user_input
from nnstudio.engine.devices import open_backend
from nnstudio.engine.plan import compile_plan
from nnstudio.training.trainer import require_fit

BATCH_SIZE = 256


def run(options: argparse.Namespace) -> int:
    with user_input():
        project, parameters = load_trained(options.file)
        plan = compile_plan(project.spec, loss=project.settings.loss)
        dataset = load(options.data, quiet=options.json)
        require_fit(plan, dataset)
        backend = open_backend(options.device)
    samples = dataset.test or dataset.validation
    # Without one that fits, `prepare` says what is in the way.
    executable = backend.prepare(plan, batch_size=min(BATCH_SIZE, backend.largest_batch(plan) or 1))
    try:
        executable.write_parameters(parameters)
        result = executable.evaluate(samples.images, samples.labels)
    finally:
        executable.close()
    right = "" if share(result.accuracy) is None else f"{result.accuracy:.2%} right, "
    Printer(options.json).say(
        f"{right}mean loss {result.loss:.4f} for {result.count:,} pictures of {dataset.name}",
        event="evaluated",
        data=dataset.name,
        part="test" if dataset.test else "validation",
        accuracy=result.accuracy,
        loss=result.loss,
        count=result.count,
        device=backend.name,
    )
    return 0
