"""The networks to start from, with what a learner wants to know before choosing one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from inspect import getdoc
from re import sub

from nnstudio.network.check import Check, check
from nnstudio.network.expansion import expand
from nnstudio.network.presets.colour import mobilenet_small, resnet20, vgg_small
from nnstudio.network.presets.grey import (
    autoencoder,
    convnet,
    lenet5,
    lenet5_1998,
    softmax_regression,
    two_layer_perceptron,
)
from nnstudio.network.presets.imagenet import alexnet, vgg16
from nnstudio.network.presets.points import rosenblatt, two_layer_network, xor_network
from nnstudio.network.spec import NetworkSpec


class Category(StrEnum):
    """What a network is shown."""

    GREY = "Grey pictures"
    PLANE = "Points of the plane"
    COLOUR = "Colour pictures"
    LARGE = "Large, to look at"


@dataclass(frozen=True)
class Template:
    """A network to start from. The first line of ``make``'s docstring, up to a colon or full stop, says what it is."""

    name: str
    """What it is called on the command line."""
    make: Callable[[], NetworkSpec]
    category: Category
    history: str
    """Two sentences: who and when, and why it mattered."""
    data: tuple[str, ...]
    """Names of data sets that suit it; without any, pictures of one's own."""
    effort: str
    """How hard it is to understand and to train."""

    @cached_property
    def spec(self) -> NetworkSpec:
        return self.make()

    @cached_property
    def check(self) -> Check:
        return check(self.spec)

    @property
    def title(self) -> str:
        return self.spec.name

    @property
    def summary(self) -> str:
        """What it is, in a sentence."""
        return sub(r"(: [\d,]+ parameters)?\.$", ".", (getdoc(self.make) or "").splitlines()[0])


FIRST_STEPS, SOME_EXPERIENCE, ADVANCED = "First steps", "Some experience", "Advanced"
DIGITS, POINTS = ("digits", "mnist"), ("spirals", "circles", "xor", "clusters")

TEMPLATES = (
    Template(
        "lenet5", lenet5, Category.GREY,
        "Yann LeCun and his colleagues at AT&T published LeNet-5 in 1998, after ten years of work on networks that "
        "read handwriting. Systems built on it read millions of bank cheques a day, and networks for pictures have "
        "followed its plan ever since: convolve, shrink, convolve, shrink, decide.",
        DIGITS, f"{FIRST_STEPS}; seconds for each epoch",
    ),
    Template(
        "convnet", convnet, Category.GREY,
        "ReLU (Nair and Hinton, 2010) and dropout (Hinton and his students, 2012) set it apart from the convolutional "
        "networks of the 1990s. Networks of this size are the first exercise in many courses, since any laptop trains "
        "them in minutes and they read digits almost without mistakes.",
        DIGITS, f"{FIRST_STEPS}; seconds for each epoch",
    ),
    Template(
        "mlp", two_layer_perceptron, Category.GREY,
        "David Rumelhart, Geoffrey Hinton and Ronald Williams showed in 1986 how back-propagation teaches hidden "
        "layers what to look for. It ended the long doubt whether networks of several layers can learn at all, and it "
        "is still how every network here learns.",
        DIGITS, f"{FIRST_STEPS}; about a second for each epoch",
    ),
    Template(
        "perceptron", softmax_regression, Category.GREY,
        "Statisticians call it multinomial logistic regression, which David Cox (1966) and Henri Theil (1969) worked "
        "out for more than two classes. It is the yardstick for everything deeper, since it shows how far one gets "
        "without a hidden layer: about 92 % of MNIST.",
        DIGITS, f"{FIRST_STEPS}; about a second for each epoch",
    ),
    Template(
        "lenet5-1998", lenet5_1998, Category.GREY,
        "Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner described it in the Proceedings of the IEEE of "
        "November 1998. It showed that a network which learns from the pixels themselves beats features made by hand, "
        "with less than 1 % of errors on MNIST.",
        ("mnist", "digits"), f"{SOME_EXPERIENCE}; seconds for each epoch",
    ),
    Template(
        "autoencoder", autoencoder, Category.GREY,
        "Networks that squeeze what they see through a narrow middle and restore it are as old as back-propagation, "
        "and in 2006 Geoffrey Hinton and Ruslan Salakhutdinov showed how well deep ones do it. They mattered because "
        "they learn without labels, and networks that paint pictures today still work on such compressed codes.",
        DIGITS, f"{SOME_EXPERIENCE}; under a minute for each epoch",
    ),
    Template(
        "rosenblatt", rosenblatt, Category.PLANE,
        "Frank Rosenblatt of the Cornell Aeronautical Laboratory presented the perceptron in 1958, one of the first "
        "machines that learned from examples. In 1969 Marvin Minsky and Seymour Papert proved what a single layer "
        "cannot learn, and interest in neural networks faded for years.",
        ("clusters",), f"{FIRST_STEPS}; learns in a second",
    ),
    Template(
        "xor", xor_network, Category.PLANE,
        "Marvin Minsky and Seymour Papert made XOR famous in 1969 as a pattern that no perceptron of one layer can "
        "learn. In 1986 David Rumelhart, Geoffrey Hinton and Ronald Williams showed that two hidden neurons and "
        "back-propagation are enough, and neural networks came back.",
        ("xor",), f"{FIRST_STEPS}; seconds, but two neurons get 87 % of these points and four nearly all",
    ),
    Template(
        "points", two_layer_network, Category.PLANE,
        "Kevin Lang and Michael Witbrock posed the two spirals in 1988 as a test at which plain networks fail, and "
        "TensorFlow Playground brought them to everybody’s screen in 2016. To watch a network fold the plane is the "
        "quickest way to understand what hidden layers do.",
        POINTS, f"{FIRST_STEPS}; learns in seconds",
    ),
    Template(
        "vgg-small", vgg_small, Category.COLOUR,
        "Karen Simonyan and Andrew Zisserman of Oxford’s Visual Geometry Group showed in 2014 that many filters of 3×3 "
        "in a row beat a few large ones. Their plan of even blocks is still the plainest way to go deep, and this is "
        "it at a size that a laptop can train.",
        (), f"{SOME_EXPERIENCE}; minutes for some thousand pictures",
    ),
    Template(
        "resnet20", resnet20, Category.COLOUR,
        "Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun of Microsoft Research published residual networks in "
        "December 2015 and won that year’s ImageNet competition with 152 layers. Their shortcuts let gradients pass "
        "through any number of layers, and almost every deep network has used them since.",
        (), f"{ADVANCED}; minutes for some thousand pictures",
    ),
    Template(
        "mobilenet-small", mobilenet_small, Category.COLOUR,
        "Andrew Howard and his colleagues at Google published MobileNet in 2017 for phones and other small devices. "
        "Each convolution is split into a depthwise and a 1×1 part, which takes eight to nine times fewer "
        "multiplications at a small loss of accuracy.",
        (), f"{ADVANCED}; minutes for some thousand pictures",
    ),
    Template(
        "alexnet", alexnet, Category.LARGE,
        "Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton won the ImageNet competition of 2012 with 15 % of errors "
        "where the runner-up had 26 %. Two graphics cards made for games had trained it for less than a week, and "
        "computer vision turned to deep learning almost overnight.",
        (), f"{ADVANCED}; needs 1.2 million photographs and large graphics cards",
    ),
    Template(
        "vgg16", vgg16, Category.LARGE,
        "Karen Simonyan and Andrew Zisserman of Oxford came second in the ImageNet classification of 2014 with such "
        "networks. Their plainness made them what style transfer and much else was built on, for all their 138 million "
        "parameters.",
        (), f"{ADVANCED}; needs 1.2 million photographs and large graphics cards",
    ),
)  # fmt: skip
"""In the order in which people are offered them."""


def template_of(spec: NetworkSpec) -> tuple[Template | None, bool]:
    """The template that a network comes from, by its name, and whether its layers are still the template's."""
    found = next((template for template in TEMPLATES if template.title == spec.name), None)
    if found is None:
        return None, False
    return found, _layers(spec) == _layers(expand(found.spec).spec)


def _layers(flat: NetworkSpec) -> object:
    """What counts in a comparison: names may have been changed."""
    place = {node.id: number for number, node in enumerate(flat.nodes)}
    links = {(place[link.source], place[link.target], link.port) for link in flat.connections}
    return [node.layer for node in flat.nodes], links
