"""Bringing older project files up to date, one version at a time.

When the format changes: raise `FORMAT_VERSION`, and write the function that turns the documents of the version before
into those of the new one. The network inside carries a version of its own and is read by `NetworkSpec.from_json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnstudio.project.errors import ProjectError

Documents = dict[str, Any]
"""The project's JSON parts by name: `project` and `settings`."""
Step = Callable[[Documents], Documents]


def _loss_with_settings(documents: Documents) -> Documents:
    """Version 1 had losses without settings: only their kind."""
    settings = documents["settings"]
    if isinstance(settings.get("loss"), str):
        settings = {**settings, "loss": {"kind": settings["loss"]}}
    return {**documents, "settings": settings}


FORMAT_VERSION = 2
STEPS: Mapping[int, Step] = {1: _loss_with_settings}
"""`STEPS[n]` makes version n + 1 of version n. Version 1 is the first."""


def migrate(documents: Documents, *, steps: Mapping[int, Step] = STEPS, newest: int = FORMAT_VERSION) -> Documents:
    """`documents` as version `newest` would have written them."""
    version = documents["project"].get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ProjectError("The project has no valid format version.", "Open a copy saved earlier.")
    if version > newest:
        raise ProjectError(
            f"The project was saved by a newer NN Studio (format {version}; this one reads up to {newest}).",
            "Update NN Studio.",
        )
    for number in range(version, newest):
        documents = steps[number](documents)
    return documents
