"""A network as an immutable value, with its format as JSON."""

from __future__ import annotations

import json
from typing import Self

from pydantic import ValidationError

from nnstudio.network.edits import EditableGraph
from nnstudio.network.nodes import SpecError, first_complaint

FORMAT = "nnstudio-network"
FORMAT_VERSION = 2
"""Version 1 had no muted layers, blocks and places on the canvas; reading it needs no more than their defaults."""


class NetworkSpec(EditableGraph):
    """Nodes, connections and groups: to be looked at (`Graph`), edited (`EditableGraph`), written and read."""

    def to_json(self) -> str:
        """Readable JSON with a format version."""
        document = {"format": FORMAT, "format_version": FORMAT_VERSION, **self.model_dump(mode="json")}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what ``to_json`` wrote; ``SpecError`` says in one sentence what is wrong with anything else."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SpecError(f"This is not a network file: it is not readable JSON ({error}).") from error
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            raise SpecError("This is not a network file of NN Studio.", "Choose a file that NN Studio has saved.")
        version = document.pop("format_version", None)
        if type(version) is not int or version < 1:
            raise SpecError("The network file has no valid format version.")
        if version > FORMAT_VERSION:
            raise SpecError(
                f"The network file has format version {version}; this program reads up to {FORMAT_VERSION}.",
                "Update NN Studio.",
            )
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            place, message = first_complaint(error)
            raise SpecError(f"The network file is damaged at “{place}”: {message}.") from error
