"""What a person chooses before training."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.initializers import Initializer
from nnstudio.engine.losses import CrossEntropy, Loss, fitting_loss
from nnstudio.engine.optimizers import Adam, Optimizer
from nnstudio.engine.schedules import Constant, Schedule
from nnstudio.network import Family, NetworkSpec


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
    schedule: Schedule = Field(
        Constant(), title="Schedule", description="How the learning rate changes in the course of training."
    )
    loss: Loss = Field(CrossEntropy(), title="Loss", description="What training makes small.")
    augmentation: Augmentation = Field(
        Augmentation(),
        title="Augmentation",
        description="Random changes of each picture while training, so that the network learns what does not matter.",
    )
    initializer: Initializer = Field(Initializer.HE_NORMAL, title="Initial weights", description="How weights begin.")
    early_stopping: int = Field(
        0,
        ge=0,
        le=100_000,
        title="Early stopping",
        description="Epochs without a better validation loss after which training stops; the best weights come back. "
        "0: never.",
        json_schema_extra={"unit": "epochs"},
    )
    seed: int = Field(
        0, ge=0, lt=2**32, title="Seed", description="The same seed repeats a run exactly, on the same device."
    )

    def steps_per_epoch(self, images: int) -> int:
        """Batches that hold all ``images``; the last may be smaller."""
        return -(-images // self.batch_size)

    def fitting(self, spec: NetworkSpec) -> Self:
        """These settings where the loss can judge what ``spec`` answers, else with the first loss that can."""
        outputs = [node.layer for node in spec.nodes if node.layer.family is Family.OUTPUT]
        if not outputs or self.loss.judges(outputs[0]):
            return self
        return self.model_copy(update={"loss": fitting_loss(outputs[0])})
