"""What every op needs to know of its surroundings while it is lowered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nnstudio.engine.opencl.choices import Choices
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.schedule import Launch
from nnstudio.engine.opencl.tiles import Tile
from nnstudio.engine.plan import Op, Plan, Tensor
from nnstudio.network.layers.activation import Activation

MOST_CHAINED_BYTES = 2**28
LAUNCH_WORK = 2**19
"""Multiply-adds that a core could do while a launch is started and its end waited for, some 5 µs."""


@dataclass(frozen=True)
class Frame:
    """A plan, the form of its kernels, and the batch."""

    plan: Plan
    form: Form
    batch_size: int
    choices: Choices = field(default_factory=Choices)

    @property
    def blocks(self) -> int:
        """Blocks of images that hold a batch."""
        return -(-self.batch_size // self.form.block)

    @property
    def vectors(self) -> int:
        return self.blocks * self.form.lanes

    @cached_property
    def chained(self) -> bool:
        """Whether each core takes blocks of images through the network alone (see ``chains.py``): when that takes no
        longer than to share every op and to wait after each. Some cores may have no block, or one less. No two of a
        chain's values and gradients can share memory, and weights used once an image should stay in the cache from
        block to block."""
        cores, tensors = self.form.cores, self.plan.tensors
        if cores == 0 or self.form.lanes > 1:
            return False
        work = [op.layer.multiply_adds([tensors[index].shape for index in op.inputs]) for op in self.plan.ops]
        weights = [sum(slot.size for slot in op.parameters) for op in self.plan.ops]
        used_once = max((size for each, size in zip(work, weights, strict=True) if each <= size), default=0)
        memory = 2 * sum(self.tensor_bytes(tensor) for tensor in tensors if tensor.view_of is None)
        # Weights of twice the cache still come from the next one fast enough.
        if memory > MOST_CHAINED_BYTES or 4 * used_once > 2 * self.form.cache:
            return False
        step = 3 * self.batch_size * sum(work)
        alone = -(-self.blocks // cores) * step / self.blocks
        return alone <= step / cores + 3 * len(self.plan.ops) * LAUNCH_WORK

    def tensor_bytes(self, tensor: Tensor, value_bytes: int = 4) -> int:
        return self.blocks * self.form.block * tensor.size * value_bytes

    def value(self, index: int) -> str:
        """The buffer of a tensor's values."""
        return f"value{self.plan.root(index)}"

    def gradient(self, index: int) -> str:
        """The buffer of the loss's gradient by a tensor; behind a fused activation, by what went into that
        activation."""
        return f"gradient{self.plan.root(index)}"

    @cached_property
    def _fused(self) -> dict[int, Activation | None]:
        return {op.output: op.activation for op in self.plan.ops}

    @cached_property
    def _first_users(self) -> dict[int, tuple[int, int]]:
        """For each root the op (and its port) that is the first, going backwards, to write its gradient."""
        first: dict[int, tuple[int, int]] = {}
        for number, op in reversed(list(enumerate(self.plan.ops))):
            if not self.plan.is_view(op):
                for port, index in enumerate(op.inputs):
                    first.setdefault(self.plan.root(index), (number, port))
        return first

    def is_first(self, op: Op, port: int = 0) -> bool:
        """Whether nobody has written the gradient of this input before ``op`` does."""
        number, first_port = self._first_users[self.plan.root(op.inputs[port])]
        return self.plan.ops[number] is op and first_port == port

    def gradient_macros(self, op: Op, port: int = 0) -> tuple[str, str]:
        """For the kernel that writes the gradient of an input: ``BACKWARD(d, y)``, the derivative of the activation
        that is fused into what made this input, and ``GIVE(place, d)``, which writes it or, where another user of this
        input has done so before, adds to it. So each place must be given once: a tile that is shifted back to the end
        of its side (``tile_start``) must leave out what the tile before it gives (``OWN`` in the prelude)."""
        backward = derivative_macro("BACKWARD", self._fused.get(self.plan.root(op.inputs[port])))
        if self.is_first(op, port):
            return backward, "GIVE(place, d) STORE(place, d)"
        return backward, "GIVE(place, d) STORE(place, LOAD(place) + (d))"

    # ---- launches

    def over_images(self, kernel: str, tiles: int, *arguments: str, blocks: int | None = None, work: int = 0) -> Launch:
        """A launch of ``tiles`` work-items for each vector of images (or each tile of ``blocks``)."""
        lanes = self.form.lanes
        by_image = blocks is None or blocks == self.blocks
        return Launch(kernel, (lanes, tiles, blocks or self.blocks), (lanes, 1, 1), arguments, work, by_image)

    def over(self, kernel: str, items: int, *arguments: str, parts: int = 1, work: int = 0) -> Launch:
        """A launch of ``items`` × ``parts`` work-items that have nothing to do with images. The kernel must expect some
        items too many."""
        group = self.form.group_for(items * parts)
        return Launch(kernel, (1, -(-items // group) * group, parts), (1, group, 1), arguments, work)

    def chunks(self, size: int) -> int:
        """Work-items for ``size`` values of a vector of images, where each takes a chunk of them."""
        return -(-size // self.form.chunk)

    def over_flat(self, kernel: str, size: int, *arguments: str) -> Launch:
        """A launch over ``size`` values in a row, ``chunk`` vectors a work-item."""
        return self.over(kernel, max(1, -(-size // (self.form.vector * self.form.chunk))), *arguments)

    # ---- choices

    def choose(self, op: Op, kernel: str, candidates: Sequence[Tile]) -> Tile:
        """The tile for a kernel of ``op``."""
        shapes = " ".join(str(self.plan.tensors[index].shape) for index in op.inputs)
        _, _, name = kernel.partition("_")
        key = f"{name} {op.layer.model_dump_json()} {shapes} batch {self.batch_size} {self.form} {self.chained}"
        return self.choices.choose(key, kernel, candidates)

    def parts(self, tiles: int, *read: int) -> int:
        """Into how many shares of the images a sum over images is split: until all of the device has work, and
        until what a share reads of the tensors ``read`` fits into a cache."""
        parts = self.form.workers // tiles
        if self.form.cache:
            needed = sum(self.tensor_bytes(self.plan.tensors[index]) for index in read)
            parts = max(parts, -(-needed // self.form.cache))
        return max(1, min(self.vectors, parts))


def activation_macro(name: str, activation: Activation | None) -> str:
    """``name(x)`` as a definition that calls the activation's function in ``kernels/functions.cl``."""
    return f"{name}(x) {_call(activation, '', 'x')}"


def derivative_macro(name: str, activation: Activation | None) -> str:
    """``name(d, y)`` likewise: the gradient ``d`` taken through the activation, whose output was ``y``."""
    return f"{name}(d, y) {_call(activation, '_backward', 'd, y')}"


def _call(activation: Activation | None, suffix: str, arguments: str) -> str:
    return call(activation.model_dump() if activation else {"kind": "identity"}, suffix, arguments)


def call(declared: Mapping[str, object], suffix: str, arguments: str) -> str:
    """A function in the shared kernels has the name of a declaration's kind, and its settings as further arguments: a
    word as the constant that ``kernels/functions.cl`` has for it."""
    values = (value for name, value in declared.items() if name != "kind")
    settings = [value.upper() if isinstance(value, str) else f"{value!r}f" for value in values]
    return f"{declared['kind']}{suffix}({', '.join([arguments, *settings])})"
