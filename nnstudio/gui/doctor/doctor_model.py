"""The doctor as the window sees it: findings, what was done about them, and a way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from nnstudio.engine.plan import PlanError
from nnstudio.gui.doctor.data_check import DataCheck
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.network import NetworkSpec, SpecError
from nnstudio.training.doctor import DataFacts, Doctor, Finding, Remedy, Severity
from nnstudio.training.events import Event, Started
from nnstudio.training.settings import TrainingSettings


@dataclass(frozen=True)
class Treatment:
    """What was done about a finding: the settings or the network before and after it."""

    title: str
    now: bool
    """Whether the running training has it; otherwise the next one will."""
    settings: tuple[TrainingSettings, TrainingSettings] | None = None
    network: tuple[NetworkSpec, NetworkSpec] | None = None


class DoctorModel(QObject):
    """Lets a `Doctor` hear each run, and gives the remedies that a person chooses.

    What it does can be taken back: an edit of the network is a step of the undo stack, other settings are put back.
    """

    changed = Signal()
    """Findings, or what was done about them."""
    worst = Signal(object, int)
    """For a badge: the `Severity` of the worst finding (``None``: there is none), and how many there are."""
    refused = Signal(str)
    """Why a remedy cannot be had any more."""

    def __init__(
        self,
        network: NetworkModel,
        training: TrainingModel,
        *,
        check: DataCheck | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._training = network, training
        self._check = check or DataCheck()
        self._check.setParent(self)
        self._doctor: Doctor | None = None
        self._badge: tuple[Severity | None, int] = (None, 0)
        self._dataset = ""
        self.findings: tuple[Finding, ...] = ()
        """The worst first."""
        self.treatments: dict[str, Treatment] = {}
        """The last one of each finding, by its cause, as long as it can be taken back or tells something."""
        self.rewind: Callable[[int], object] | None = None
        """Brings the weights of a step back, where the window has something that can."""
        training.stateChanged.connect(self._begin)
        training.eventArrived.connect(self._hear)
        training.settingsChanged.connect(self._adapt)
        network.specChanged.connect(lambda _: self.changed.emit())  # an edit may be undone elsewhere
        self._check.found.connect(self._learn_about_data)

    @property
    def watching(self) -> bool:
        """Whether there is, or was, a run to judge."""
        return self._doctor is not None

    def remedies(self, finding: Finding) -> tuple[Remedy, ...]:
        """Those that are possible here."""
        return tuple(remedy for remedy in finding.remedies if remedy.rewind is None or self.rewind)

    # ---- what a person chooses

    def apply(self, finding: Finding, remedy: Remedy) -> None:
        """Do what a remedy says."""
        treatment = Treatment(remedy.title, remedy.takes_effect_now(self._training.settings))
        if remedy.network:
            before = self._network.spec
            try:
                after = remedy.network(before)
            except SpecError as error:
                self.refused.emit(f"“{remedy.title}” is not possible any more. {error.message}")
                return
            self._network.edit(remedy.title, after)
            treatment = replace(treatment, network=(before, after), now=False)
        if remedy.rewind is not None and self.rewind:
            self.rewind(remedy.rewind)
        if remedy.settings:
            settings = self._training.settings
            treatment = replace(treatment, settings=(settings, remedy.settings(settings)))
            self._training.set_settings(remedy.settings(settings))
        self.treatments[finding.cause] = treatment
        if remedy.go_on and self._training.state is TrainingPhase.PAUSED:
            self._training.play()
        self.changed.emit()

    def can_undo(self, cause: str) -> bool:
        """Whether what was done about a finding can be taken back: a network only until it was changed again."""
        treatment = self.treatments.get(cause)
        if treatment is None:
            return False
        return treatment.settings is not None or self._is_last_edit(treatment)

    def undo(self, cause: str) -> None:
        """Take back what was done about a finding; settings that were changed since otherwise stay."""
        treatment = self.treatments.pop(cause)
        if treatment.network and self._is_last_edit(treatment):
            self._network.undo_stack.undo()
        if treatment.settings:
            before, after = treatment.settings
            changed = {name for name, value in before if value != getattr(after, name)}
            back = {name: getattr(before, name) for name in changed}
            self._training.set_settings(self._training.settings.model_copy(update=back))
        self.changed.emit()

    def dismiss(self, cause: str) -> None:
        """Say no more about this in this run."""
        if self._doctor:
            self._doctor.dismiss(cause)
            self._show()

    def shut_down(self) -> None:
        """End what goes on in the background; for the end of the program."""
        self._check.shut_down()

    # ---- what training says

    def _begin(self, phase: TrainingPhase) -> None:
        """A run begins; one that goes on with what was learned keeps what was dismissed."""
        if phase is not TrainingPhase.PREPARING:
            return
        dismissed = self._doctor.dismissed if self._doctor and self._training.from_current else set()
        try:
            self._doctor = Doctor(self._network.flat, self._training.settings, self._network.origin)
        except PlanError:
            self._doctor = None  # the trainer will say why this network cannot be trained
        else:
            self._doctor.dismissed |= dismissed
        self.treatments.clear()
        self._show()

    def _hear(self, event: Event) -> None:
        if self._doctor is None:
            return
        self._doctor.hear(event)
        if isinstance(event, Started):
            self._dataset = self._training.dataset
            self._check.begin(self._dataset)
        self._show_if_other()

    def _adapt(self, settings: TrainingSettings) -> None:
        if self._doctor and self._training.active:
            self._doctor.adapt(settings)

    def _learn_about_data(self, name: str, facts: DataFacts) -> None:
        if self._doctor and name == self._dataset:
            self._doctor.learn_about_data(facts)
            self._show_if_other()

    def _show_if_other(self) -> None:
        if self._doctor and self._doctor.findings != self.findings:
            self._show()

    def _show(self) -> None:
        self.findings = self._doctor.findings if self._doctor else ()
        present = {finding.cause for finding in self.findings}
        self.treatments = {cause: done for cause, done in self.treatments.items() if cause in present}
        self.changed.emit()
        badge = (self.findings[0].severity if self.findings else None, len(self.findings))
        if badge != self._badge:
            self._badge = badge
            self.worst.emit(*badge)

    def _is_last_edit(self, treatment: Treatment) -> bool:
        if treatment.network is None:
            return False
        stack = self._network.undo_stack
        return self._network.spec == treatment.network[1] and stack.canUndo() and stack.undoText() == treatment.title
