"""What a person chooses before training."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from nnstudio.engine.initializers import Initializer
from nnstudio.engine.losses import CrossEntropy, Loss
from nnstudio.engine.optimizers import Adam, Optimizer


class TrainingSettings(BaseModel):
    """How to train; saved with a project and shown as a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(
        3, ge=1, le=100_000, title="Epochs", description="How many times the network sees the whole training set."
    )
    batch_size: int = Field(
        64,
        ge=1,
        le=65_536,
        title="Batch size",
        description="Pictures looked at before each step.",
        json_schema_extra={"unit": "images"},
    )
    optimizer: Optimizer = Field(Adam(), title="Optimizer", description="The rule that turns gradients into steps.")
    loss: Loss = Field(CrossEntropy(), title="Loss", description="What training makes small.")
    initializer: Initializer = Field(Initializer.HE_NORMAL, title="Initial weights", description="How weights begin.")
    seed: int = Field(
        0, ge=0, lt=2**32, title="Seed", description="The same seed repeats a run exactly, on the same device."
    )

    def steps_per_epoch(self, images: int) -> int:
        """Batches that hold all ``images``; the last may be smaller."""
        return -(-images // self.batch_size)
