"""The tuner's parent: a child that works, one that fails, and one that is stopped."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

import psutil
import pytest

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.tuner import LOW_PRIORITY, Tuned, TuningReport, tune
from nnstudio.network.presets import lenet5

LINE = '{"questions": 2, "node": "conv1", "kernel": "forward", "best": [4, 5], "seconds": 1.0, "seconds_before": 3.0}'


def child(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


def test_progress_is_told_and_the_whole_is_reported() -> None:
    reports: list[TuningReport] = []
    code = f"import sys; sys.stdin.read(); print('driver says hello'); print('{{\"questions\": 2}}'); print('{LINE}')"
    report = tune(lenet5(), "opencl:0", 64, progress=reports.append, tuner=child(code))
    assert [len(each.tuned) for each in reports] == [0, 1]
    assert report == reports[-1]
    assert report.questions == 2
    assert report.tuned[0].best == (4, 5)
    assert report.speedup == 3.0
    assert (report.tuned[0].name, report.tuned[0].gain) == ("conv1 forward", "3.00 times as fast")
    assert report.summary == "1 choice tried; together 3.00 times as fast as before. 1 more is left for another time."


def test_the_child_is_given_the_network_the_device_and_the_batch(tmp_path: Path) -> None:
    code = f"import sys; open({str(tmp_path / 'told')!r}, 'w').write(' '.join(sys.argv[1:]) + sys.stdin.read())"
    tune(lenet5(), "opencl:1", 32, seconds=7.0, tuner=child(code))
    told = (tmp_path / "told").read_text()
    assert told.startswith("opencl:1 32 7.0")
    assert told.endswith(lenet5().to_json())


def test_a_cancelled_child_is_killed_while_it_works_and_what_it_found_is_reported() -> None:
    enough = Event()
    endless = f"import sys, threading; sys.stdin.read(); print('{LINE}', flush=True); threading.Event().wait()"
    report = tune(
        lenet5(), "opencl:0", 64, progress=lambda _: enough.set(), cancelled=enough.is_set, tuner=child(endless)
    )
    assert len(report.tuned) == 1


def test_a_child_that_nobody_waits_for_steps_aside(tmp_path: Path) -> None:
    code = (
        "import sys, psutil; sys.stdin.read()\n"
        f"open({str(tmp_path / 'nice')!r}, 'w').write(str(int(psutil.Process().nice())))"
    )
    tune(lenet5(), "opencl:0", 64, aside=True, tuner=child(code))
    nice = int((tmp_path / "nice").read_text())
    assert nice == psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else nice >= LOW_PRIORITY


@pytest.mark.parametrize(
    ("report", "summary"),
    [
        (TuningReport(0, ()), "Nothing to do"),
        (TuningReport(3, ()), "Nothing was tried"),
        (
            TuningReport(1, (Tuned("conv1", "forward", (4,), 1.0, 1.0),)),
            "1 choice tried; nothing gained.",
        ),
    ],
)
def test_what_came_of_it_in_a_sentence(report: TuningReport, summary: str) -> None:
    assert report.summary.startswith(summary)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('print(\'{"problem": "It is broken."}\')', "It is broken"),
        ("import os; os.abort()", "SIGABRT"),
        ("import sys; sys.exit(3)", "status 3"),
    ],
)
def test_a_child_that_fails_says_why(code: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        tune(lenet5(), "opencl:0", 64, tuner=child("import sys; sys.stdin.read(); " + code))


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnstudio.engine.tuner.PATIENCE", 0.2)
    with pytest.raises(DeviceError, match="SIGKILL"):
        tune(lenet5(), "opencl:0", 64, seconds=0.1, tuner=child("import threading; threading.Event().wait()"))


def test_numpy_has_nothing_to_choose_from() -> None:
    with pytest.raises(DeviceError, match="cannot be tuned"):
        tune(lenet5(), "numpy", 64)
