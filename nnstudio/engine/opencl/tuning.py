"""What the tuner found out about devices, kept in the user's cache: a file for each device, driver and state of the
kernels."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyopencl as cl
from pydantic import TypeAdapter, ValidationError

from nnstudio.engine.opencl.platforms import device_name, platform_name
from nnstudio.engine.opencl.sources import kernels_hash
from nnstudio.engine.opencl.tiles import Tile
from nnstudio.files import atomic_write
from nnstudio.paths import cache_dir


def known_tiles(device: cl.Device) -> dict[str, Tile]:
    """The fastest tiles by their question's key; none when the file is damaged."""
    try:
        return TypeAdapter(dict[str, Tile]).validate_json(_path(device).read_bytes())
    except (OSError, ValidationError):
        return {}


def remember(device: cl.Device, tiles: dict[str, Tile]) -> None:
    """Add to what is known. ``WriteError`` when that is not possible."""
    path = _path(device)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, json.dumps(known_tiles(device) | tiles, indent=1, sort_keys=True) + "\n")


def _path(device: cl.Device) -> Path:
    identity = [platform_name(device), device_name(device), device.driver_version, device.version, kernels_hash()]
    digest = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16]
    return cache_dir() / "tuning" / f"{digest}.json"
