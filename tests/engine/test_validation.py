"""What is refused before a device sees it."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.losses import CrossEntropy
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.validation import check_labels
from nnstudio.network.presets import lenet5

WEIGHED = compile_plan(lenet5(), loss=CrossEntropy(class_weights=(1.0, 2.0, 0.5)))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0.0], "integers"),
        ([0, 1], "shape"),
        ([-1], "between 0 and 9"),
        ([10], "between 0 and 9"),
        ([3], "there are 3"),
    ],
)
def test_labels_that_cannot_be(labels: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_labels(np.array(labels), 1, WEIGHED)


def test_labels_with_a_weight_each() -> None:
    check_labels(np.array([0, 2, 1]), 3, WEIGHED)
