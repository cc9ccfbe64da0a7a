"""Whatever the bytes of a file are, loading it is a `ProjectError` of one sentence, and never anything else."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from nnstudio.network.presets import preset
from nnstudio.project import Project, ProjectError, load_project, save_project
from nnstudio.project.weights import expected_shapes

SPEC = preset("perceptron")
KEYS = ["format", "format_version", "metadata", "nodes", "connections", "name", "epochs", "optimizer"]
Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good.nnstudio"
    weights = {name: np.ones(shape, np.float32) for name, shape in expected_shapes(SPEC).items()}
    save_project(path, Project(SPEC, parameters=weights))
    return path.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


def parts_of(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Parts, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def opens_or_says_why(folder: Path, data: bytes) -> None:
    path = folder / "damaged.nnstudio"
    path.write_bytes(data)
    try:
        project = load_project(path)
    except ProjectError as error:
        assert error.message
        assert "damaged.nnstudio" in error.message
    else:
        assert project.spec is not None


@given(st.binary(max_size=300))
def test_any_bytes(folder: Path, data: bytes) -> None:
    opens_or_says_why(folder, data)


@given(st.data())
def test_a_file_cut_off(folder: Path, good: bytes, data: st.DataObject) -> None:
    path = folder / "cut.nnstudio"
    path.write_bytes(good[: data.draw(st.integers(0, len(good) - 1))])
    with pytest.raises(ProjectError):
        load_project(path)


@given(st.data())
def test_a_few_bytes_changed(folder: Path, good: bytes, data: st.DataObject) -> None:
    damaged = bytearray(good)
    text = [i for i in range(len(good)) if i < 1500 or i > len(good) - 600]  # where headers, JSON and directory lie
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.sampled_from(text))] = data.draw(st.integers(0, 255))
    opens_or_says_why(folder, bytes(damaged))


@given(st.sampled_from(["project.json", "network.json", "settings.json", "weights.safetensors"]), st.data())
def test_a_part_damaged_under_a_right_checksum(folder: Path, good: bytes, name: str, data: st.DataObject) -> None:
    parts = parts_of(good)
    part = bytearray(parts[name])
    at = data.draw(st.integers(0, min(len(part), 2000) - 1))
    part[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    opens_or_says_why(folder, zipped({**parts, name: bytes(part)}))


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(KEYS),
        inner, max_size=4),
    max_leaves=12,
), st.sampled_from(["project.json", "network.json", "settings.json"]))  # fmt: skip
def test_json_of_another_form(folder: Path, good: bytes, document: object, name: str) -> None:
    opens_or_says_why(folder, zipped({**parts_of(good), name: json.dumps(document).encode()}))


def tensors(**changed: np.ndarray) -> bytes:
    weights = {name: np.ones(shape, np.float32) for name, shape in expected_shapes(SPEC).items()}
    return save({**weights, **{name.replace("__", "."): array for name, array in changed.items()}})


def huge_declared_tensor(_: Parts) -> Parts:
    header = json.dumps({"dense1.weight": {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 2**62]}})
    return {"weights.safetensors": struct.pack("<Q", len(header)) + header.encode()}


def newer(parts: Parts) -> Parts:
    return {"project.json": json.dumps({**json.loads(parts["project.json"]), "format_version": 9}).encode()}


HOSTILE: dict[str, tuple[Callable[[Parts], Parts], str]] = {
    "newer": (newer, "newer NN Studio"),
    "bomb of JSON": (lambda _: {"settings.json": b" " * 50_000_000}, "at most"),
    "bomb of weights": (lambda _: {"weights.safetensors": bytes(50_000_000)}, "at most"),
    "deep JSON": (lambda _: {"settings.json": b"[" * 100_000}, "not readable JSON"),
    "deep network": (lambda _: {"network.json": b"[" * 100_000}, "not readable JSON"),
    "a number of a million digits": (lambda _: {"settings.json": b'{"seed": ' + b"9" * 10**6 + b"}"}, "not readable"),
    "huge tensor": (huge_declared_tensor, "weights are damaged"),
    "wrong shape": (lambda _: {"weights.safetensors": tensors(dense1__bias=np.ones(11, np.float32))}, "11"),
    "wrong type": (lambda _: {"weights.safetensors": tensors(dense1__bias=np.ones(10, np.int64))}, "I64"),
    "surplus weights": (lambda _: {"weights.safetensors": tensors(other=np.ones(1, np.float32))}, "no place"),
    "missing weights": (lambda _: {"weights.safetensors": save({"dense1.bias": np.ones(10, np.float32)})}, "missing"),
    "a list for an object": (lambda _: {"project.json": b"[]"}, "not what NN Studio writes"),
    "another format": (lambda _: {"project.json": b'{"format": "zebra"}'}, "not a project"),
    "settings out of range": (lambda _: {"settings.json": b'{"epochs": -1}'}, "epochs"),
    "a layer from the future": (
        lambda parts: {"network.json": parts["network.json"].replace(b'"flatten"', b'"telepathy"')},
        "telepathy",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_parts_are_refused_with_a_reason(folder: Path, good: bytes, name: str) -> None:
    change, said = HOSTILE[name]
    parts = parts_of(good)
    path = folder / "hostile.nnstudio"
    path.write_bytes(zipped({**parts, **change(parts)}))
    with pytest.raises(ProjectError) as caught:
        load_project(path)
    assert said in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", ["project.json", "network.json", "settings.json"])
def test_a_missing_part_is_named(folder: Path, good: bytes, name: str) -> None:
    parts = parts_of(good)
    del parts[name]
    path = folder / "missing.nnstudio"
    path.write_bytes(zipped(parts))
    with pytest.raises(ProjectError, match=name):
        load_project(path)


def test_names_that_point_elsewhere_are_never_written(folder: Path, good: bytes) -> None:
    path = folder / "paths.nnstudio"
    path.write_bytes(zipped({**parts_of(good), "../../escaped.json": b"{}", "/escaped.json": b"{}"}))
    assert load_project(path).spec == SPEC
    assert not list(folder.parent.rglob("escaped.json"))


def test_a_size_that_lies_is_not_believed(folder: Path, good: bytes) -> None:
    parts = {**parts_of(good), "settings.json": b" " * 50_000_000}
    data = bytearray(zipped(parts))
    honest = struct.pack("<L", 50_000_000)
    assert data.count(honest) == 2
    path = folder / "liar.nnstudio"
    path.write_bytes(bytes(data).replace(honest, struct.pack("<L", 100)))
    with pytest.raises(ProjectError):
        load_project(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_other_packing_is_refused(folder: Path, good: bytes, method: int) -> None:
    path = folder / "packed.nnstudio"
    path.write_bytes(zipped(parts_of(good), method))
    with pytest.raises(ProjectError, match="never uses"):
        load_project(path)


@pytest.mark.parametrize("name", ["absent.nnstudio", ".", "nul\0.nnstudio", "x" * 5000])
def test_a_path_that_cannot_be_read(folder: Path, name: str) -> None:
    with pytest.raises(ProjectError, match="cannot be opened"):
        load_project(folder / name)
