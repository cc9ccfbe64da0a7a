"""What is shipped with the program keeps its promises."""

from __future__ import annotations

from pathlib import Path

from nnstudio.data.idx import load_idx_folder
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.paths import resources_dir
from nnstudio.project import load_project


def test_the_trained_lenet_reads_mnist(test_data: Path) -> None:
    project = load_project(resources_dir() / "models" / "lenet5.nnstudio")
    assert project.parameters is not None
    assert project.metadata.class_names == tuple("0123456789")
    test = load_idx_folder(test_data / "mnist", "mnist").test
    assert test is not None and len(test) == 10_000
    executable = NumpyBackend().prepare(compile_plan(project.spec), batch_size=250)
    executable.write_parameters(project.parameters)
    assert executable.evaluate(test.images, test.labels).accuracy >= 0.99
