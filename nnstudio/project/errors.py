"""What can go wrong with a project file."""

from __future__ import annotations

from nnstudio.errors import NNStudioError


class ProjectError(NNStudioError):
    """A project cannot be read: it is missing, damaged, hostile, or newer than this program."""
