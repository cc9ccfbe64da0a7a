"""The project file: a network, how it is trained, what it has learned, and where that came from."""

from __future__ import annotations

from nnstudio.project.errors import ProjectError
from nnstudio.project.model import Metadata, Project
from nnstudio.project.store import SUFFIX, load_project, save_project

__all__ = ["SUFFIX", "Metadata", "Project", "ProjectError", "load_project", "save_project"]
