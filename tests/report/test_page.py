"""The page is one file that holds all it needs, whole or not there, whatever a run folder holds."""

import os
import re

import pytest
import report_runs
from report_runs import LINES, facts_in, made, score

from ms_gan import report
from ms_gan.report import frames

HOSTILE = "</script><script>alert(1)</script><!-- <script> $css ${js} \u2028 é & \"'"


def test_numbers_and_options_reach_the_page(tmp_path):
    report.write([made(tmp_path / "run")], tmp_path / "page.html")
    told = facts_in(tmp_path / "page.html")
    (run,) = told["runs"]
    assert (run["name"], run["recipe"], run["options"]["lr"]) == ("run", "faces", 0.0002)
    assert run["numbers"]["log"]["values"]["d_x"] == [0.75] * 5
    assert told["stops"]["step"][1] == {"at": 100, "frames": [1]}
    assert run["progress"] == {"step": 200, "epoch": 3, "seconds": 100}


def test_a_page_fetches_nothing(tmp_path):
    report.write([made(tmp_path / "run")], tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "default-src 'none'" in text
    assert set(re.findall(r"\bhttps?://[^\s\"']*", text)) == {
        "http://www.w3.org/2000/svg"
    }  # a name
    assert not re.search(r"<(script|img|link)[^>]*(src|href)=\"(?!data:)", text)


def test_what_a_run_folder_holds_is_never_markup(tmp_path):
    run = made(tmp_path / "run", [{**LINES[0], HOSTILE: 1.0}], lr=HOSTILE, **{HOSTILE: 1})
    report.write([run], tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in text and "<!-- " not in text
    told = facts_in(tmp_path / "page.html")["runs"][0]
    assert told["options"]["lr"] == HOSTILE and told["options"][HOSTILE] == 1
    assert told["numbers"]["log"]["values"][HOSTILE] == [1]


def test_options_that_are_no_numbers_do_not_break_the_page(tmp_path):
    report.write([made(tmp_path / "run", lr=float("nan"))], tmp_path / "page.html")
    assert facts_in(tmp_path / "page.html")["runs"][0]["options"]["lr"] == "nan"


def test_a_long_run_of_big_grids_stays_below_8_mb(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "PIXELS", 2**16)  # as 16 times as many bytes, with a 16th of them
    monkeypatch.setattr(report.page, "BUDGET", report.page.BUDGET // 16)
    lines = [report_runs.line(step, loss_g=step / 7, loss_d=1 / step) for step in range(1, 20001)]
    run = made(tmp_path / "run", [*lines, score(90, 0.1), score(110, 0.2)], steps=())
    (run / "best-generator.ckpt").write_bytes(b"")
    noise = report_runs.grid((300, 300), noisy=True)
    noise.save(run / "real.png")
    noise.save(run / "samples" / "0000000.png")
    for step in range(1, 121):
        os.link(run / "samples" / "0000000.png", run / "samples" / f"{step:07d}.png")
    report.write([run], tmp_path / "page.html")
    told = facts_in(tmp_path / "page.html")["runs"][0]
    pictures = [*told["samples"]["pictures"], told["real"]]
    pictures += [each["picture"] for each in told["best"]["shown"]]
    rest = (tmp_path / "page.html").stat().st_size - sum(map(len, pictures))
    assert 16 * sum(map(len, pictures)) + rest < 8_000_000
    assert told["samples"]["step"][0] == 0 and told["samples"]["step"][-1] == 120
    assert len(told["samples"]["step"]) > 2


@pytest.mark.parametrize("before", [None, "an earlier page"])
def test_a_page_appears_whole_or_not_at_all(tmp_path, monkeypatch, before):
    run, page = made(tmp_path / "run"), tmp_path / "out" / "page.html"
    page.parent.mkdir()
    if before:
        page.write_text(before)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        report.write([run], page)
    assert caught.value.filename == str(page)
    assert [file.read_text() for file in page.parent.iterdir()] == ([before] if before else [])


def test_runs_of_the_same_name_are_told_apart(tmp_path):
    runs = [made(tmp_path / parent / "0000-faces") for parent in ("a", "b")]
    report.write(runs, tmp_path / "page.html")
    assert [run["name"] for run in facts_in(tmp_path / "page.html")["runs"]] == list(map(str, runs))
