"""Written code computes what the engine computes, whatever the layers and whatever they are called."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nnstudio.interop import code
from nnstudio.interop.code import keras, numpy_script, pytorch
from nnstudio.interop.code.names import OF_TORCH_MODULES, TAKEN, class_name, file_stem, layer_names
from nnstudio.interop.code.writers import Writers
from nnstudio.interop.errors import InteropError
from nnstudio.network import LAYERS, Family, NetworkSpec, check, expand
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, chain, lenet5, softmax_regression
from tests.engine.networks import SMALL_PRESETS, networks_of, problem
from tests.engine.test_onnx import bouquet, stems
from tests.interop.conftest import LIBRARIES, Peer, assert_same

WRITERS = {"pytorch": pytorch.WRITERS, "keras": keras.WRITERS, "numpy": numpy_script.WRITERS}
INNER = [kind for kind, layer in LAYERS.items() if layer.family not in (Family.OUTPUT, Family.INPUT)]


@pytest.mark.parametrize("target", WRITERS)
def test_every_layer_is_written(target: str) -> None:
    """A layer that some target cannot express needs a helper in the file; none has been out of reach so far."""
    assert WRITERS.keys() == code.TARGETS.keys()
    assert WRITERS[target].layers == frozenset(LAYERS.values())


@pytest.mark.parametrize(("target", "library"), LIBRARIES.items())
def test_every_library_is_here(target: str, library: str) -> None:
    if not find_spec(library):
        pytest.skip(f"{library} is not installed, so code for it is compiled and not run")


def laid_open(spec: NetworkSpec) -> NetworkSpec:
    """Without the last dense layer and softmax, in which a difference could vanish."""
    last, before = spec.nodes[-1], spec.nodes[-2]
    if not isinstance(last.layer, SoftmaxOutput) or not isinstance(before.layer, Dense):
        return spec
    source = spec.sources(before.id)[0]
    spec = spec.remove(last.id).remove(before.id).add(LinearOutput(), "answer")
    return spec.connect(source, "answer")


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer(peer: Peer, kind: str) -> None:
    for number, spec in enumerate(networks_of(kind)):
        assert_same(peer, laid_open(spec), f"{kind} {number}")


@settings(max_examples=15, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_settings(peer: Peer, data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9)))
    kinds = data.draw(st.lists(st.sampled_from(INNER), min_size=4, max_size=4, unique=True))
    spec, _ = bouquet(shape, [data.draw(stems(kind, shape)) for kind in kinds])
    assert_same(peer, laid_open(spec), images=data.draw(st.integers(1, 3)), seed=data.draw(st.integers(0, 99)))


@pytest.mark.parametrize("name", SMALL_PRESETS)
def test_a_preset(peer: Peer, name: str) -> None:
    assert_same(peer, PRESETS[name](), name, images=2)


def test_muted_and_repeated(peer: Peer) -> None:
    spec = lenet5().join(["relu3", "dense2"], "block").replace("dense2", Dense(units=120))
    spec = spec.change_group("block", repeat=3).mute("pool1").mute("relu4")
    spec = spec.replace("conv2", Convolution(filters=4, kernel=(7, 7), stride=(3, 3)))
    assert check(spec).ok and len(expand(spec).spec.nodes) == len(spec.nodes) + 2
    assert_same(peer, spec)


ODD_NAMES = {
    "conv1": "self", "relu1": "train", "pool1": "lambda", "conv2": "np", "relu2": "_", "pool2": "__init__",
    "flatten1": "conv2d", "dense1": "Conv", "relu3": "forward", "dense2": "F", "relu4": "len", "dense3": "LeNet5",
    "output1": "self_", "input1": "weights",
}  # fmt: skip


def test_odd_names(peer: Peer) -> None:
    spec = lenet5()
    for old, new in ODD_NAMES.items():
        spec = spec.rename(old, new)
    assert_same(peer, spec)


ODD_TITLES = [
    '"""', "\\", 'a """ \\N{x} \x00 end"', "数字", "🙂", "None", "np", "Tensor", "4-layer", "", "x" * 200, "a\nb"
]  # fmt: skip


def test_odd_titles(peer: Peer) -> None:
    for title in ODD_TITLES:
        assert_same(peer, softmax_regression().model_copy(update={"name": title}), title)


# ---- what the files say


@pytest.mark.parametrize("target", code.TARGETS)
def test_all_of_it_is_python(target: str) -> None:
    """Also where the library is not at hand."""
    for kind in LAYERS:
        for spec in networks_of(kind):
            source = code.code(spec, target, ('"', "\\", "three\n", "🙂"))
            compile(source, "written", "exec")
            assert source.isascii() or "×" in source
            assert max(map(len, source.splitlines())) <= 120


def test_what_is_imported() -> None:
    for target, libraries in {"numpy": {"numpy"}, "pytorch": {"numpy", "torch"}, "keras": {"numpy", "keras"}}.items():
        for kind in LAYERS:
            tree = ast.parse(code.code(networks_of(kind)[0], target))
            imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
            imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert {name.partition(".")[0] for name in imported} <= {"sys", "pathlib", *libraries}


def test_each_layer_is_a_line_under_its_name() -> None:
    spec = PRESETS["resnet20"]()
    for target in code.TARGETS:
        lines = [line.strip() for line in code.code(spec, target).splitlines()]
        for node in spec.nodes[1:]:
            assert len([line for line in lines if line.startswith(f"{node.id} = ")]) == 1


def test_long_lines_are_broken() -> None:
    names = [f"a_path_with_a_rather_long_name_{number}" for number in range(12)]
    spec = NetworkSpec().add(Input(height=4, width=4), "picture")
    for name in names:
        spec = spec.add(ReLU(), name).connect("picture", name)
    spec = spec.add(LAYERS["add"](), "sum").add(SoftmaxOutput(), "answer").add(Flatten(), "flat")
    for port, name in enumerate(names):
        spec = spec.connect(name, "sum", port)
    spec = spec.connect("sum", "flat").connect("flat", "answer")
    for target in code.TARGETS:
        source = code.code(spec, target)
        compile(source, "written", "exec")
        assert max(map(len, source.splitlines())) <= 120


# ---- as a program


def run(path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(path), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A network that tells which of three pixels is the brightest."""
    spec = chain("Brightest", [Input(height=1, width=3), Flatten(), Dense(units=3), Dropout(), SoftmaxOutput()])
    path = tmp_path / "brightest.py"
    path.write_text(code.code(spec, "numpy", ("left", "in the middle", "right")), encoding="utf-8")
    path.with_suffix(".npz").write_bytes(
        code.weights(spec, {"dense1.weight": 20 * np.eye(3), "dense1.bias": np.zeros(3)})
    )
    return path


def test_a_program_prints_its_answers(program: Path, tmp_path: Path) -> None:
    for pictures in (np.array([[[0, 0, 255]], [[255, 0, 0]]], np.uint8), np.array([[[[0, 0, 1]]], [[[1, 0, 0]]]])):
        np.save(tmp_path / "pictures.npy", pictures)
        done = run(program, tmp_path / "pictures.npy")
        assert (done.stdout, done.stderr) == ("0: right (100.0%)\n1: left (100.0%)\n", "")


def test_a_program_says_what_it_wants(program: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "pictures.npy", np.zeros((5, 28, 28)))
    done = run(program, tmp_path / "pictures.npy")
    assert done.returncode == 1
    assert done.stderr.endswith("has the shape (5, 28, 28), and (number of pictures, 1, 3) is needed.\n")
    asked = run(program)
    assert asked.returncode == 1
    assert asked.stderr.startswith("Brightest as a stand-alone NumPy script, written by NN Studio")


# ---- what cannot be written


def test_a_network_that_cannot_run() -> None:
    with pytest.raises(InteropError, match=r"cannot be written as code: pool2: Max pooling has no input.*Mend it"):
        code.code(lenet5().disconnect("pool2"), "numpy")
    with pytest.raises(InteropError, match="form a loop"):
        code.code(lenet5().connect("relu2", "conv1"), "pytorch")


def test_weights_that_are_not_there() -> None:
    given = problem(lenet5(), 1)
    with pytest.raises(InteropError, match=r"The weights “conv2\.bias” of the network “LeNet-5” are missing"):
        code.weights(lenet5(), {name: each for name, each in given.parameters.items() if name != "conv2.bias"})


def test_a_layer_without_a_writer() -> None:
    """As when a layer is added and somebody forgets a target."""
    site = code.outline(lenet5(), ()).sites[1]
    with pytest.raises(InteropError, match=r"Logo has nothing that computes exactly what “conv1” \(Convolution\) does"):
        Writers("Logo").code(site)


# ---- names


def test_what_modules_of_pytorch_have(peer: Peer) -> None:
    if peer.target != "pytorch":
        pytest.skip("about PyTorch")
    names = peer.ask("names")
    assert {name for name in names if not name.startswith("_")} <= OF_TORCH_MODULES


IDENTIFIERS = st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True) | st.sampled_from(sorted(TAKEN))


@given(st.lists(IDENTIFIERS, unique=True, max_size=12))
def test_layer_names(wanted: list[str]) -> None:
    found = layer_names(wanted, {"taken"})
    assert list(found) == wanted
    assert len(set(found.values())) == len(wanted)
    for name, free in found.items():
        assert free.isidentifier() and not free.startswith("_")
        assert free not in TAKEN | OF_TORCH_MODULES | {"taken"}
        assert free == name or name in TAKEN | OF_TORCH_MODULES | {"taken"} or name.startswith("_")


@given(st.text(max_size=20))
def test_names_of_files_and_classes(title: str) -> None:
    assert class_name(title).isidentifier() and class_name(title) not in TAKEN
    assert file_stem(title).isidentifier() and file_stem(title).islower()


def test_names_that_people_expect() -> None:
    assert [class_name(title) for title in ("LeNet-5", "4-layer ConvNet", "Rosenblatt's perceptron", "Größe")] == [
        "LeNet5", "Network4LayerConvNet", "RosenblattsPerceptron", "Grosse"]  # fmt: skip
    assert [file_stem(title) for title in ("LeNet-5", "Two-layer perceptron", "class", "")] == [
        "lenet5", "twolayer_perceptron", "network_class", "network"]  # fmt: skip
