"""What several test files share: small images made on the spot, tiny networks, the commands run in
process, and a checkout for the scripts.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from checkout import Checkout
from PIL import Image

import ms_gan  # before MindSpore is imported anywhere: it sets the guards
from ms_gan import evaluate, explore, export, generate, import_weights, play, report, runtime, train
from ms_gan.data import prepare
from ms_gan.errors import run_command
from ms_gan.layers import for_cpu
from ms_gan.recipes import RECIPES

ROOT = Path(ms_gan.__file__).parents[1]
SIZES = ("--image-size", "32", "--nz", "8", "--ngf", "2", "--ndf", "2", "--batch-size", "4")
TINY = (*SIZES, "--layers", "mindspore")  # which compile in half the time that im2col takes
GRID = (2 + 8 * 34, 2 + 3 * 34)  # the size of a sample then: 3x8 images of 32x32 with margins of 2
runtime.start()  # the device has to be chosen before anything is computed,
runtime.limit_isa()  # and the limit for MindSpore's own convolutions

LAYERS = ("mindspore", "im2col")
every_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))

COMMANDS = {
    "train": train.main,
    "generate": generate.main,
    "evaluate": evaluate.main,
    "report": report.main,
    "explore": explore.main,
    "play": play.main,
    "export": export.main,
    "import_weights": import_weights.main,
    "data.prepare": prepare.main,
}


def convert(network, choice):
    """A network of MindSpore's own layers, or converted to im2col in place, as `choice` says."""
    return for_cpu(network) if choice == "im2col" else network


def compiled(network):
    """A network as a compiled step calls it, where MindSpore treats side effects differently."""
    import mindspore as ms

    @ms.jit
    def step(images):
        return network(images)

    return step


@pytest.fixture(params=LAYERS, scope="session")
def converted(request):
    """A function that gives a network back as it is, then one that converts it to im2col."""
    return lambda network: convert(network, request.param)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Every test runs in an empty folder of its own, so nothing it leaves there is missed or found
    by another.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MS_GAN_FACES_URL", raising=False)


@pytest.fixture(scope="session")
def face_folder(tmp_path_factory):
    """A flat folder of 10 small colour images."""
    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    for index in range(10):
        colours = rng.integers(0, 256, (4, 3, 3), np.uint8)
        Image.fromarray(colours).resize((40, 44), Image.BICUBIC).save(
            folder / f"{index}.jpg", quality=95
        )
    return folder


@pytest.fixture
def run(capsys):
    """Run a command in this process: run("train", "faces", …) gives its status, out and err (as
    printed).
    """

    def call(name, *arguments):
        capsys.readouterr()
        status = run_command(
            f"ms_gan.{name}", COMMANDS[name], [str(argument) for argument in arguments]
        )
        printed = capsys.readouterr()
        return SimpleNamespace(status=status, out=printed.out, err=printed.err)

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory, face_folder):
    """The run folder of a tiny finished run of 4 steps, made once by a process of its own.

    Not to be changed.
    """
    parent = tmp_path_factory.mktemp("trained")
    start(
        "train",
        "faces",
        "--data",
        face_folder,
        *TINY,
        "--steps",
        "4",
        "--log-every",
        "2",
        "--out",
        parent,
        stdout=subprocess.DEVNULL,
    ).wait()
    return parent / "0000-faces"


@pytest.fixture
def copy(trained, tmp_path):
    """A copy of the finished run of 4 steps, to be changed."""
    return shutil.copytree(trained, tmp_path / "copy")


@pytest.fixture
def only_begun(monkeypatch):
    """Runs end when their training would begin; their step takes half a second. Gives the steps
    they would train to.
    """
    totals = []

    def ended(training, total, callbacks):
        totals.append(total)
        training.step = total

    monkeypatch.setattr("ms_gan.training.warm_up.warm_up", lambda training: (7.0, 0.5))
    monkeypatch.setattr("ms_gan.training.loop.train", ended)
    return totals


@pytest.fixture
def hook(monkeypatch):
    """Hook a function into the runs of a test: it is given the training and each batch before its
    step, and returns the batch.
    """
    from ms_gan.training import assemble
    from ms_gan.training.callbacks import Callback

    callbacks = assemble.callbacks

    def add(change):
        class Hook(Callback):
            def batches(self, training, batches):
                for batch in batches:
                    yield change(training, batch)

        @contextlib.contextmanager
        def hooked(plan, total, more=()):
            with callbacks(plan, total, more) as made:
                yield [*made, Hook()]

        monkeypatch.setattr(assemble, "callbacks", hooked)

    return add


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def start(name, *arguments, **options):
    """Start a command as a process of its own, with this checkout's package; `options` go to
    `subprocess.Popen`.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", f"ms_gan.{name}", *map(str, arguments)],
        env=environment,
        **{"stdin": subprocess.DEVNULL, "text": True, **options},
    )


def contents():
    """Every file under the working directory, as {path: content}, but for packed images."""
    found = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(".")
        for name in names
        if folder != "./datasets/cache"
    ]
    return {file: open(file, "rb").read() for file in found if not os.path.islink(file)}


def assert_fails(run, command, typed, status, named):
    """Run the command and see one line of an error beside warnings, and every file as it was."""
    before, folders = contents(), {entry.name for entry in os.scandir(".")}
    failed = run(command, *typed)
    assert failed.status == status
    line = [line for line in failed.err.splitlines() if not line.startswith("warning: ")]
    assert len(line) == 1 and line[0].startswith(f"ms_gan.{command}: error: "), failed.err
    assert named in line[0]
    assert contents() == before
    assert {entry.name for entry in os.scandir(".")} - folders <= {"datasets"}
