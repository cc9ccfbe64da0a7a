"""From a network to the work to be done: ops over numbered tensors, and one flat buffer of parameters.

A plan knows every shape and nothing of arrays or devices. An activation behind a convolution or dense layer is fused
into its op (their derivatives need the output alone), softmax and loss are one op, and flatten is only another view of
the same values.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Literal

from nnstudio.errors import NNStudioError
from nnstudio.network import Check, Family, Layer, NetworkSpec, Node, Parameter, Shape, check
from nnstudio.network.check import Severity
from nnstudio.network.layers.activation import Activation

Loss = Literal["cross_entropy", "mean_squared_error"]
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

    @property
    def kind(self) -> str:
        return str(self.layer.model_dump(include={"kind"})["kind"])

    @property
    def layer_node(self) -> str:
        """The node of the layer itself; ``node`` is that of the activation fused into it, if there is one."""
        return self.parameters[0].node if self.parameters else self.node


@dataclass(frozen=True)
class Plan:
    """What a backend needs to know. ``ops`` are in order of computation; gradients go through them backwards.

    ``tensors[0]`` is the input and the last op is the output layer. ``flat_size`` values hold all parameters, gaps
    included.
    """

    spec: NetworkSpec
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    slots: tuple[Slot, ...]
    flat_size: int
    loss: Loss

    @property
    def input(self) -> Tensor:
        return self.tensors[0]

    @property
    def output(self) -> Tensor:
        return self.tensors[self.ops[-1].output]

    @property
    def parameter_count(self) -> int:
        return sum(slot.size for slot in self.slots)

    @cached_property
    def learned(self) -> frozenset[int]:
        """Tensors that parameters had a part in: those whose gradient training needs."""
        learned: set[int] = set()
        for op in self.ops:
            if op.parameters or not learned.isdisjoint(op.inputs):
                learned.add(op.output)
        return frozenset(learned)

    def needs_gradient(self, op: Op) -> bool:
        """Whether something before ``op`` learns, so that training needs the gradient of its input."""
        return not self.learned.isdisjoint(op.inputs)

    @cached_property
    def tensor_of(self) -> dict[str, Tensor]:
        """The tensor of each node that is kept, by the node's id."""
        return {tensor.node: tensor for tensor in self.tensors}

    def slot(self, name: str) -> Slot:
        return next(slot for slot in self.slots if slot.name == name)


def compile_plan(spec: NetworkSpec, *, loss: Loss = "cross_entropy", keep: Collection[str] = ()) -> Plan:
    """Compile ``spec``; nodes in ``keep`` are never fused away, so that their value can be read.

    Raises ``PlanError`` with the first problem that ``check`` finds.
    """
    report = check(spec)
    for problem in report.problems:
        if problem.severity is Severity.ERROR:
            raise PlanError(f"The network cannot run: {problem}.")
    builder = _Builder(spec, report, frozenset(keep))
    for node in spec.ordered():
        builder.add(node)
    return Plan(spec, tuple(builder.tensors), tuple(builder.ops), tuple(builder.slots), builder.flat_size, loss)


class _Builder:
    """Collects tensors, ops and parameters, node by node."""

    def __init__(self, spec: NetworkSpec, report: Check, keep: Collection[str]) -> None:
        self.spec, self.report, self.keep = spec, report, keep
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.slots: list[Slot] = []
        self.flat_size = 0
        self.made_by: dict[str, Op] = {}
        self.tensor_of: dict[str, int] = {}

    def add(self, node: Node) -> None:
        sources = self.spec.sources(node.id)
        if isinstance(node.layer, Activation) and self._can_fuse(sources[0]):
            self._fuse(sources[0], node.id, node.layer)
            return
        inputs = tuple(self.tensor_of[source] for source in sources)
        view_of = inputs[0] if node.layer.family is Family.RESHAPE else None
        self.tensor_of[node.id] = len(self.tensors)
        self.tensors.append(Tensor(len(self.tensors), node.id, self.report.layers[node.id].output, view_of))
        if inputs:
            self.made_by[node.id] = Op(node.layer, node.id, inputs, self.tensor_of[node.id], self._parameters(node))
            self.ops.append(self.made_by[node.id])

    def _can_fuse(self, source: str) -> bool:
        """Only a layer with weights, used by the activation alone, whose own value nobody asks for."""
        op = self.made_by.get(source)
        used_once = len(self.spec.targets(source)) == 1
        return (
            op is not None and bool(op.parameters) and op.activation is None and used_once and source not in self.keep
        )

    def _fuse(self, source: str, node: str, activation: Activation) -> None:
        op = self.made_by[source]
        fused = replace(op, node=node, activation=activation)
        self.ops[self.ops.index(op)] = self.made_by[node] = fused
        self.tensors[op.output] = replace(self.tensors[op.output], node=node)
        self.tensor_of[node] = op.output

    def _parameters(self, node: Node) -> tuple[Slot, ...]:
        slots = []
        for parameter in self.report.layers[node.id].parameters:
            slots.append(Slot(f"{node.id}.{parameter.role}", node.id, parameter, self.flat_size))
            self.flat_size = -(-slots[-1].end // ALIGNMENT) * ALIGNMENT
        self.slots += slots
        return tuple(slots)
