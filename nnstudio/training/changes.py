"""What somebody changed, in a few words."""

from __future__ import annotations

from pydantic import BaseModel

from nnstudio.training.control import Adjustable


def changes_text(before: Adjustable, after: Adjustable) -> str:
    """Such as "learning rate 0.01 → 0.001, batch size 64 → 128"."""
    changes = _changed_fields(before.optimizer, after.optimizer)
    changes += _changed_fields(before.augmentation, after.augmentation)
    if before.batch_size != after.batch_size:
        changes.append(f"batch size {before.batch_size:,} → {after.batch_size:,}")
    return ", ".join(changes)


def _changed_fields(before: BaseModel, after: BaseModel) -> list[str]:
    """The fields of two declarations of one kind that differ, by their titles."""
    pairs = [(field.title or name, getattr(before, name), getattr(after, name))
             for name, field in type(before).model_fields.items()]  # fmt: skip
    return [f"{_uncapitalized(title)} {_text(old)} → {_text(new)}" for title, old, new in pairs if old != new]


def _uncapitalized(title: str) -> str:
    return title[0].lower() + title[1:] if title[0].isascii() else title


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
