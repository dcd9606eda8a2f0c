"""ms_gan.fit and what it gives: the library as a notebook uses it."""

import os
import random
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from conftest import GRID, ROOT
from PIL import Image
from run_files import arrays, assert_same_arrays, log, steps

import ms_gan
from ms_gan.errors import GanError, UsageError
from ms_gan.recipes import RECIPES

SIZES = {"image_size": 32, "nz": 8, "ngf": 2, "ndf": 2, "batch_size": 4, "layers": "mindspore"}


def test_a_function_trains_as_the_command_does_and_prints_nothing(face_folder, trained, capfd):
    run = ms_gan.fit("faces", data=face_folder, **SIZES, steps=4, log_every=2, out="here")
    assert capfd.readouterr().out == ""
    assert (str(run.path), run.stopped) == ("here/0000-faces", None)
    assert_same_arrays(arrays(run.path), arrays(trained))
    assert log(run.path) == log(trained)
    assert [line["step"] for line in run.log] == [1, 2, 4]
    assert [path.name for path in run.samples] == ["0000000.png", "0000002.png", "0000004.png"]
    assert repr(run) == "Run('here/0000-faces')"


def test_what_a_run_gives(trained):
    run = ms_gan.Run(trained)
    images = run.generator.generate(seeds=range(5))
    assert (images.shape, images.dtype) == ((5, 32, 32, 3), np.uint8)
    again = ms_gan.load(run.checkpoint).generate(seeds=[4])
    np.testing.assert_array_equal(again[0], images[4])
    ms_gan.grid(images, columns=2).save("grid.png")
    with Image.open("grid.png") as grid:
        assert grid.size == (2 + 2 * 34, 2 + 3 * 34)
    assert run._repr_png_() == run.samples[-1].read_bytes()  # as a notebook shows it
    with Image.open(run.gif) as gif:
        assert gif.size == GRID
    assert ms_gan.Run("nowhere")._repr_png_() is None


def test_it_goes_on_with_a_run(copy):
    run = ms_gan.fit("faces", resume=copy, steps=5, log_every=1)
    assert run.path == copy and steps(copy) == [1, 2, 4, 5]
    with pytest.raises(UsageError, match="it has made 5 of 5 steps already"):
        ms_gan.fit("faces", resume=copy)
    with pytest.raises(UsageError, match="--nz 9 instead of 8"):
        ms_gan.fit("faces", resume=copy, steps=6, nz=9)


@pytest.mark.parametrize(
    "recipe, options, kind, message",
    [
        ("cats", {}, UsageError, "'cats' is no recipe; expected one of gaussian|faces"),
        ("faces", {"learning_rate": 1}, UsageError, "faces has no option 'learning_rate'; it has"),
        ("gaussian", {"data": "x"}, UsageError, "gaussian has no option 'data'"),
        ("faces", {"lr": "fast"}, GanError, "lr is 'fast', which --lr wouldn't take"),
        ("faces", {"epochs": 0}, GanError, "epochs is 0, which --epochs wouldn't take"),
        ("faces", {"out": ""}, GanError, "out is '', which --out wouldn't take"),
        ("faces", {"data": "missing"}, GanError, "missing: no such file"),
        ("faces", {"allow_change": True}, UsageError, "--allow-change: only a run that is resumed"),
    ],
)
def test_what_is_wrong_is_an_error_of_one_line_and_nothing_is_left(recipe, options, kind, message):
    with pytest.raises(kind) as error:
        ms_gan.fit(recipe, **options)
    assert any(part in str(error.value) for part in message.split("|"))
    assert "\n" not in str(error.value)
    assert os.listdir() == []


def test_ctrl_c_gives_the_run_as_far_as_it_came(face_folder, hook):
    def interrupted(training, batch):
        if training.step == 1:
            signal.raise_signal(signal.SIGINT)
        return batch

    hook(interrupted)
    run = ms_gan.fit("faces", data=face_folder, **SIZES, steps=4, log_every=1)
    assert run.stopped == signal.SIGINT and steps(run.path) == [1, 2]


def test_it_trains_in_a_thread_of_its_own():
    made = []
    thread = threading.Thread(target=lambda: made.append(ms_gan.fit("gaussian", steps=3)))
    thread.start()
    thread.join()
    assert steps(made[0].path) == [1, 2, 3]


def test_the_users_own_random_numbers_are_left_alone():
    random.seed(3)
    np.random.seed(3)
    expected = random.random(), np.random.random()
    random.seed(3)
    np.random.seed(3)
    ms_gan.fit("gaussian", steps=2).generator.generate(seeds=range(2))
    assert (random.random(), np.random.random()) == expected


def python(code, *folders):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*folders, ROOT]))},
        capture_output=True,
        text=True,
    )


def test_importing_it_has_no_effect_on_a_notebook():
    ended = python(
        "import logging, os, random, signal, sys\n"
        "import numpy\n"
        "def state():\n"
        "    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]\n"
        "    loggers = logging.root.level, logging.root.handlers, logging.root.manager.disable\n"
        "    return handlers, loggers, random.getstate(), str(numpy.random.get_state())\n"
        "before, variables = state(), dict(os.environ)\n"
        "import ms_gan\n"
        "assert state() == before\n"
        "added = {name for name in os.environ if os.environ[name] != variables.get(name)}\n"
        "assert added <= {'MS_OM_PATH', 'MS_COMPILER_CACHE_PATH'}, added\n"
        "assert 'mindspore' not in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("name", RECIPES)
def test_a_missing_mindspore_is_one_line_for_every_recipe(tmp_path, name):
    (tmp_path / "mindspore.py").write_text("raise ImportError('no mindspore here')")
    ended = python(
        "import sys\n"
        "from ms_gan import runtime, train\n"
        "from ms_gan.errors import run_command\n"
        "found = runtime.version\n"
        "runtime.version = lambda name: (0, 0) if name == 'mindspore' else found(name)\n"
        f"sys.exit(run_command('ms_gan.train', train.main, ['{name}']))",
        tmp_path,
    )
    said = "ms_gan.train: error: mindspore is not installed: pip install -r requirements.txt\n"
    assert (ended.returncode, ended.stderr) == (1, said)
