"""Saving and loading projects: a zip of readable JSON and safetensors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from nnstudio.files import atomic_write
from nnstudio.network import NetworkSpec, SpecError
from nnstudio.project.archive import Archive, pack
from nnstudio.project.errors import ProjectError
from nnstudio.project.migrate import FORMAT_VERSION, migrate
from nnstudio.project.model import Metadata, Project
from nnstudio.project.weights import decode, encode, most_bytes
from nnstudio.training.settings import TrainingSettings

SUFFIX = ".nnstudio"
FORMAT = "nnstudio-project"
PROJECT, NETWORK, SETTINGS, WEIGHTS = "project.json", "network.json", "settings.json", "weights.safetensors"
MOST_JSON_BYTES = 4 * 2**20
"""Four times what a network of the greatest number of layers takes."""

_CHOOSE = "Choose a file that NN Studio has saved."
_OLDER = "Open a copy saved earlier."
_Model = TypeVar("_Model", bound=BaseModel)


def save_project(path: str | os.PathLike[str], project: Project) -> None:
    """Write `project` to `path`, whole or not at all.

    Raises `WriteError` when the place does not take it, `ProjectError` when the weights are not those of the network.
    """
    atomic_write(path, pack(project_parts(project)))


def project_parts(project: Project) -> dict[str, bytes]:
    """What a project's file consists of; `ProjectError` when the weights are not those of the network."""
    about = {"format": FORMAT, "format_version": FORMAT_VERSION, "metadata": project.metadata.model_dump(mode="json")}
    parts = {
        PROJECT: to_json(about),
        NETWORK: project.spec.to_json().encode(),
        SETTINGS: to_json(project.settings.model_dump(mode="json")),
    }
    if project.parameters is not None:
        parts[WEIGHTS] = encode(project.spec, project.parameters, project.muted)
    return parts


def load_project(path: str | os.PathLike[str]) -> Project:
    """Read a project, or a bare network saved as JSON. Whatever is wrong with the file, it is a `ProjectError`."""
    try:
        with Path(path).open("rb") as file:
            return _read(file)
    except ProjectError as error:
        raise ProjectError(f"“{Path(path).name}” cannot be opened. {error.message}", error.hint) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProjectError(f"“{path}” cannot be opened: {reason}.", "Choose a project of NN Studio.") from error


def _read(file: BinaryIO) -> Project:
    begin = file.read(2)
    file.seek(0)
    if begin == b"PK":
        return read_project(Archive(file))
    text = file.read(MOST_JSON_BYTES + 1)
    if len(text) > MOST_JSON_BYTES or not text.lstrip().startswith(b"{"):
        raise ProjectError("It is neither a project nor a network of NN Studio.", _CHOOSE)
    spec = read_network(text)
    return Project(spec, TrainingSettings().fitting(spec))


def read_project(archive: Archive) -> Project:
    """The project in an open archive, whatever else is in there; `ProjectError` says what is wrong with it."""
    documents = {"project": read_document(archive, PROJECT), "settings": read_document(archive, SETTINGS)}
    if documents["project"].get("format") != FORMAT:
        raise ProjectError("It is not a project of NN Studio.", _CHOOSE)
    documents = migrate(documents)
    spec = read_network(archive.read(NETWORK, MOST_JSON_BYTES))
    weights = decode(spec, archive.read(WEIGHTS, most_bytes(spec))) if WEIGHTS in archive else None
    parameters, muted = weights or (None, {})
    return Project(
        spec,
        to_model(TrainingSettings, documents["settings"], SETTINGS),
        parameters,
        to_model(Metadata, documents["project"].get("metadata", {}), PROJECT),
        muted,
    )


def read_network(text: bytes) -> NetworkSpec:
    """A network from its JSON; a `ProjectError` where it is none."""
    try:
        return NetworkSpec.from_json(text)
    except SpecError as error:
        raise ProjectError(error.message, error.hint) from error


def read_document(archive: Archive, name: str) -> dict[str, Any]:
    """The JSON object that the part `name` holds."""
    try:
        document = json.loads(archive.read(name, MOST_JSON_BYTES))
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"The project's part “{name}” is not readable JSON.", _OLDER) from error
    if not isinstance(document, dict):
        raise ProjectError(f"The project's part “{name}” is not what NN Studio writes.", _OLDER)
    return document


def to_model(kind: type[_Model], document: Any, name: str) -> _Model:
    """The `document` of the part `name` as a model; what does not fit is a `ProjectError`."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ProjectError(f"The project's part “{name}” is damaged at “{place}”: {first['msg']}.") from error


def to_json(document: dict[str, Any]) -> bytes:
    """Readable JSON, as all documents in a project are kept."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
