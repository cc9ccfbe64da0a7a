"""Written code, run where its library is: in a process of its own, which knows nothing of NN Studio."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.interop import code
from nnstudio.network import NetworkSpec
from tests.engine.networks import Array
from tests.engine.test_onnx import random_parameters

LIBRARIES = {"numpy": "numpy", "pytorch": "torch", "keras": "keras"}


class Peer:
    """A process that computes with the code written for one target."""

    def __init__(self, target: str, folder: Path) -> None:
        self.target, self.folder, self.count = target, folder, 0
        program = [sys.executable, "-W", "error::SyntaxWarning", str(Path(__file__).with_name("peer.py")), target]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line: str) -> object:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def write(self, spec: NetworkSpec, parameters: dict[str, Array], pictures: Array) -> Path:
        """The code, its weights beside it, and pictures for it."""
        self.count += 1
        path = self.folder / f"network{self.count}.py"
        path.write_text(code.code(spec, self.target), encoding="utf-8")
        path.with_suffix(".npz").write_bytes(code.weights(spec, parameters))
        np.save(path.with_suffix(".pictures.npy"), pictures)
        return path

    def answers(self, spec: NetworkSpec, parameters: dict[str, Array], pictures: Array) -> Array:
        path = self.write(spec, parameters, pictures)
        told = self.ask(str(path))
        assert told == "done", f"{told}\n{path.read_text(encoding='utf-8')}"
        return np.load(path.with_suffix(".answers.npy"))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


@pytest.fixture(scope="module", params=[target for target, library in LIBRARIES.items() if find_spec(library)])
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """For each target whose library is installed."""
    made = Peer(request.param, tmp_path_factory.mktemp(request.param))
    yield made
    made.close()


def by_engine(spec: NetworkSpec, parameters: dict[str, Array], pictures: Array) -> Array:
    executable = NumpyBackend(np.float32).prepare(compile_plan(spec), batch_size=len(pictures))
    executable.write_parameters(parameters)
    answers = executable.predict(pictures)
    executable.close()
    return answers


def assert_same(peer: Peer, spec: NetworkSpec, name: str = "", images: int = 3, seed: int = 0) -> None:
    """The code's answers are the engine's, to 1e-5 of the largest or of 1."""
    plan = compile_plan(spec)
    parameters = random_parameters(plan, seed)
    pictures = np.random.default_rng(seed).normal(0, 1, (images, *plan.input.shape)).astype(np.float32)
    found, expected = peer.answers(spec, parameters, pictures), by_engine(spec, parameters, pictures)
    assert found.dtype == np.float32, name
    assert found.shape == expected.shape, name
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(1.0, np.abs(expected).max()), err_msg=name)
