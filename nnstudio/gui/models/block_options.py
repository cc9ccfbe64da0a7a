"""What blocks show beside name, kind, settings, output and parameters: a person’s choice, kept for the next start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QObject, Signal


class Measure(StrEnum):
    """What a block's bar shows its share of."""

    NONE = "none"
    PARAMETERS = "parameters"
    COMPUTE = "compute"
    MEMORY = "memory"


@dataclass(frozen=True)
class BlockLook:
    """Which further figures a block shows, what its bar measures, and whether its filters are seen."""

    multiply_adds: bool = False
    memory: bool = False
    receptive_field: bool = False
    share: Measure = Measure.PARAMETERS
    thumbnails: bool = True


PLAIN = BlockLook(share=Measure.NONE, thumbnails=False)
"""Nothing but what every block shows."""


class BlockOptions(QObject):
    """Holds the look that all blocks have."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = BlockLook()

    def choose(self, **choices: bool | Measure) -> None:
        """Change some of a look's fields, such as ``memory=True`` or ``share=Measure.COMPUTE``."""
        self._take(replace(self.look, **choices))  # type: ignore[arg-type]

    def toggle(self, name: str) -> None:
        """Show a figure, or the filters, or not any more."""
        self.choose(**{name: not getattr(self.look, name)})

    def plain(self) -> dict[str, bool | str]:
        """The look in values that a settings file can hold."""
        return {name: str(value) if isinstance(value, Measure) else value for name, value in asdict(self.look).items()}

    def restore(self, values: Mapping[str, object]) -> None:
        """Take what ``plain`` gave; what is missing has its default, and so has everything when a value means nothing.

        Settings files give truth as text: ``true`` and ``false``.
        """
        try:
            self._take(TypeAdapter(BlockLook).validate_python(dict(values)))
        except ValidationError:
            self._take(BlockLook())

    def _take(self, look: BlockLook) -> None:
        if look != self.look:
            self.look = look
            self.changed.emit()
