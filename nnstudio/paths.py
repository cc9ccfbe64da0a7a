"""Where things stand: what is shipped with the program, and what it keeps for its user.

`kernels/` and `resources/` stand beside the package in a checkout; in an installed wheel they are inside it, under
`_shipped/`. Each folder for the user's files can be moved by an environment variable, which the tests use.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent
_WHEEL = _PACKAGE / "_shipped"
_SHIPPED = _WHEEL if _WHEEL.is_dir() else _PACKAGE.parent


def kernels_dir() -> Path:
    """The OpenCL sources, read-only."""
    return _SHIPPED / "kernels"


def resources_dir() -> Path:
    """Presets, trained models, icons and lessons, read-only."""
    return _SHIPPED / "resources"


def cache_dir() -> Path:
    """What can be made or fetched again: data sets, probe results, compiled programs."""
    return _user_dir("NNSTUDIO_CACHE_DIR", platformdirs.user_cache_dir("nnstudio", appauthor=False))


def config_dir() -> Path:
    """The user's settings."""
    return _user_dir("NNSTUDIO_CONFIG_DIR", platformdirs.user_config_dir("nnstudio", appauthor=False))


def user_data_dir() -> Path:
    """What the user would miss: recovered projects, recent files."""
    return _user_dir("NNSTUDIO_DATA_DIR", platformdirs.user_data_dir("nnstudio", appauthor=False))


def _user_dir(variable: str, default: str) -> Path:
    """Not made here: whoever writes makes it (`files.atomic_write` does)."""
    return Path(os.environ.get(variable) or default)
