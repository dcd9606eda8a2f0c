"""A folder of bad and good things for the tests of bad input."""

import json
import shutil
import tempfile
import zipfile

import mindspore as ms
import numpy as np
import pytest

from ms_gan.training import checkpoint


def truncate(source, target):
    target.write_bytes(source.read_bytes()[: source.stat().st_size // 2])


def pack(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.fixture(scope="module")
def foreign(trained, tmp_path_factory):
    """Checkpoints that `generate` can't use, by name, and the training checkpoint of another
    architecture.
    """
    folder = tmp_path_factory.mktemp("foreign")
    values, meta = checkpoint.load(trained / "generator.ckpt", "generator")

    def write(name, about, arrays=values):
        parameters = {key: ms.Parameter(ms.Tensor(value)) for key, value in arrays.items()}
        checkpoint.save(folder / name, parameters, about)

    write("unknown-recipe.ckpt", {**meta, "recipe": "cats"})
    write("no-recipe.ckpt", {"kind": "generator"})
    write("no-options.ckpt", {"kind": "generator", "recipe": "faces"})
    write("unknown-option.ckpt", {**meta, "options": {**meta["options"], "depth": 3}})
    for name, sizes in (
        ("no-size", {"image_size": 33}),
        ("negative", {"ngf": -1}),
        ("huge", {"nz": 10**12}),
        ("text", {"ngf": "2; import os"}),
        ("other-sizes", {"ngf": 4}),
    ):
        write(f"{name}.ckpt", {**meta, "options": {**meta["options"], **sizes}})
    write("newer.ckpt", {**meta, "ms_gan": 999})
    write("fewer.ckpt", meta, dict(list(values.items())[1:]))
    ms.save_checkpoint(ms.nn.Dense(2, 2), str(folder / "foreign.ckpt"))

    values, meta = checkpoint.load(trained / "training.ckpt", "training")
    write(
        "wider-training.ckpt",
        meta,
        {key: np.repeat(value, 2, 0) if value.ndim > 1 else value for key, value in values.items()},
    )
    return folder


@pytest.fixture
def shelf(trained, foreign, face_folder, tmp_path, monkeypatch):
    """Fill the working directory with things that are wrong, each after its own fashion."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))  # so that temporary files are seen, too
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "zero.zip").touch()
    (tmp_path / "nothing").mkdir()
    for folder in ("broken", "three"):
        (tmp_path / folder).mkdir()
    face = face_folder / "0.jpg"
    (tmp_path / "broken" / "empty.png").touch()
    (tmp_path / "broken" / "text.jpg").write_text("text")
    truncate(face, tmp_path / "broken" / "half.jpg")
    for index in range(3):
        shutil.copy(face, tmp_path / "three" / f"{index}.jpg")
    pack(tmp_path / "whole.zip", {f"{index}.jpg": face.read_bytes() for index in range(9)})
    truncate(tmp_path / "whole.zip", tmp_path / "half.zip")
    pack(tmp_path / "texts.zip", {"a.txt": "text"})
    pack(tmp_path / "outside.zip", {"../../outside.jpg": face.read_bytes()})
    pack(tmp_path / "broken.zip", {"a.jpg": b"text"})
    pack(tmp_path / "twice.zip", {"a.jpg": b"", "a.jpg/b.jpg": b""})
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", bytes(10**6))

    for file in foreign.iterdir():
        if file.name != "wider-training.ckpt":
            shutil.copy(file, tmp_path)
    truncate(trained / "generator.ckpt", tmp_path / "half.ckpt")
    (tmp_path / "garbage.ckpt").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "zero.ckpt").touch()
    (tmp_path / "generated.png").write_bytes(b"an earlier picture")
    (tmp_path / "folder.png").mkdir()

    def copy(name, file=None, text=None):
        folder = shutil.copytree(trained, tmp_path / name)
        if file and text is None:
            (folder / file).unlink()
        elif file:
            (folder / file).write_text(text)
        return folder

    copy("run")
    copy("no-checkpoint", "training.ckpt")
    copy("no-options", "options.json")
    copy("half-options", "options.json", '{"recipe": "fa')
    copy("list-options", "options.json", "[]")
    record = json.loads((trained / "options.json").read_text())
    copy("other-recipe", "options.json", json.dumps({**record, "recipe": "cats"}))
    copy(
        "bad-value",
        "options.json",
        json.dumps({**record, "options": {**record["options"], "lr": -1}}),
    )
    for file in copy("half").glob("training*.ckpt"):
        truncate(trained / "training.ckpt", file)
    for file in copy("generator").glob("training*.ckpt"):
        shutil.copy(trained / "generator.ckpt", file)
    shutil.copy(foreign / "wider-training.ckpt", copy("wider") / "training.ckpt")
