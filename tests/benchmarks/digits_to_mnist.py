"""How much the built-in digits teach about real ones: ``python -m tests.benchmarks.digits_to_mnist``.

Trains LeNet-5 on built-in digits alone and tests it on MNIST's 10,000 test pictures, which it has never seen, once for
each seed. MNIST comes from the folder given, or as the program itself finds it.
"""

from __future__ import annotations

import argparse
from statistics import mean

import numpy as np

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.digits import make_digits
from nnstudio.engine.devices import open_backend
from nnstudio.engine.optimizers import Adam
from nnstudio.network.presets import lenet5
from nnstudio.training.events import EpochDone, Failed, Finished
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer


def accuracy(count: int, epochs: int, seed: int, test: Samples, device: str) -> float:
    """MNIST test accuracy of a LeNet-5 trained on ``count`` fresh digits; the rate falls tenfold for the last epoch."""
    train, validation = make_digits(count + 2000, 1000 + seed).split(2000)
    dataset = Dataset("digits", train, validation, test, tuple("0123456789"))
    settings = TrainingSettings(epochs=epochs, optimizer=Adam(learning_rate=0.001), seed=seed)
    trainer = Trainer(lenet5(), dataset, settings, backend=open_backend(device))
    for event in trainer.run():
        match event:
            case EpochDone(epoch=epoch) if epoch == epochs - 1:
                trainer.set_learning_rate(settings.optimizer.learning_rate / 10)
            case Finished(test_accuracy=float(result)):
                return result
            case Failed(message=message):
                raise SystemExit(message)
    raise SystemExit("Training ended without a result.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", default="mnist", help="folder of MNIST's four files")
    parser.add_argument("--count", type=int, default=60_000, help="built-in digits to train on")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    test = load_dataset(options.mnist).test
    if test is None:
        parser.error(f"{options.mnist} has no test set")
    results = []
    for seed in range(options.seeds):
        results.append(accuracy(options.count, options.epochs, seed, test, options.device))
        print(f"seed {seed}: {results[-1]:.2%}", flush=True)
    print(f"\nLeNet-5, {options.count:,} built-in digits, {options.epochs} epochs, on MNIST's test set: ", end="")
    print(f"{mean(results):.2%} (lowest {min(results):.2%}, spread {np.std(results):.2%})")


if __name__ == "__main__":
    main()
