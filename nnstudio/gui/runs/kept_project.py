"""A kept run as a project that can be put on the desk."""

from __future__ import annotations

from math import isfinite

from pydantic import ValidationError

from nnstudio.network import NetworkSpec
from nnstudio.project import Metadata, Project
from nnstudio.project.weights import decode
from nnstudio.training.runs import RunStore, RunStoreError
from nnstudio.training.settings import TrainingSettings


def kept_project(store: RunStore, uuid: str) -> Project:
    """The network, the settings and the weights of a run; without weights where none were kept.

    Raises an `NNStudioError` where the run is gone, or is not what this program can read.
    """
    documents = store.documents(uuid)
    run = documents.run
    spec = NetworkSpec.from_json(documents.network)
    try:
        settings = TrainingSettings.model_validate_json(documents.settings)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise RunStoreError(
            f"The settings of “{run.name}” are of another version of NN Studio: this one does not know “{place}”.",
            f"Open it with version {run.program}.",
        ) from error
    weights = store.weights_of(uuid)
    parameters = decode(spec, weights)[0] if weights is not None else None
    accuracy = run.test_accuracy if run.test_accuracy is not None and isfinite(run.test_accuracy) else None
    metadata = Metadata(
        program_version=run.program, dataset=run.dataset, class_names=run.class_names, steps=run.step,
        test_accuracy=accuracy, device=run.device,
    )  # fmt: skip
    return Project(spec, settings, parameters, metadata)
