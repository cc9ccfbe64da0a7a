"""The end of a network: from the last scores to the answer."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, inf, isinf, log2, prod

from nnstudio.network.facts import Facts, is_map
from nnstudio.network.layers import Family
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.problems import Finding
from nnstudio.network.repairs import Repair, put_before, resize


def other_number_of_classes(facts: Facts) -> Iterator[Finding]:
    """The answer has another size than the data has classes.

    Training cannot begin then. A single value says yes or no, so it tells two classes apart; a network that answers
    with a picture knows no classes.
    """
    (output,) = facts.of_family(Family.OUTPUT)
    answer, classes = facts.reports[output].output, facts.classes
    if classes is None or len(answer) != 1:
        return
    known = 2 if answer == (1,) and not facts.layers[output].shares else answer[0]
    if known == classes:
        return
    message = f"The data has {classes:,} classes and the network answers with {known:,}"
    yield facts.warn(output, message, f"make the last layer {classes:,} units", *_resized(facts, output, classes))


def _resized(facts: Facts, output: str, classes: int) -> Iterator[Repair]:
    """Another size for the last layer that has one, or one more layer."""
    title = f"Make the last layer {classes:,} units for {classes:,} classes"
    for name in facts.back_from(output):
        layer, report = facts.layers[name], facts.reports[name]
        if layer.sized_by:
            yield from resize(title, facts.origin[name], layer, classes)
            break
        if not report.inputs or report.inputs[0][0] != report.output[0]:
            break
    designed = facts.origin[output]
    yield Repair(
        f"Insert Dense with {classes:,} units before it",
        lambda spec: put_before(spec, designed, {0: Dense(units=classes)}),
    )


def share_of_one(facts: Facts) -> Iterator[Finding]:
    """A softmax over one value: its share of the whole is always all of it, so nothing can be learned."""
    for name, layer in facts.layers.items():
        if layer.shares and facts.reports[name].output[0] == 1:
            repairs = []
            if layer.family is Family.OUTPUT:
                repairs = [_use_sigmoid(facts.origin[name])]
            yield facts.warn(
                name,
                f"{layer.title} over a single value always gives 1",
                "use a sigmoid for yes or no, or give the layer before it one unit for each class",
                *repairs,
            )


def _use_sigmoid(name: str) -> Repair:
    return Repair("Use a Sigmoid output", lambda spec: spec.replace(name, SigmoidOutput()), certain=True)


def squashed_scores(facts: Facts) -> Iterator[Finding]:
    """Scores are squeezed or cut before an output turns them into probabilities.

    A softmax or sigmoid output needs scores of any size. Behind a softmax, sigmoid or tanh it can never be sure, and
    learns slowly because two squashings flatten the gradient; behind a ReLU low scores are cut off and get none.
    """
    for output in facts.of_family(Family.OUTPUT):
        before = facts.source(output)
        layer = facts.layers[output]
        if before is None or isinf(layer.bounds[1]) or facts.layers[before].family is not Family.ACTIVATION:
            continue
        low, high = facts.layers[before].bounds
        if (isinf(low) and isinf(high)) or (layer.shares and facts.reports[output].output[0] == 1):
            continue
        limit = _limit(low, high, facts.reports[output].output, layer.shares)
        message = f"{facts.layers[before].title} right before the {layer.title}: {limit}"
        yield facts.warn(before, message, "give the output the scores as they are", *facts.take_out(before))


def _limit(low: float, high: float, answer: tuple[int, ...], shares: bool) -> str:
    """What probabilities come of scores from ``low`` to ``high``, in words."""
    if high == inf:
        return "negative scores are cut off" if shares else f"no probability gets below {1 / (1 + exp(-low)):.0%}"
    if shares:
        return f"no probability gets above {1 / (1 + (answer[0] - 1) * exp(low - high)):.0%}"
    return f"probabilities stay between {1 / (1 + exp(-low)):.0%} and {1 / (1 + exp(-high)):.0%}"


def disturbed_scores(facts: Facts) -> Iterator[Finding]:
    """Normalization, dropout or noise behind the last layer with weights, on the scores themselves.

    Dropout switches off the score of the right class now and then; normalization makes the answer for one image depend
    on the others of its batch. Both belong before the last layer.
    """
    for output in facts.of_family(Family.OUTPUT):
        between: list[str] = []
        for name in facts.back_from(output):
            report = facts.reports[name]
            if is_map(facts.layers[name]):
                for found in between:
                    yield _disturbs(facts, found, name)
                break
            if report.inputs != (report.output,):
                break
            if facts.layers[name].family in (Family.NORMALIZATION, Family.REGULARISATION):
                between.append(name)


def _disturbs(facts: Facts, found: str, last: str) -> Finding:
    title, last = facts.layers[found].title, facts.origin[last]
    return facts.warn(
        found,
        f"{title} behind the last layer with weights, {last}, disturbs the scores themselves",
        "put it before that layer, or leave it out",
        *facts.take_out(found),
    )


FEWEST_CLASSES = 5


def too_few_values_for_the_classes(facts: Facts) -> Iterator[Finding]:
    """Somewhere all that is known of an image passes through fewer values than its class takes to name.

    So many classes need log2 of them yes-or-no answers; with fewer values than that, classes lie so close together that
    they are hard to part, however good the layers before are.
    """
    (output,) = facts.of_family(Family.OUTPUT)
    answer = facts.reports[output].output
    if len(answer) != 1 or not facts.layers[output].shares or answer[0] < FEWEST_CLASSES:
        return
    for name in facts.back_from(output):
        values = prod(facts.reports[name].output)
        if is_map(facts.layers[name]) and values < log2(answer[0]):
            left = "Only one value of an image is" if values == 1 else f"Only {values} values of an image are"
            message = f"{left} left here to tell {answer[0]:,} classes apart"
            title = f"Give it {answer[0]:,} outputs"
            repairs = resize(title, facts.origin[name], facts.layers[name], answer[0])
            yield facts.warn(name, message, f"give it at least {answer[0]:,} outputs", *repairs)
