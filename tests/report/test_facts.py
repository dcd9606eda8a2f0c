"""What a report tells is what the run folder holds, at a bounded size."""

import base64
import io
import json
import shlex

import pytest
import report_runs
from PIL import Image
from report_runs import LINES, line, made, score

from ms_gan.report import comparison, facts, frames

PLENTY = 10**7


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB")


def test_curves_are_the_logs_numbers(tmp_path):
    told = facts.read(made(tmp_path / "run"), PLENTY)["numbers"]["log"]
    assert told["step"] == [1, 50, 100, 150, 200]
    assert told["seconds"] == [0.5, 25, 50, 75, 100]
    assert told["values"]["loss_g"] == [1.01, 1.5, 2, 2.5, 3]
    assert told["values"].keys() == {
        *("loss_g", "loss_d", "d_x", "d_g_z1", "k", "images_per_second", "data_wait")
    }


def test_a_long_logs_points_are_means_of_neighbours(tmp_path):
    lines = [line(step, loss_g=float(step % 3)) for step in range(1, 3 * facts.POINTS + 2)]
    told = facts.read(made(tmp_path / "run", lines), PLENTY)["numbers"]["log"]
    assert len(told["step"]) == len(told["values"]["loss_g"]) <= facts.POINTS
    assert told["step"][:2] == [2.5, 6.5]  # four lines each
    assert told["values"]["loss_g"][:2] == [(1 + 2 + 0 + 1) / 4, (2 + 0 + 1 + 2) / 4]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None, "text", 10**400])
def test_what_is_no_number_is_a_gap(tmp_path, bad):
    lines = [*LINES[:2], {**LINES[2], "loss_g": bad}]
    told = facts.read(made(tmp_path / "run", lines), PLENTY)["numbers"]["log"]
    assert told["values"]["loss_g"] == [1.01, 1.5, None]


def test_samples_are_in_order_with_the_seconds_of_their_steps(tmp_path):
    run = made(tmp_path / "run", steps=(0, 25, 200))
    told = facts.read(run, PLENTY)["samples"]
    assert told["step"] == [0, 25, 200]
    assert told["seconds"] == [0, 12.5, 100]
    for step, uri in zip(told["step"], told["pictures"]):
        assert abs(opened(uri).getpixel((20, 15))[0] - step) < 6


def test_the_best_is_shown_beside_the_last(tmp_path):
    lines = [*LINES, score(100, 0.1), score(200, 0.3)]
    run = made(tmp_path / "run", lines)
    assert facts.read(run, PLENTY)["best"] is None  # no generator is kept
    (run / "best-generator.ckpt").write_bytes(b"")
    told = facts.read(run, PLENTY)
    shown = [(each["title"], each["score"], each["step"]) for each in told["best"]["shown"]]
    assert (told["best"]["name"], shown) == ("KID", [("best", 0.1, 100), ("last", 0.3, 200)])
    assert told["numbers"]["scores"]["values"] == {"KID": [0.1, 0.3], "recall": [0.5, 0.5]}


def test_the_best_is_left_out_where_it_is_the_last(tmp_path):
    run = made(tmp_path / "run", [*LINES, score(100, 0.3), score(200, 0.1)])
    (run / "best-generator.ckpt").write_bytes(b"")
    assert facts.read(run, PLENTY)["best"] is None


def test_commands_can_be_typed_whatever_the_folder_is_called(tmp_path):
    run = made(tmp_path / "a run; $(x)")
    words = [shlex.split(each["text"]) for each in facts.read(run, PLENTY)["commands"]]
    ckpt = str(run / "generator.ckpt")
    assert words == [
        ["python", "-m", "ms_gan.train", "faces", "--resume", str(run)],
        ["python", "-m", "ms_gan.evaluate", "--ckpt", ckpt, "--data", "my faces.zip"],
        ["python", "-m", "ms_gan.generate", "--ckpt", ckpt],
        ["python", "-m", "ms_gan.report", str(run)],
    ]


def test_frames_are_few_and_even_with_the_first_and_the_last(tmp_path):
    for count in (1, 2, frames.MOST, frames.MOST + 1, 12345):
        chosen = frames.evenly(list(range(count)), frames.MOST)
        assert chosen[0] == 0 and chosen[-1] == count - 1
        assert min(count, frames.MOST // 2) <= len(chosen) <= frames.MOST
        gaps = {after - before for before, after in zip(chosen[:-1], chosen[1:-1])}
        assert len(gaps) <= 1


def test_frames_are_thinned_until_they_fit(tmp_path):
    run = made(tmp_path / "run", steps=())
    for step in range(9):
        report_runs.grid((60, 60), step, noisy=True).save(run / "samples" / f"{step:07d}.png")
    all_of_them = facts.read(run, PLENTY)["samples"]
    size = sum(map(len, all_of_them["pictures"]))
    some = facts.read(run, size // 2)["samples"]
    assert sum(map(len, some["pictures"])) <= size // 2
    assert 2 < len(some["step"]) < 9 and some["step"][0] == 0 and some["step"][-1] == 8
    assert facts.read(run, 0)["samples"]["step"] == [0, 8]


def test_pictures_are_encoded_once_and_again_when_they_change(tmp_path, monkeypatch):
    file = tmp_path / "0000000.png"
    report_runs.grid(level=1).save(file)
    first = frames.picture(file)
    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", None)
        assert frames.picture(file) == first
    report_runs.grid((50, 30), level=200).save(file)
    assert opened(frames.picture(file)).size == (50, 30)


def test_a_large_picture_is_scaled_down(tmp_path):
    report_runs.grid((3000, 1000)).save(tmp_path / "large.png")
    small = opened(frames.picture(tmp_path / "large.png"))
    assert small.width * small.height <= frames.PIXELS
    assert small.width / small.height == pytest.approx(3, abs=0.02)


def test_a_damaged_picture_is_left_out_and_named_once(tmp_path, caplog):
    run = made(tmp_path / "run")
    (run / "samples" / "0000100.png").write_text("text")
    (run / "real.png").unlink()
    for _ in range(2):
        told = facts.read(run, PLENTY)
        assert told["samples"]["step"] == [0, 200] and told["real"] is None
    assert len(caplog.messages) == 1 and "0000100.png" in caplog.text


# --- several runs ---


def both(tmp_path):
    fast = [{**each, "seconds": each["step"] / 10} for each in LINES]
    slow = made(tmp_path / "slow", lr=0.1)
    return [facts.read(run, PLENTY) for run in (slow, made(tmp_path / "fast", fast, (0, 50, 150)))]


def test_equal_steps_put_each_runs_newest_sample_by_then_side_by_side(tmp_path):
    stops = comparison.stops(both(tmp_path), "step")
    found = [(stop["at"], stop["frames"]) for stop in stops]
    # the samples are of steps 0, 100, 200 and 0, 50, 150
    assert found == [(0, [0, 0]), (50, [0, 1]), (100, [1, 1]), (150, [1, 2]), (200, [2, 2])]


def test_equal_seconds_do_so_by_time(tmp_path):
    stops = comparison.stops(both(tmp_path), "seconds")
    found = [(stop["at"], stop["frames"]) for stop in stops]
    # they are of seconds 0, 50, 100 and 0, 5, 15
    assert found == [(0, [0, 0]), (5, [0, 1]), (15, [0, 2]), (50, [1, 2]), (100, [2, 2])]


def test_only_the_options_that_differ_are_told(tmp_path):
    runs = [made(tmp_path / "a"), made(tmp_path / "b", lr=0.1, flip=True)]
    found = comparison.differences([facts.read(run, PLENTY) for run in runs])
    assert found == [
        {"name": "lr", "values": [0.0002, 0.1]},
        {"name": "flip", "values": [None, True]},
    ]


def test_plots_group_what_has_one_scale(tmp_path):
    lines = [*LINES, score(100, 0.1)]
    shown = comparison.panels([facts.read(made(tmp_path / "run", lines), PLENTY)])
    assert [(panel["title"], list(panel["curves"])) for panel in shown] == [
        ("Losses", ["loss_g", "loss_d"]),
        ("Verdicts of the discriminator", ["d_x", "d_g_z1"]),
        ("k", ["k"]),
        ("KID", ["KID"]),
        ("recall", ["recall"]),
        ("Speed", ["images_per_second"]),
        ("Waiting for data", ["data_wait"]),
    ]


def test_facts_are_what_json_can_hold(tmp_path):
    told = facts.read(made(tmp_path / "run"), PLENTY)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
