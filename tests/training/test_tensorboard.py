"""--log-to tensorboard: the events say what the log, the samples and the options say."""

import importlib.util
import io
import json
import math
import struct
import sys

import pytest
import stubs
from PIL import Image

from ms_gan.errors import UsageError
from ms_gan.fit import fit, make_plan
from ms_gan.training.callbacks import Callback
from ms_gan.training.finite import BadNumbers
from ms_gan.training.loop import train

pytest.importorskip("tensorboardX")


def events(folder):
    """The events of all files in a folder. A record is a length, a checksum, an event and its
    checksum, see TensorFlow's TFRecord format.
    """
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for file in sorted(folder.glob("events.out.tfevents.*")):
        data = file.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            found.append(Event.FromString(data[12 : 12 + length]))
            data = data[12 + length + 4 :]
    return found


def scalars(folder):
    """{(name, step): value}; a pair that comes twice is a fault."""
    found = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                assert (value.tag, event.step) not in found
                found[value.tag, event.step] = value.simple_value
    return found


def images(folder):
    """{step: picture}."""
    found = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.WhichOneof("value") == "image":
                assert value.tag == "samples" and event.step not in found
                found[event.step] = Image.open(io.BytesIO(value.image.encoded_image_string))
    return found


def hyperparameters(folder):
    """{name: value}."""
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData

    [told] = [
        value.metadata.plugin_data.content
        for event in events(folder)
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "hparams"
    ]
    started = HParamsPluginData.FromString(told).session_start_info.hparams
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in dict(started).items()}


def logged(run):
    """What the log says, as `scalars` has it."""
    return {
        (name, line["step"]): pytest.approx(value, rel=1e-6)
        for line in map(json.loads, (run / "log.jsonl").read_text().splitlines())
        for name, value in line.items()
        if name != "step"
    }


def test_a_run_and_its_continuation(run, tmp_path):
    options = ("--log-to", "tensorboard", "--log-every", 1, "--sample-every", 2)
    ended = run("train", "gaussian", *options, "--steps", 3)
    assert ended.status == 0, ended.err
    folder = tmp_path / "runs" / "0000-gaussian"
    first = scalars(folder / "tensorboard")
    assert first == logged(folder)
    assert {step for _, step in first} == {1, 2, 3}
    assert {"loss_g", "loss_d", "images_per_second", "epoch"} <= {name for name, _ in first}
    pictures = images(folder / "tensorboard")
    assert list(pictures) == [0, 2, 3]
    for step, picture in pictures.items():
        sample = Image.open(folder / f"samples/{step:07d}.png").convert("RGB")
        assert picture.size == sample.size and picture.tobytes() == sample.tobytes()
    found = hyperparameters(folder / "tensorboard")
    expected = {"recipe": "gaussian", "seed": 0.0, "log_every": 1.0, "on_nan": "stop"}
    assert {name: found[name] for name in expected} == expected

    ended = run("train", "gaussian", "--resume", folder, "--steps", 4)  # the option stays
    assert ended.status == 0, ended.err
    second = scalars(folder / "tensorboard")
    assert second == logged(folder)
    assert {step for _, step in second} == {1, 2, 3, 4}
    assert list(images(folder / "tensorboard")) == [0, 2, 3, 4]


@pytest.fixture
def written(tmp_path):
    """A stub training in which TensorBoard hooks, and the folder of its events."""
    from ms_gan.training.tensorboard import TensorBoard

    training = stubs.made(tmp_path, log=1)
    run = training.recorder.run
    return training, TensorBoard(run, {}), run.tensorboard


def test_scores_are_numbers_of_their_own(written):
    training, board, folder = written
    scores = {"KID": 0.25, "FID": 12.5}
    training.recorder.log({"step": 0, "main_score": "KID", "scores": scores, "seconds": 0.0})
    train(training, 1, [board])
    found = scalars(folder)
    assert found["scores/KID", 0] == 0.25 and found["scores/FID", 0] == 12.5
    assert not any(name == "main_score" for name, _ in found)


def test_steps_that_a_rollback_drops_are_not_there_twice(written):
    training, board, folder = written

    class Once(Callback):
        def after_log(self, training, line):
            if training.step == 6 and not training.rollbacks:
                raise BadNumbers("loss_g is nan")

        def mend(self, training, trouble):
            training.resume()
            training.rollbacks += 1
            return True

    train(training, 8, [board, Once()])
    assert training.rollbacks == 1
    found = scalars(folder)
    assert found == logged(training.recorder.run.path)
    assert sorted({step for _, step in found}) == list(range(1, 9))


def test_times_are_those_of_training(written):
    training, board, folder = written
    train(training, 3, [board])
    times = {event.step: event.wall_time for event in events(folder) if event.step}
    lines = {line["step"]: line["seconds"] for line in training.recorder.run.read_log()}
    assert math.isclose(times[3] - times[1], lines[3] - lines[1], abs_tol=1e-5)


def test_without_the_package_nothing_is_begun(monkeypatch, tmp_path):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboardX" else real(name)
    )
    monkeypatch.delitem(sys.modules, "tensorboardX", raising=False)
    with pytest.raises(
        UsageError, match=r"--log-to tensorboard: .*pip install '\.\[tensorboard\]'"
    ):
        fit("gaussian", log_to="tensorboard")
    assert not list(tmp_path.iterdir())
    assert make_plan("gaussian", {}).options.log_to == "jsonl"


def test_other_ranks_write_none(monkeypatch, only_begun):
    """Of several ranks the first one alone is given what writes files."""
    from ms_gan import distribution
    from ms_gan.training import assemble

    given = []
    real = assemble.callbacks
    monkeypatch.setattr(
        assemble,
        "callbacks",
        lambda plan, total, more: given.append(more) or real(plan, total, more),
    )
    for rank, kinds in ((0, ["Reporting", "TensorBoard"]), (1, [])):
        monkeypatch.setattr(distribution.World, "rank", rank)
        monkeypatch.setattr(distribution.World, "size", 2)
        fit("gaussian", steps=1, log_to="tensorboard")
        assert [type(one).__name__ for one in given.pop()] == kinds
