"""The doctor: hears everything that a trainer says, and speaks when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nnstudio.network import NetworkSpec
from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.data_facts import DataFacts
from nnstudio.training.doctor.finding import Finding, Severity
from nnstudio.training.doctor.rules import RULES, Rule
from nnstudio.training.events import (
    DeviceChanged,
    EpochDone,
    Event,
    Judged,
    Measured,
    Paused,
    SettingsChanged,
    Started,
    Steps,
)
from nnstudio.training.settings import TrainingSettings

_RULES = {rule.cause: rule for rule in RULES}
MUCH_WORSE = 2.0
"""The figures of a finding are renewed when its extent has grown so many times."""


class Doctor:
    """Watches one run of the flat network ``spec``; ``origin`` says what each of its layers is called in the designer.

    Never nags: there is one finding for each cause, which is told once, and again only when it has become more severe.
    Its figures are renewed in silence when it has become much worse. It is withdrawn when its rule has been silent for
    a while, and gone for the rest of the run once it was dismissed. A cause that explains another keeps that one
    silent; of two that explain each other the first has the word.
    """

    def __init__(self, spec: NetworkSpec, settings: TrainingSettings, origin: Mapping[str, str] | None = None) -> None:
        self.chart = Chart(spec, settings, origin)
        self.dismissed: set[str] = set()
        self._present: dict[str, Finding] = {}
        self._silent: dict[str, int] = {}
        """How often the rule of a present finding has been silent in a row."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong now, the worst first."""
        shown = [finding for cause, finding in self._present.items() if not self._is_hidden(cause)]
        return tuple(sorted(shown, key=lambda finding: -finding.severity))

    def hear(self, event: Event) -> list[Finding]:
        """Findings that are new after this event, or more severe than when they were last told."""
        before = self._told()
        self._note(event)
        for rule in RULES:
            if isinstance(event, rule.after):
                self._examine(rule)
        return self._new(before)

    def learn_about_data(self, facts: DataFacts) -> list[Finding]:
        """As ``hear``, of what was found out about the data."""
        before = self._told()
        self.chart.facts = facts
        for rule in RULES:
            if DataFacts in rule.after:
                self._examine(rule)
        return self._new(before)

    def adapt(self, settings: TrainingSettings) -> None:
        """Other settings hold from now on."""
        chart, before = self.chart, self.chart.settings
        if settings == before:
            return
        if settings.batch_size != before.batch_size:
            images = chart.steps_per_epoch * chart.batch_size
            chart.batch_size = settings.batch_size
            chart.steps_per_epoch = -(-images // settings.batch_size)
        chart.settings = settings
        chart.change(chart.step)

    def dismiss(self, cause: str) -> None:
        """Say no more about this in this run."""
        self.dismissed.add(cause)
        self._present.pop(cause, None)

    def _note(self, event: Event) -> None:
        chart = self.chart
        match event:
            case Started():
                chart.batch_size, chart.steps_per_epoch = event.batch_size, event.steps_per_epoch
                chart.epochs_planned, chart.rate = event.epochs, event.learning_rate
            case Steps():
                chart.note_steps(event.step, event.losses.tolist(), event.learning_rate)
            case Measured():
                chart.note_reading(event)
            case Judged():
                chart.judged[event.part] = event
            case EpochDone():
                chart.epochs.append(event)
            case SettingsChanged():
                chart.change(event.step)
            case DeviceChanged():
                chart.go_back(event.step)
            case Paused() if event.reason:
                chart.go_back(event.step)
                chart.breakdown = event

    def _examine(self, rule: Rule) -> None:
        found = None if rule.cause in self.dismissed else rule.examine(self.chart)
        told = self._present.get(rule.cause)
        if found is None:
            self._withdraw(rule)
            return
        self._silent[rule.cause] = 0
        if told is None or found.severity > told.severity or found.extent >= MUCH_WORSE * told.extent:
            self._present[rule.cause] = replace(found, cause=rule.cause, step=self.chart.step)

    def _withdraw(self, rule: Rule) -> None:
        """Only after some silence: what comes and goes at a threshold would nag."""
        if rule.judges_measurements and not self.chart.agreed:
            return  # too little has been measured since the last change to say that it is cured
        self._silent[rule.cause] = self._silent.get(rule.cause, 0) + 1
        if self._silent[rule.cause] >= rule.patience:
            self._present.pop(rule.cause, None)

    def _told(self) -> dict[str, Severity]:
        """How severe what is shown is, by its cause."""
        return {finding.cause: finding.severity for finding in self.findings}

    def _new(self, before: Mapping[str, Severity]) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity > before.get(finding.cause, 0)]

    def _is_hidden(self, cause: str) -> bool:
        order = list(self._present)
        return any(
            cause not in _RULES[other].explained_by or order.index(other) < order.index(cause)
            for other in _RULES[cause].explained_by.intersection(order)
        )

    @property
    def worst(self) -> Severity | None:
        findings = self.findings
        return findings[0].severity if findings else None
