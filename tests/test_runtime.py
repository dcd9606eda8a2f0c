import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT

from ms_gan import runtime
from ms_gan.errors import GanError, UsageError

ACCELERATORS = [Path("/dev/davinci0"), Path("/dev/nvidia0")]


@pytest.fixture
def installed(monkeypatch):
    """Pretend that packages are installed in other versions: installed(mindspore=(2, 8))."""
    real = runtime.version

    def pretend(**versions):
        monkeypatch.setattr(
            runtime, "version", lambda package: versions.get(package) or real(package)
        )

    return pretend


def test_what_the_user_has_set_stays(monkeypatch):
    names = ("GLOG_v", "MS_OM_PATH", "MS_COMPILER_CACHE_PATH")
    for name in names:
        monkeypatch.setenv(name, "mine")
    runtime.guard()
    assert {os.environ[name] for name in names} == {"mine"}


def test_a_cpu_computes_without_handing_operations_on(monkeypatch):
    monkeypatch.delenv("MS_DEV_HOST_BLOCKING_RUN", raising=False)
    runtime.start("CPU")
    assert os.environ["MS_DEV_HOST_BLOCKING_RUN"] == "1"
    monkeypatch.setenv("MS_DEV_HOST_BLOCKING_RUN", "0")
    runtime.start("CPU")
    assert os.environ["MS_DEV_HOST_BLOCKING_RUN"] == "0"


def test_a_cache_whose_steps_train_nothing_is_left_aside(monkeypatch, caplog):
    monkeypatch.setenv("MS_COMPILER_CACHE_ENABLE", "1")
    runtime.guard()
    assert os.environ["MS_COMPILER_CACHE_ENABLE"] == "0"
    assert "MS_COMPILER_CACHE_ENABLE=1 is left aside" in caplog.text


def test_versions_compare_as_numbers():
    assert runtime.version("no-such-package-at-all") == (0, 0)
    assert (1, 20) <= runtime.version("numpy") < (2, 0)


def test_numpy_2_is_refused_with_the_remedy(installed):
    installed(numpy=(2, 0))
    with pytest.raises(
        GanError, match=r"numpy .* found, but MindSpore needs numpy 1\.x.*pip install 'numpy<2'"
    ):
        runtime.start()


def test_a_missing_mindspore_is_one_clear_error(installed):
    installed(mindspore=(0, 0))
    with pytest.raises(GanError, match="mindspore is not installed: pip install"):
        runtime.start()


@pytest.mark.parametrize("found, told", [((2, 5), 1), ((2, 11), 1), ((2, 8), 0)])
def test_a_mindspore_that_was_not_tried_is_warned_of_once(installed, caplog, found, told):
    runtime._tell_untried.cache_clear()
    installed(mindspore=found)
    runtime.check()
    runtime.check()
    version = ".".join(map(str, found))
    assert len(caplog.records) == told
    assert caplog.text.count(f"MindSpore {version} found") == told
    assert caplog.text.count("tried with 2.0, 2.7, 2.8, 2.9, 2.10 only") == told


def test_the_tried_versions_are_those_of_the_script():
    script = (ROOT / "scripts" / "test_versions.sh").read_text(encoding="utf-8")
    words = re.search(r"^every=\((.*)\)", script, re.M)[1].split()
    found = {tuple(int(part) for part in word.split("-")[0].split(".")[:2]) for word in words}
    assert found == set(runtime.TRIED)


@pytest.mark.skipif(
    any(path.exists() for path in ACCELERATORS), reason="this machine has an accelerator"
)
def test_auto_is_the_cpu_where_nothing_else_is_there():
    assert runtime.start("auto") == "CPU"


@pytest.mark.parametrize(
    "usable, best",
    [({"CPU"}, "CPU"), ({"CPU", "GPU"}, "GPU"), ({"CPU", "GPU", "Ascend"}, "Ascend")],
)
def test_auto_takes_the_best_device_and_opens_it(monkeypatch, usable, best):
    opened = []
    monkeypatch.setattr(runtime, "_drives", lambda ms, device: device in usable)
    monkeypatch.setattr(
        runtime, "_set_device", lambda ms, device, number: opened.append((device, number))
    )
    assert runtime.start("auto", device_id=3) == best
    assert opened == [(best, 3)]


@pytest.mark.parametrize("device, wheel", [("GPU", r"2\.0\.0.*CUDA"), ("Ascend", "CANN")])
def test_a_device_that_cannot_be_driven_names_what_can_and_the_wheel(monkeypatch, device, wheel):
    monkeypatch.setattr(runtime, "_drives", lambda ms, name: name == "CPU")
    with pytest.raises(
        UsageError, match=rf"--device {device}: MindSpore .* drives CPU on this machine.*{wheel}"
    ):
        runtime.start(device)


def refusing(reason):
    """A stand-in for MindSpore that is on Ascend's card 7, and can't be put there."""

    def refuse(device, number):
        raise RuntimeError(f"{reason}\n---- C++ call stack\nlong")

    context = {"device_target": "Ascend", "device_id": 7}
    return SimpleNamespace(set_device=refuse, get_context=context.get)


@pytest.mark.parametrize(
    "reason, number",
    [("device 7 is not there", 7), ("The runtime has been initialized, please set it before", 6)],
)
def test_a_device_that_cannot_be_opened_is_one_line(reason, number):
    with pytest.raises(GanError) as error:
        runtime._set_device(refusing(reason), "Ascend", number)
    assert (
        str(error.value)
        == f"--device Ascend --device-id {number}: MindSpore can't open it: {reason}"
    )


def test_a_device_that_mindspore_has_computed_on_is_used_as_it_is():
    runtime._set_device(refusing("The runtime has been initialized, please"), "Ascend", 7)


@pytest.mark.parametrize("before", [logging.NOTSET, logging.INFO])
def test_quiet_holds_logs_back_and_restores_them(caplog, before):
    logging.disable(before)
    try:
        with pytest.raises(ValueError), runtime.quiet():
            logging.getLogger("x").critical("hidden")
            raise ValueError
        assert logging.root.manager.disable == before
        assert not caplog.records
    finally:
        logging.disable(logging.NOTSET)


def test_cores_are_those_this_process_may_use(monkeypatch):
    assert runtime.cores() >= 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {2, 5, 7}, raising=False)
    assert runtime.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert runtime.cores() == 1


@pytest.mark.parametrize(
    "command, status",
    [
        (["-c", "import ms_gan"], 0),
        (["-m", "ms_gan.train", "--list"], 0),
        (["-m", "ms_gan.train", "faces", "--lr", "2"], 2),
    ],
)
def test_mindspore_is_not_imported_before_it_is_needed(tmp_path, command, status):
    (tmp_path / "mindspore.py").write_text("raise SystemExit('mindspore was imported')")
    ended = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert "mindspore was imported" not in ended.stderr
    assert ended.returncode == status


@pytest.fixture
def processor(monkeypatch, tmp_path):
    """Pretend that the processor has these flags."""
    monkeypatch.delenv("ONEDNN_DEFAULT_FPMATH_MODE", raising=False)

    def pretend(flags):
        monkeypatch.setattr(runtime, "CPUINFO", tmp_path / "cpuinfo")
        (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : {flags}\n")

    return pretend


def test_bf16_is_asked_for_before_mindspore_starts(processor, installed):
    processor("fpu avx512f amx_bf16 amx_tile")
    installed(mindspore=(2, 9))
    assert runtime.start("CPU", cpu_math="bf16") == "CPU"
    assert os.environ.pop("ONEDNN_DEFAULT_FPMATH_MODE") == "BF16"


@pytest.mark.parametrize(
    "mindspore, flags, needed",
    [
        ((2, 8), "fpu amx_bf16", "MindSpore 2.9"),
        ((2, 10), "fpu avx512_bf16", "AMX"),
        ((2, 10), "", "AMX"),
    ],
)
def test_bf16_is_refused_where_nothing_does_it(processor, installed, mindspore, flags, needed):
    processor(flags)
    installed(mindspore=mindspore)
    with pytest.raises(UsageError, match=f"--cpu-math bf16.*{needed}.*leave it out"):
        runtime.start("CPU", cpu_math="bf16")
    assert "ONEDNN_DEFAULT_FPMATH_MODE" not in os.environ


def test_bf16_is_refused_where_it_cannot_be_known(processor, installed, monkeypatch, tmp_path):
    processor("amx_bf16")
    monkeypatch.setattr(runtime, "CPUINFO", tmp_path / "missing")
    installed(mindspore=(2, 10))
    with pytest.raises(UsageError, match="AMX"):
        runtime.start("CPU", cpu_math="bf16")


def test_float32_is_left_as_it_is(processor):
    processor("amx_bf16")
    runtime.start("CPU")
    assert "ONEDNN_DEFAULT_FPMATH_MODE" not in os.environ
