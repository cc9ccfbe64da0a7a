"""What is said about the networks to start from."""

from __future__ import annotations

import re
from itertools import groupby

import pytest

from nnstudio.data.names import DATASETS
from nnstudio.data.points import PATTERNS
from nnstudio.network import NetworkSpec, expand
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import DepthwiseConvolution
from nnstudio.network.layers.input import Input
from nnstudio.network.presets import PRESETS, TEMPLATES, Category, Template, lenet5, preset, resnet20, template_of


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_says_what_one_wants_to_know(template: Template) -> None:
    assert template.spec == preset(template.name)
    assert template.title == template.spec.name
    assert re.fullmatch(r"[A-Z][^.]*( \([^)]*\))?[^.]*\.", template.summary)
    assert len(re.findall(r"[.!?](?= [A-Z]|$)", template.history)) == 2, "two sentences"
    assert re.search(r"\b(19|20)\d\d\b", template.history), "it says when"
    assert template.effort
    assert set(template.data) <= DATASETS.keys()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_its_data_fit_its_input(template: Template) -> None:
    first = template.spec.nodes[0].layer
    assert isinstance(first, Input)
    sizes = {name: (2, 1, 1) if name in PATTERNS else (1, 28, 28) for name in template.data}
    assert all(size == (first.channels, first.height, first.width) for size in sizes.values())
    categories = {(2, 1, 1): Category.PLANE, (1, 28, 28): Category.GREY, (3, 32, 32): Category.COLOUR}
    size = (first.channels, first.height, first.width)
    assert template.category is categories.get(size, Category.LARGE)
    assert bool(template.data) == (template.category in (Category.PLANE, Category.GREY))


def test_categories_stay_together() -> None:
    assert [category for category, _ in groupby(TEMPLATES, lambda template: template.category)] == list(Category)
    assert [template.name for template in TEMPLATES] == list(PRESETS)


def test_a_network_is_known_by_its_name() -> None:
    template, unchanged = template_of(resnet20())
    assert template
    assert (template.name, unchanged) == ("resnet20", True)
    spec = lenet5()
    assert template_of(spec.rename("conv1", "first"))[1]
    assert not template_of(spec.replace("dense1", spec.node("dense1").layer.model_copy(update={"units": 99})))[1]
    assert not template_of(spec.disconnect("conv2"))[1]
    assert template_of(spec.append(ReLU()))[0] is TEMPLATES[0]
    assert template_of(NetworkSpec(name="My own")) == (None, False)


def test_lenet5_of_1998_subsamples_as_published() -> None:
    """A factor and a bias for each channel: 12 parameters in S2 and 32 in S4."""
    spec = preset("lenet5-1998")
    template = next(template for template in TEMPLATES if template.name == "lenet5-1998")
    learned = [
        template.check.layers[node.id].parameter_count
        for node in spec.nodes
        if isinstance(node.layer, DepthwiseConvolution)
    ]
    assert learned == [12, 32]
    shapes = [template.check.layers[node.id].output for node in expand(spec).spec.ordered()]
    assert [shape for shape, _ in groupby(shapes)] == [
        (1, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (120,), (84,), (10,),
    ]  # fmt: skip
