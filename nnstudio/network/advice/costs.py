"""Where parameters and memory go."""

from __future__ import annotations

from collections.abc import Iterator

from nnstudio.network.facts import Facts
from nnstudio.network.layers.pooling import GlobalAveragePooling, MaxPooling
from nnstudio.network.problems import Finding
from nnstudio.network.repairs import Repair, put_before
from nnstudio.units import bytes_text

NEARLY_ALL, WORTH_A_WORD = 0.95, 100_000
"""Share of the parameters, and how many there must be for it to matter."""


def nearly_all_parameters_in_one_layer(facts: Facts) -> Iterator[Finding]:
    """One layer has nearly all parameters, and it is the dense layer that reads a large picture laid flat.

    It takes the memory, overfits first, and the convolutions before it hardly count. A network of dense layers only has
    its weights at the start by nature and gets no warning.
    """
    total = sum(map(facts.learned, facts.reports))
    if total < WORTH_A_WORD or not facts.filters:
        return
    for name in facts.maps:
        share, width = facts.learned(name) / total, facts.reports[name].inputs[0]
        flatten = next((before for before in facts.back_from(name) if _flattens(facts, before)), None)
        if share < NEARLY_ALL or flatten is None:
            continue
        message = (
            f"It has {facts.learned(name):,} of the network's {total:,} parameters ({share:.1%}), "
            f"because it reads {width[0]:,} values"
        )
        yield facts.warn(
            name, message, "make the picture smaller before it, with a pooling or global average pooling",
            *_smaller(facts, flatten),
        )  # fmt: skip


def _flattens(facts: Facts, name: str) -> bool:
    report = facts.reports[name]
    return bool(report.inputs) and len(report.inputs[0]) == 3 and len(report.output) == 1


def _smaller(facts: Facts, flatten: str) -> Iterator[Repair]:
    name = facts.origin[flatten]
    yield Repair(f"Insert Max pooling before {name}", lambda spec: put_before(spec, name, {0: MaxPooling()}))
    yield Repair(
        f"Use Global average pooling instead of {name}", lambda spec: spec.replace(name, GlobalAveragePooling())
    )


ABSURD = 32 * 2**30
"""Bytes: more than nearly all computers have."""


def too_much_memory(facts: Facts) -> Iterator[Finding]:
    """One batch with all gradients needs more memory than computers have."""
    used = sum(report.bytes for report in facts.reports.values())
    if used <= ABSURD:
        return
    fixed = 8 * sum(map(facts.learned, facts.reports))
    fits = int((ABSURD - fixed) / ((used - fixed) / facts.batch_size))
    advice = f"train with batches of at most {fits:,}" if fits else "make pictures or layers smaller"
    message = f"A batch of {facts.batch_size:,} images needs {bytes_text(used)} of memory to learn from"
    yield facts.warn(None, message, advice)
