"""From a network to the work to be done: ops over numbered tensors, and one flat buffer of parameters.

A plan knows every shape and nothing of arrays or devices. An activation whose derivative follows from its output is
fused into the op before it, output layer and loss are one op, and flatten is only another view of the same values.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from nnstudio.engine.losses import LossBase, fitting_loss, loss_of
from nnstudio.errors import NNStudioError
from nnstudio.network import Check, Family, Layer, NetworkSpec, Node, Parameter, Shape, check, expand
from nnstudio.network.check import Severity
from nnstudio.network.layers.activation import Activation

ALIGNMENT = 16
"""Each parameter starts at a multiple of this many values, so that vector loads of one never touch another."""


class PlanError(NNStudioError):
    """A network with problems cannot be compiled."""


@dataclass(frozen=True)
class Tensor:
    """The output of a node for one image; ``view_of`` is the tensor whose memory it shares when it only reshapes it."""

    index: int
    node: str
    shape: Shape
    view_of: int | None = None

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Slot:
    """Where a parameter lies in the flat buffer. ``name`` is ``node.role``, such as ``conv1.weight``."""

    name: str
    node: str
    parameter: Parameter
    offset: int

    @property
    def shape(self) -> tuple[int, ...]:
        return self.parameter.shape

    @property
    def size(self) -> int:
        return self.parameter.size

    @property
    def end(self) -> int:
        return self.offset + self.size

    @property
    def learned(self) -> bool:
        return self.parameter.learned


@dataclass(frozen=True)
class Op:
    """One piece of work: ``layer`` (its ``kind`` is the op's name) from tensors ``inputs`` to tensor ``output``.

    ``activation`` is applied to the result before it is stored; then ``node`` is the activation's node, and the value
    of the layer's own node is not kept.
    """

    layer: Layer
    node: str
    inputs: tuple[int, ...]
    output: int
    parameters: tuple[Slot, ...] = ()
    activation: Activation | None = None
    own_node: str = ""

    @property
    def learned(self) -> tuple[Slot, ...]:
        """Those of its parameters that have a gradient."""
        return tuple(slot for slot in self.parameters if slot.learned)

    @property
    def kind(self) -> str:
        return str(self.layer.model_dump(include={"kind"})["kind"])

    @property
    def layer_node(self) -> str:
        """The node of the layer itself; ``node`` is that of the activation fused into it, if there is one."""
        return self.own_node or self.node


@dataclass(frozen=True)
class Plan:
    """What a backend needs to know. ``ops`` are in order of computation; gradients go through them backwards.

    ``tensors[0]`` is the input and the last op is the output layer. ``flat_size`` values hold all parameters, gaps
    included; the first ``learned_size`` of them those that are learned.
    """

    spec: NetworkSpec
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    slots: tuple[Slot, ...]
    flat_size: int
    learned_size: int
    loss: LossBase

    @property
    def input(self) -> Tensor:
        return self.tensors[0]

    @property
    def output(self) -> Tensor:
        return self.tensors[self.ops[-1].output]

    @property
    def classes(self) -> int:
        """How many classes the network tells apart: one for each unit, two with a single yes or no; 0 when it answers
        with a picture."""
        shape = self.output.shape
        if len(shape) > 1:
            return 0
        return 2 if shape == (1,) and self.ops[-1].kind != "softmax_output" else shape[0]

    @property
    def learned_slots(self) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.learned)

    @property
    def parameter_count(self) -> int:
        """Values that are learned."""
        return sum(slot.size for slot in self.learned_slots)

    @cached_property
    def learned(self) -> frozenset[int]:
        """Tensors that parameters had a part in: those whose gradient training needs."""
        learned: set[int] = set()
        for op in self.ops:
            if op.learned or not learned.isdisjoint(op.inputs):
                learned.add(op.output)
        return frozenset(learned)

    def needs_gradient(self, op: Op) -> bool:
        """Whether something before ``op`` learns, so that training needs the gradient of its inputs."""
        return not self.learned.isdisjoint(op.inputs)

    def root(self, index: int) -> int:
        """The tensor that tensor ``index`` is a view of, or it itself."""
        view_of = self.tensors[index].view_of
        return index if view_of is None else self.root(view_of)

    def is_view(self, op: Op) -> bool:
        """Whether ``op`` only looks at its input in another way."""
        return self.tensors[op.output].view_of is not None

    @cached_property
    def tensor_of(self) -> dict[str, Tensor]:
        """The tensor of each node that is kept, by the node's id."""
        return {tensor.node: tensor for tensor in self.tensors}

    def slot(self, name: str) -> Slot:
        return next(slot for slot in self.slots if slot.name == name)


def compile_plan(spec: NetworkSpec, *, loss: LossBase | str | None = None, keep: Collection[str] = ()) -> Plan:
    """Compile ``spec`` to be trained with ``loss``, or the first that fits its output; the plan's is the flat network.

    Nodes in ``keep`` are computed on their own, so that their values and gradients can be read. Raises ``PlanError``
    with the first problem that ``check`` finds, or when the loss cannot judge the output.
    """
    report = check(spec, advice=False)
    for problem in report.problems:
        if problem.severity is Severity.ERROR:
            raise PlanError(f"The network cannot run: {problem}.")
    spec = expand(spec).spec
    order = spec.ordered()
    judged_by = _loss_for(order[-1].layer, loss)
    builder = _Builder(spec, report, frozenset(keep))
    for node in order:
        builder.add(node)
    tensors, ops, slots = tuple(builder.tensors), tuple(builder.ops), tuple(builder.slots)
    return Plan(spec, tensors, ops, slots, builder.flat_size, builder.learned_size, judged_by)


def _loss_for(output: Layer, loss: LossBase | str | None) -> LossBase:
    if loss is None:
        return fitting_loss(output)
    wanted = loss_of(loss)
    if not wanted.judges(output):
        fitting = fitting_loss(output)
        raise PlanError(
            f"The loss {wanted.title} cannot judge a {output.title}.",
            f"Choose {fitting.title}, or another output layer.",
        )
    return wanted


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


class _Builder:
    """Collects tensors, ops and parameters, node by node."""

    def __init__(self, spec: NetworkSpec, report: Check, keep: frozenset[str]) -> None:
        self.spec, self.report, self.keep = spec, report, keep
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.slots: list[Slot] = []
        everything = [parameter for layer in report.layers.values() for parameter in layer.parameters]
        self.learned_size = sum(_aligned(parameter.size) for parameter in everything if parameter.learned)
        self.flat_size = sum(_aligned(parameter.size) for parameter in everything)
        self._next = {True: 0, False: self.learned_size}
        self.made_by: dict[str, Op] = {}
        self.tensor_of: dict[str, int] = {}

    def add(self, node: Node) -> None:
        sources = self.spec.sources(node.id)
        if isinstance(node.layer, Activation) and self._can_fuse(sources[0], node):
            self._fuse(sources[0], node.id, node.layer)
            return
        inputs = tuple(self.tensor_of[source] for source in sources)
        view_of = inputs[0] if node.layer.family is Family.RESHAPE else None
        self.tensor_of[node.id] = len(self.tensors)
        self.tensors.append(Tensor(len(self.tensors), node.id, self.report.layers[node.id].output, view_of))
        if inputs:
            self.made_by[node.id] = Op(node.layer, node.id, inputs, self.tensor_of[node.id], self._parameters(node))
            self.ops.append(self.made_by[node.id])

    def _can_fuse(self, source: str, node: Node) -> bool:
        """Only into a layer that can, used by the activation alone, when nobody asks for either value."""
        op = self.made_by.get(source)
        return (
            op is not None
            and op.layer.fuses
            and isinstance(node.layer, Activation)
            and node.layer.from_output
            and op.activation is None
            and len(self.spec.targets(source)) == 1
            and self.keep.isdisjoint((source, node.id))
        )

    def _fuse(self, source: str, node: str, activation: Activation) -> None:
        op = self.made_by[source]
        fused = replace(op, node=node, activation=activation, own_node=source)
        self.ops[self.ops.index(op)] = self.made_by[node] = fused
        self.tensors[op.output] = replace(self.tensors[op.output], node=node)
        self.tensor_of[node] = op.output

    def _parameters(self, node: Node) -> tuple[Slot, ...]:
        slots = []
        for parameter in self.report.layers[node.id].parameters:
            slots.append(Slot(f"{node.id}.{parameter.role}", node.id, parameter, self._next[parameter.learned]))
            self._next[parameter.learned] = _aligned(slots[-1].end)
        self.slots += slots
        return tuple(slots)
