"""The same networks, data and steps in PyTorch: gather by random index, forward, cross entropy, backward, momentum.

Eager and ``torch.compile``, as everybody writes them, are the peers, or one of them. On processors a third one is
told that nobody is compared with: eager with the memory format that PyTorch recommends for convolutions and its fused
optimizer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tests.benchmarks.contest import Contender, timed
from tests.benchmarks.networks import IMAGES, noise
from tests.benchmarks.torch_networks import lenet5, nn, resnet20, torch, vgg_small

logging.getLogger("torch").setLevel(logging.ERROR)

NAME = f"PyTorch {torch.__version__.partition('+')[0]}"
HOW = EAGER, COMPILED, TUNED = "eager", "torch.compile", "eager, channels last, fused optimizer"
USUAL = (EAGER, COMPILED)

Loss: TypeAlias = Callable[[torch.Tensor], torch.Tensor]


NETWORKS = {"lenet": (lenet5, (1, 28, 28)), "vgg": (vgg_small, (3, 32, 32)), "resnet": (resnet20, (3, 32, 32))}


def training(
    name: str, batch_size: int, threads: int, device: str = "cpu", how: str = EAGER, *, peer: bool = True
) -> Contender:
    """In images a second. The samples are resident on ``device``; ``how`` is one of ``HOW``."""
    make, shape = NETWORKS[name]
    memory_format = torch.channels_last if how == TUNED else torch.contiguous_format
    network = make().to(device, memory_format=memory_format)
    images, labels = (torch.from_numpy(array).to(device) for array in noise(IMAGES[name], shape))
    images, labels = images.contiguous(memory_format=memory_format), labels.long()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, fused=how == TUNED or None)

    def loss_of(chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(network(images[chosen].float() / 255), labels[chosen])

    loss: Loss = torch.compile(loss_of, dynamic=False) if how == COMPILED else loss_of
    batches = _batches(len(images), batch_size, device)

    def train(steps: int) -> None:
        torch.set_num_threads(threads)  # each time, since the NumPy backend may have limited a library that both use
        for _ in range(steps):
            result = loss(next(batches))
            optimizer.zero_grad()
            result.backward()
            optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return Contender(f"{NAME} ({device.upper()}), {how}", timed(train), batch_size, peer)


def _batches(count: int, batch_size: int, device: str) -> Iterator[torch.Tensor]:
    """Indices of batches of one size, epoch after epoch."""
    while True:
        order = torch.randperm(count).to(device)
        for start in range(0, count - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def on_processor(name: str, batch_size: int, threads: int, peers: Sequence[str] = USUAL) -> list[Contender]:
    return [training(name, batch_size, threads, how=how, peer=how in peers) for how in HOW]


def single_image(threads: int) -> Contender:
    """LeNet-5's answer for one picture."""
    network, image = lenet5(), noise(1, (1, 28, 28))[0]

    def predict(times: int) -> None:
        torch.set_num_threads(threads)
        for _ in range(times):
            with torch.inference_mode():
                nn.functional.softmax(network(torch.from_numpy(image).float() / 255), dim=1).numpy()

    return Contender(f"{NAME} (CPU), inference mode", timed(predict), peer=True)
