"""Training speeds estimated from figures of a device."""

from __future__ import annotations

from dataclasses import astuple, fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.engine import speed
from nnstudio.engine.backend import Phase
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.rehearsal import OPTIMIZER
from nnstudio.engine.speed import (
    Figures,
    Load,
    fit,
    images_per_second,
    load_of,
    measure_figures,
    references,
    remember_figures,
    remembered_figures,
)
from nnstudio.engine.work import work_of
from nnstudio.errors import CancelledError
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.presets import lenet5, resnet20
from nnstudio.paths import cache_dir
from tests.engine.networks import network

FIGURES = Figures(5e-11, 4e-11, 2e-11, 1e-11, 2e-10, 1e-10, 1e-5, 1e-4)


# ---- the work of a step


def test_figures_and_loads_speak_of_the_same_kinds() -> None:
    pairs = zip(fields(Figures), fields(Load), strict=True)
    assert all(kind.name.startswith(unit.name) for unit, kind in pairs)


def test_no_work_is_lost() -> None:
    plan = compile_plan(lenet5())
    work = work_of(plan, 64, OPTIMIZER)
    load = load_of(plan, 64)
    flops = load.thin_flops + load.short_flops + load.long_flops + load.dense_flops
    assert flops == sum(piece.flops for piece in work if piece.phase is not Phase.UPDATE)
    assert load.launches == sum(1 for piece in work if piece.flops or piece.bytes)
    assert load.update_bytes == next(piece.bytes for piece in work if piece.phase is Phase.UPDATE)
    assert load.steps == 1


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (Convolution(filters=32, kernel=(3, 3)), "long_flops"),
        (Convolution(filters=32, kernel=(1, 1)), "short_flops"),
        (DepthwiseConvolution(kernel=(3, 3)), "thin_flops"),
        (MaxPooling(), ""),
    ],
)
def test_convolutions_are_told_apart_by_their_sums(layer: Convolution, kind: str) -> None:
    load = load_of(compile_plan(network((16, 8, 8), [layer])), 4)
    assert [name for name in ("thin_flops", "short_flops", "long_flops") if getattr(load, name)] == [kind] * bool(kind)
    assert load.dense_flops > 0


def test_a_larger_batch_is_more_work_but_not_more_launches() -> None:
    plan = compile_plan(resnet20())
    small, large = load_of(plan, 16), load_of(plan, 32)
    assert large.long_flops == 2 * small.long_flops
    assert (large.launches, large.update_bytes) == (small.launches, small.update_bytes)
    assert images_per_second(plan, 32, FIGURES) > images_per_second(plan, 16, FIGURES)


# ---- figures from times


@cache
def reference_loads() -> list[Load]:
    return [load_of(compile_plan(spec), batch) for spec, batch in references()]


@settings(max_examples=15)
@given(st.lists(st.floats(0, 4), min_size=8, max_size=8))
def test_figures_are_found_again_from_the_times_that_they_make(exponents: list[float]) -> None:
    true = Figures(*(np.array(astuple(FIGURES)) * 10 ** np.array(exponents) / 100).tolist())
    loads = reference_loads()
    times = [true.step_seconds(load) for load in loads]
    found = fit(loads, times)
    assert [found.step_seconds(load) for load in loads] == pytest.approx(times, rel=0.1)
    assert all(value >= 0 for value in astuple(found))


@settings(max_examples=15)
@given(st.lists(st.floats(1e-6, 1.0), min_size=9, max_size=9))
def test_whatever_was_measured_no_figure_is_negative(times: list[float]) -> None:
    found = astuple(fit(reference_loads(), times))
    assert all(np.isfinite(value) and value >= 0 for value in found)


def test_the_references_tell_all_kinds_apart() -> None:
    loads = np.array([load.values() for load in reference_loads()])
    assert np.linalg.matrix_rank(loads / loads.max(axis=0)) == len(fields(Load))


def test_a_device_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    figures = measure_figures(NumpyBackend())
    assert images_per_second(compile_plan(lenet5()), 64, figures) > 0


def test_measuring_ends_when_it_is_cancelled() -> None:
    asked: list[int] = []
    with pytest.raises(CancelledError):
        measure_figures(NumpyBackend(), cancelled=lambda: len(asked) > 0 or asked.append(1) is not None)
    assert len(asked) == 1


# ---- what is kept


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNSTUDIO_CACHE_DIR", str(tmp_path))
    return tmp_path / "speed.json"


def test_figures_are_kept_for_each_device(own_cache: Path) -> None:
    other = replace(FIGURES, step=1.0)
    assert remembered_figures("one") is None
    remember_figures("one", FIGURES)
    remember_figures("other", other)
    assert (remembered_figures("one"), remembered_figures("other")) == (FIGURES, other)
    assert own_cache.parent == cache_dir()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"program": 3}', '{"devices": {"one": {"step": "slow"}}}', "\0"])
def test_a_damaged_file_counts_as_none(own_cache: Path, damage: str) -> None:
    remember_figures("one", FIGURES)
    own_cache.write_text(damage)
    assert remembered_figures("one") is None
    remember_figures("one", FIGURES)
    assert remembered_figures("one") == FIGURES


def test_another_program_measures_anew(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_figures("one", FIGURES)
    monkeypatch.setattr(speed, "program_fingerprint", lambda: "another")
    assert remembered_figures("one") is None


def test_a_cache_that_cannot_be_written_does_no_harm(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_cache.mkdir()
    remember_figures("one", FIGURES)
    assert remembered_figures("one") is None
