"""`python -m ms_gan.report`: what it writes, and what it says of bad input."""

import pytest
from report_runs import facts_in, made


def test_one_run_has_its_own_report_rewritten(run, tmp_path):
    folder = made(tmp_path / "0000-faces")
    done = run("report", folder)
    assert (done.status, done.out, done.err) == (0, f"{folder}/report.html\n", "")
    assert facts_in(folder / "report.html")["runs"][0]["name"] == "0000-faces"


def test_several_are_compared_in_the_working_folder(run, tmp_path):
    folders = [made(tmp_path / "runs" / name, lr=rate) for name, rate in (("a", 1), ("b", 2))]
    done = run("report", *folders)
    assert (done.status, done.out) == (0, "comparison.html\n")
    told = facts_in(tmp_path / "comparison.html")
    assert [each["name"] for each in told["runs"]] == ["a", "b"]
    assert told["differences"] == [{"name": "lr", "values": [1, 2]}]
    assert not (folders[0] / "report.html").exists()


def test_out_says_where(run, tmp_path):
    folder = made(tmp_path / "run")
    assert run("report", folder, "--out", "sub/page.html").out == "sub/page.html\n"
    assert facts_in(tmp_path / "sub" / "page.html")["runs"]
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    "arguments, status, told",
    [
        ([], 2, "the following arguments are required: RUN"),
        (["run", "--what"], 2, "unrecognized arguments: --what"),
        (["run", "run/../run"], 2, "run/../run: given twice; give each run once"),
        (["run", "--out", "page.png"], 2, "--out page.png: expected a name ending in .html"),
        (["run", "--out", "run/log.jsonl/page.html"], 1, "run/log.jsonl: File exists"),
        (["nowhere"], 1, "nowhere: no such folder; expected a run folder like runs/0000-faces"),
        (["run", "run/samples"], 1, "run/samples: holds no options.json"),
    ],
)
def test_bad_usage_is_one_line(run, tmp_path, arguments, status, told):
    made(tmp_path / "run")
    check(run("report", *arguments), status, told)


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("log.jsonl", None, "run: its log.jsonl is missing or empty; there is nothing to tell"),
        ("log.jsonl", b"", "run: its log.jsonl is missing or empty"),
        ("log.jsonl", b'[1]\n"a"\n{"step": 1}\n{"step": NaN, "seconds": 1}\n', "missing or empty"),
        ("log.jsonl", b"\xff\xfe\x00", "run/log.jsonl: damaged; expected a line of JSON"),
        ("options.json", b"{", "run/options.json: damaged; expected what a training writes"),
        ("options.json", b'{"recipe": "faces", "options": 3}', "run/options.json: damaged"),
        ("options.json", b"[" * 100_000, "run/options.json: damaged"),
    ],
)
def test_a_bad_run_folder_is_one_line(run, tmp_path, name, content, told):
    file = made(tmp_path / "run") / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    check(run("report", "run"), 1, told)
    assert not (tmp_path / "run" / "report.html").exists()


def check(ended, status, told):
    assert ended.status == status
    assert ended.err.startswith("ms_gan.report: error: ") and ended.err.count("\n") == 1
    assert told in ended.err and ended.out == ""
