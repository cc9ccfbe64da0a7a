"""Runs written code where its library is: ``python peer.py TARGET`` reads the path of a file a line.

For each the answers to the pictures in ``NAME.pictures.npy`` go to ``NAME.answers.npy``, and ``done`` or what went
wrong goes to standard output. It knows nothing of NN Studio. On the line ``names`` it tells what every module of
PyTorch has.
"""

import json
import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np


def by_numpy(module, pictures):
    return module.forward(pictures, module.load_weights())


def by_keras(module, pictures):
    import keras

    network = module.load_weights(module.build())
    answers = keras.ops.convert_to_numpy(network(pictures.transpose(0, 2, 3, 1), training=False))
    return answers.transpose(0, 3, 1, 2) if answers.ndim == 4 else answers


def by_pytorch(module, pictures):
    import torch

    made = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    network = module.load_weights(made[0]()).eval()
    with torch.no_grad():
        return network(torch.from_numpy(pictures)).numpy()


COMPUTE = {"numpy": by_numpy, "keras": by_keras, "pytorch": by_pytorch}


def run(path, compute):
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    np.save(path.with_suffix(".answers.npy"), compute(module, np.load(path.with_suffix(".pictures.npy"))))


def main(target):
    if target == "pytorch":
        import torch

        torch.set_num_threads(1)
    for line in map(str.strip, sys.stdin):
        if line == "names":
            print(json.dumps(dir(torch.nn.Module)), flush=True)
            continue
        try:
            run(Path(line), COMPUTE[target])
        except Exception:  # noqa: BLE001 - whatever it is, the test shows it
            print(json.dumps(traceback.format_exc()), flush=True)
        else:
            print('"done"', flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
