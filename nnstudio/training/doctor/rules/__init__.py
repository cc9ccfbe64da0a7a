"""All rules by which the doctor judges. Each is a function from the chart to a finding, or to ``None``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.data_facts import DataFacts
from nnstudio.training.doctor.finding import Finding
from nnstudio.training.doctor.rules.answers import class_imbalance, constant_answers
from nnstudio.training.doctor.rules.divergence import divergence
from nnstudio.training.doctor.rules.generalization import contaminated_validation, overfitting
from nnstudio.training.doctor.rules.gradients import exploding_gradients, vanishing_gradients, weights_too_small
from nnstudio.training.doctor.rules.progress import plateau, stuck_at_chance
from nnstudio.training.doctor.rules.rate import edge_of_stability, rate_too_small, updates_too_large, updates_too_small
from nnstudio.training.doctor.rules.silence import dead_rectifiers, layer_learns_nothing
from nnstudio.training.events import EpochDone, Judged, Measured, Paused, Steps


@dataclass(frozen=True)
class Rule:
    """When to ask ``examine`` (``after`` which events), and what makes it needless to say (causes that explain it).

    ``watches`` says in a few words what it looks at. A finding stays until the rule was silent ``patience`` times.
    """

    examine: Callable[[Chart], Finding | None]
    watches: str
    after: tuple[type, ...]
    explained_by: frozenset[str] = frozenset()
    patience: int = 3

    @property
    def cause(self) -> str:
        """Its name, which is that of the function."""
        return self.examine.__name__

    @property
    def judges_measurements(self) -> bool:
        """Whether it has nothing to say while there are too few measurements."""
        return self.after[0] is Measured


_BROKEN = frozenset({"divergence"})
_FAINT = _BROKEN | {"weights_too_small"}
_SILENT = _FAINT | {"dead_rectifiers"}
_STILL = _FAINT | {"rate_too_small", "updates_too_small"}
_WILD = _BROKEN | {"updates_too_large", "exploding_gradients"}
_TOO_FAST = _WILD | {"edge_of_stability"}

RULES = (
    Rule(divergence, "NaN and infinity", (Paused, Measured, Steps), patience=1),
    Rule(exploding_gradients, "exploding gradients", (Measured,), _BROKEN),
    Rule(updates_too_large, "size of the steps", (Measured,), _BROKEN | {"exploding_gradients"}),
    Rule(edge_of_stability, "jumps of the loss", (Measured, EpochDone), _WILD | {"dead_rectifiers"}),
    Rule(weights_too_small, "weights that began too small", (Measured,), _BROKEN),
    Rule(dead_rectifiers, "dead units", (Measured,), _FAINT | {"edge_of_stability"}),
    Rule(rate_too_small, "a loss that does not move", (Measured, EpochDone), _SILENT | {"updates_too_small"}),
    Rule(
        updates_too_small,
        "size of the steps",
        (Measured,),
        _SILENT | {"rate_too_small", "vanishing_gradients"},
    ),
    Rule(vanishing_gradients, "vanishing gradients", (Measured,), _STILL, patience=20),
    Rule(layer_learns_nothing, "layers that stand still", (Measured,), _SILENT | {"vanishing_gradients"}),
    Rule(
        constant_answers,
        "constant answers",
        (Judged,),
        _STILL | _SILENT | {"vanishing_gradients", "layer_learns_nothing"},
    ),
    Rule(
        stuck_at_chance,
        "answers no better than guessing",
        (EpochDone,),
        _STILL | _SILENT | _TOO_FAST | {"constant_answers", "vanishing_gradients", "layer_learns_nothing"},
    ),
    Rule(plateau, "progress", (EpochDone,), _STILL | _TOO_FAST | {"stuck_at_chance", "overfitting"}),
    Rule(overfitting, "learning by heart", (EpochDone,), _TOO_FAST, patience=10),
    Rule(class_imbalance, "rare classes", (Judged, DataFacts), patience=1),
    Rule(contaminated_validation, "copies among the validation pictures", (DataFacts,), patience=1),
)

WATCHED = tuple(dict.fromkeys(rule.watches for rule in RULES))
"""What is looked at, in few words."""
