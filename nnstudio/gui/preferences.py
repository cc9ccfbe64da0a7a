"""What the window remembers from one start to the next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from nnstudio.gui.theme import Scheme
from nnstudio.paths import config_dir

_MOST_RECENT = 8


class Preferences:
    """A thin, typed face of the settings file; anything missing or damaged reads as its default."""

    def __init__(self) -> None:
        self._settings = QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)

    @property
    def scheme(self) -> Scheme:
        value = self._settings.value("scheme", "system")
        return value if value in ("system", "light", "dark") else "system"

    @scheme.setter
    def scheme(self, scheme: Scheme) -> None:
        self._settings.setValue("scheme", scheme)

    @property
    def tunes_after_training(self) -> bool:
        return bool(self._settings.value("tune_after_training", True, type=bool))

    @tunes_after_training.setter
    def tunes_after_training(self, tunes: bool) -> None:
        self._settings.setValue("tune_after_training", tunes)

    @property
    def writes_tensorboard(self) -> bool:
        """Whether runs are written for TensorBoard too."""
        return bool(self._settings.value("tensorboard", False, bool))

    @writes_tensorboard.setter
    def writes_tensorboard(self, writes: bool) -> None:
        self._settings.setValue("tensorboard", writes)

    @property
    def shows_motion(self) -> bool:
        """Whether blocks are seen on the way to their places."""
        return bool(self._settings.value("motion", True, bool))

    def keep_motion(self, shows: bool) -> None:
        self._settings.setValue("motion", shows)

    @property
    def shows_map(self) -> bool:
        """Whether a small map stands in the corner of a large network."""
        return bool(self._settings.value("map", True, bool))

    def keep_map(self, shows: bool) -> None:
        self._settings.setValue("map", shows)

    @property
    def block_look(self) -> dict[str, object]:
        """What `keep_block_look` kept: for `BlockOptions.restore`."""
        return {key: self._settings.value(f"blocks/{key}") for key in _keys_below(self._settings, "blocks")}

    def keep_block_look(self, values: Mapping[str, bool | str]) -> None:
        """What `BlockOptions.plain` gives."""
        for name, value in values.items():
            self._settings.setValue(f"blocks/{name}", value)

    @property
    def recent_files(self) -> list[Path]:
        """The newest first; files that are gone are left out."""
        value = self._settings.value("recent", [])
        names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [path for name in names if (path := Path(str(name))).is_file()]

    def add_recent(self, path: Path) -> None:
        names = [str(path), *(str(other) for other in self.recent_files if other != path)]
        self._settings.setValue("recent", names[:_MOST_RECENT])

    def layout(self, name: str) -> QByteArray | None:
        """What `keep_layout` kept: a window's geometry, a workspace's arrangement."""
        value = self._settings.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else None

    def keep_layout(self, name: str, state: QByteArray) -> None:
        self._settings.setValue(f"layout/{name}", state)

    def forget_layout(self, name: str) -> None:
        self._settings.remove(f"layout/{name}")


def _keys_below(settings: QSettings, group: str) -> list[str]:
    settings.beginGroup(group)
    keys = settings.childKeys()
    settings.endGroup()
    return keys
