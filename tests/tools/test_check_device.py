"""A report of what works on a device: each line is ok or failed, with what was found."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ms_gan import pictures
from ms_gan.errors import GanError, run_command
from ms_gan.tools import check_device
from ms_gan.tools.check_device import CHECKS, Checks, Trial

SMALL = ["--image-size", "32", "--ngf", "2", "--ndf", "2", "--batch-size", "4", "--steps", "2"]


def lines_of(report):
    """{check: (ok or failed, what was found)} of a report's text."""
    return {
        name: (state, found)
        for state, name, found in re.findall(r"^(ok|failed) +([\w ]+): (.*)$", report, re.M)
    }


def test_everything_works_here(tmp_path, monkeypatch):
    monkeypatch.setattr(check_device, "TOOLS", (("echo", "a card"), ("no-such-tool",)))
    words = [*SMALL, "--device", "CPU", "--layers", "mindspore", "--out", "report.txt"]
    assert check_device.main(words) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]
    text = Path("report.txt").read_text()
    found = lines_of(text)
    assert list(found) == list(CHECKS)
    assert {state for state, _ in found.values()} == {"ok"}
    assert "echo ended with status 0, see below, no no-such-tool" in found["drivers"][1]
    assert text.endswith("echo a card\na card\n")
    assert found["device"][1].startswith("CPU (asked for CPU)")
    assert re.match(r"[\d.]+ s, layers mindspore; then [\d.]+ ms a step", found["compile"][1])
    speed = r"losses [\d.]+ and [\d.]+; [\d.]+ ms a step, [\d.]+ images/s"
    assert re.fullmatch(f"step 1, {speed}", found["train"][1])
    assert re.fullmatch(f"after step 1, step 2, {speed}", found["resume"][1])
    assert found["generate"][1] == "8 images of (32, 32, 3)"


def test_what_fails_is_told_with_its_reason_and_the_rest_is_tried(monkeypatch, tmp_path, capsys):
    def broken(*_):
        raise RuntimeError("the card\nis on fire")

    monkeypatch.setattr(check_device.runtime, "start", broken)
    assert run_command("check_device", check_device.main, ["--out", "report.txt"]) == 1
    text = Path("report.txt").read_text()
    found = lines_of(text)
    assert list(found) == list(CHECKS)
    assert found["versions"][0] == "ok"
    assert found["device"] == ("failed", "the card is on fire")
    assert found["compile"] == ("failed", "no device was opened, see above")
    assert found["resume"] == ("failed", "nothing was trained, see above")
    assert "Traceback" in text and 'raise RuntimeError("the card' in text
    assert "failed  device: the card is on fire" in capsys.readouterr().out


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Checks of a card that has made pictures; `elsewhere.cpu` are those that a CPU makes."""
    checks = Checks(Trial(), tmp_path)
    checks._device, checks._run = "Ascend", SimpleNamespace(checkpoint="generator.ckpt")
    checks._pixels = np.full((8, 4, 4, 3), 100, np.uint8)
    made = SimpleNamespace(checks=checks, cpu=checks._pixels, status=0)

    def run(command, **_):
        assert command[command.index("--device") + 1] == "CPU"
        pictures.grid(made.cpu).save(command[command.index("--out") + 1])
        return subprocess.CompletedProcess(command, made.status, "", "no such file\n")

    monkeypatch.setattr(subprocess, "run", run)
    return made


def test_pictures_of_a_card_are_compared_with_the_cpus(elsewhere):
    elsewhere.cpu = elsewhere.checks._pixels + np.uint8(2)
    assert elsewhere.checks.compare() == "the pictures differ by 2 of 255 levels at most"
    elsewhere.cpu = elsewhere.checks._pixels - np.uint8(3)
    with pytest.raises(GanError, match="differ by 3 of 255 levels; expected 2 at most"):
        elsewhere.checks.compare()
    elsewhere.status = 1
    with pytest.raises(GanError, match="generating on the CPU failed: no such file"):
        elsewhere.checks.compare()


def test_pictures_that_are_all_the_same_are_a_fault(elsewhere, monkeypatch):
    same = SimpleNamespace(generate=lambda seeds: np.zeros((len(seeds), 4, 4, 3), np.uint8))
    monkeypatch.setattr(check_device, "load", lambda *_: same)
    with pytest.raises(GanError, match="all 8 images are the same"):
        elsewhere.checks.generate()
