"""What an experienced engineer would say about a network that runs.

One rule is one function: it takes the facts and yields warnings. Rules ask layers for their traits (``linear``,
``bounds``, ``window()``, ...), never for their kinds, so that a new layer is judged without an edit here. A warning
that an expert would call wrong is worse than one that is missing: rules know the customs that look like mistakes, such
as a linear bottleneck or the strided 1×1 convolution of a shortcut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from nnstudio.network.advice import answers, costs, learning, pictures, steps
from nnstudio.network.facts import Facts
from nnstudio.network.problems import Finding

Rule = Callable[[Facts], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    answers.other_number_of_classes,
    answers.share_of_one,
    answers.squashed_scores,
    answers.disturbed_scores,
    answers.too_few_values_for_the_classes,
    steps.no_activation_between,
    steps.two_activations_in_a_row,
    steps.changes_nothing,
    pictures.pixels_that_nobody_looks_at,
    pictures.single_pixel_too_early,
    pictures.even_kernel_that_should_keep_the_size,
    pictures.sees_too_little_of_the_picture,
    learning.no_slope,
    learning.gradient_vanishes,
    learning.wasted_bias,
    learning.noise_before_normalization,
    learning.batch_of_one,
    costs.nearly_all_parameters_in_one_layer,
    costs.too_much_memory,
)


def advise(facts: Facts) -> list[Finding]:
    """All warnings about a network without errors."""
    return [replace(finding, key=rule.__name__) for rule in RULES for finding in rule(facts)]
