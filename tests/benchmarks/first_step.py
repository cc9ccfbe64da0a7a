"""From a saved project to the first step done, in a new process, on a device that has seen the network before.

The child imports the program and makes the pictures; then the clock runs: the project is read, the device opened, the
network prepared with its programs from the cache, 60,000 pictures loaded, one step taken. The time since the process
began is told too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.devices import open_backend
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.network.presets import lenet5
from nnstudio.project import Project, load_project, save_project
from nnstudio.training.events import Failed, Steps
from nnstudio.training.trainer import Trainer
from tests.benchmarks.contest import Result
from tests.benchmarks.engine_side import backends
from tests.benchmarks.networks import IMAGES, noise


def measure(rounds: int) -> Iterator[Result]:
    """Milliseconds: in the program, and since its process began. What fills the caches is not counted."""
    weights = initial_parameters(compile_plan(lenet5()), Initializer.HE_NORMAL, 0)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lenet5.nnstudio"
        save_project(path, Project(lenet5(), parameters=weights))
        for backend in backends(numpy=True):
            found = [_in_child(backend.key, path) for _ in range(rounds + 1)][1:]
            for part in ("in the program", "since the process began"):
                yield Result(f"NN Studio, {backend.name}, {part}", tuple(times[part] for times in found))


def _in_child(key: str, project: Path) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, key, str(project), repr(time.time())]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(output.splitlines()[-1]))


def child(key: str, path: str, began: float) -> None:
    from nnstudio.engine.opencl import backend  # noqa: F401 - what `open_backend` would import

    samples = Samples(*noise(IMAGES["lenet"], (1, 28, 28)))
    dataset = Dataset("noise", samples, samples, None, tuple("0123456789"))
    start = time.perf_counter()
    project = load_project(path)
    trainer = Trainer(project.spec, dataset, project.settings, backend=open_backend(key), state=project.parameters)
    for event in trainer.run():
        if isinstance(event, Failed):
            sys.exit(event.message)
        if isinstance(event, Steps):
            break
    inside, whole = time.perf_counter() - start, time.time() - began
    print(json.dumps({"in the program": 1e3 * inside, "since the process began": 1e3 * whole}))


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2], float(sys.argv[3]))
