import json
import pickle
import shutil

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan.errors import GanError
from ms_gan.networks.dcgan import Generator
from ms_gan.training import checkpoint


def values(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "a": rng.standard_normal((2, 3)).astype(np.float32),
        "b.c": rng.standard_normal(4).astype(np.float32),
        "step": np.array(7, np.int32),
    }


def parameters(seed=0):
    return {key: ms.Parameter(ms.Tensor(value), name=key) for key, value in values(seed).items()}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "generator.ckpt"
    checkpoint.save(path, parameters(), {"kind": "generator", "note": "脸", "big": 2**100})
    return path


def test_values_types_and_meta_come_back(saved):
    found, meta = checkpoint.load(saved, "generator")
    assert found.keys() == values().keys()
    for key, value in values().items():
        np.testing.assert_array_equal(found[key], value)
        assert found[key].dtype == value.dtype
    assert (meta["note"], meta["big"]) == ("脸", 2**100)


def test_only_the_checkpoint_is_left_and_others_may_read_it(saved):
    assert [path.name for path in saved.parent.iterdir()] == ["generator.ckpt"]
    assert saved.stat().st_mode & 0o777 == 0o644


def test_a_failed_save_keeps_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def fail(*_, **__):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(ms, "save_checkpoint", fail)
    with pytest.raises(GanError, match="generator.ckpt.*disk on fire"):
        checkpoint.save(saved, parameters(1), {"kind": "generator"})
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["generator.ckpt"]


@pytest.mark.parametrize("keep", [0, 1, 10, 40, 0.5, 0.9])
def test_a_truncated_file_is_refused(saved, keep):
    content = saved.read_bytes()
    saved.write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    with pytest.raises(GanError, match="generator.ckpt"):
        checkpoint.load(saved, "generator")


@pytest.mark.parametrize(
    "content", [b"\x00" * 1000, b"hello", bytes(range(256)) * 20, b"PK\x03\x04" + b"x" * 500]
)
def test_garbage_is_refused(tmp_path, content):
    path = tmp_path / "garbage.ckpt"
    path.write_bytes(content)
    with pytest.raises(GanError, match="garbage.ckpt"):
        checkpoint.load(path, "generator")


def test_missing_files_and_folders_are_named(tmp_path):
    for path in (tmp_path / "none.ckpt", tmp_path):
        with pytest.raises(GanError, match=f"{path.name}: no such checkpoint"):
            checkpoint.load(path, "generator")


def test_another_kind_or_a_foreign_or_newer_file_is_refused(saved, tmp_path, monkeypatch):
    with pytest.raises(GanError, match="generator checkpoint, expected a training"):
        checkpoint.load(saved, "training")
    ms.save_checkpoint(nn.Dense(2, 3), str(tmp_path / "plain.ckpt"))
    with pytest.raises(GanError, match="not one that ms_gan wrote"):
        checkpoint.load(tmp_path / "plain.ckpt", "generator")
    monkeypatch.setattr(checkpoint, "FORMAT", 0)
    with pytest.raises(GanError, match="newer ms_gan"):
        checkpoint.load(saved, "generator")


def test_restore_sets_values_that_a_compiled_function_sees():
    weight = ms.Parameter(ms.Tensor([1.0, 2.0]), name="w")

    @ms.jit
    def double():
        return weight * 2

    assert double().asnumpy().tolist() == [2, 4]
    checkpoint.restore({"w": weight}, {"w": np.array([5.0, 6.0], np.float32)}, "x.ckpt")
    assert double().asnumpy().tolist() == [10, 12]


@pytest.mark.parametrize(
    "change, complaint",
    [
        (lambda found: found.pop("b.c"), "missing.*b.c"),
        (lambda found: found.update(extra=np.zeros(1)), "unexpected.*extra"),
        (lambda found: found.update(a=np.zeros((3, 2), np.float32)), "another shape.*a"),
    ],
)
def test_what_does_not_match_is_named_and_nothing_is_changed(change, complaint):
    found, targets = values(1), parameters(0)
    change(found)
    with pytest.raises(GanError, match=f"x.ckpt.*{complaint}"):
        checkpoint.restore(targets, found, "x.ckpt")
    for key, value in values(0).items():
        np.testing.assert_array_equal(targets[key].asnumpy(), value)


def test_plain_mindspore_loads_a_network_checkpoint(tmp_path):
    source, target = Generator(4, 2, 32), Generator(4, 2, 32)
    checkpoint.save(
        tmp_path / "generator.ckpt", dict(source.parameters_and_names()), {"kind": "generator"}
    )
    content = ms.load_checkpoint(str(tmp_path / "generator.ckpt"))
    assert json.loads(str(content["meta"]))["kind"] == "generator"
    ms.load_param_into_net(target, content)
    latent = ms.Tensor(np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(target(latent).asnumpy(), source(latent).asnumpy())


# --- damaged and foreign files ---


def assert_refused_or_the_same(path, content, bits):
    """Flip each bit of a sound file's content in turn: it is refused in one line, or loads just the
    same.
    """
    path.write_bytes(content)
    sound, about = checkpoint.load(path, "generator")
    for bit in bits:
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            found, meta = checkpoint.load(path, "generator")
        except GanError as refusal:
            assert str(path) in str(refusal) and "\n" not in str(refusal), bit
            continue
        assert meta == about and found.keys() == sound.keys(), bit
        for key, value in sound.items():
            assert np.array_equal(found[key], value) and found[key].dtype == value.dtype, bit


def test_no_flipped_bit_is_loaded(saved):
    content = saved.read_bytes()
    assert_refused_or_the_same(
        saved, content, np.random.default_rng(0).choice(8 * len(content), 200, replace=False)
    )


@pytest.mark.parametrize("text", ['"ms_gan": 1', '"crc32"', '"kind": "g'])
def test_no_flipped_bit_of_the_meta_turns_the_check_off(saved, text):
    content, stored = saved.read_bytes(), text.encode("utf-32-le")  # as MindSpore stores it
    end = content.index(stored) + len(stored)
    assert_refused_or_the_same(
        saved, content, range(8 * (end - 4), 8 * end)
    )  # the last character's


class Trap:
    """Unpickling this makes a file."""

    def __reduce__(self):
        return open, ("trapped", "w")


def test_a_pickle_is_refused_and_never_executed(tmp_path):
    (tmp_path / "pickle.ckpt").write_bytes(pickle.dumps(Trap()))
    np.save(tmp_path / "array.npy", np.array([Trap()], object))
    (tmp_path / "array.npy").rename(tmp_path / "array.ckpt")
    for name in ("pickle", "array"):
        with pytest.raises(GanError, match=f"{name}.ckpt: not a whole checkpoint"):
            checkpoint.load(tmp_path / f"{name}.ckpt", "generator")
    assert not (tmp_path / "trapped").exists()
    pickle.loads(pickle.dumps(Trap())).close()
    assert (tmp_path / "trapped").exists()  # it is armed


def test_archives_are_refused_under_any_name(tmp_path):
    np.savez(tmp_path / "values.npz", **values())
    shutil.copy(tmp_path / "values.npz", tmp_path / "values.ckpt")  # an npz is a zip
    with pytest.raises(GanError, match="values.npz: .* end in .ckpt"):
        checkpoint.load(tmp_path / "values.npz", "generator")
    with pytest.raises(GanError, match="values.ckpt: not a whole checkpoint"):
        checkpoint.load(tmp_path / "values.ckpt", "generator")


def test_a_renamed_checkpoint_is_told_what_it_needs(saved):
    renamed = saved.rename(saved.with_suffix(".bak"))
    with pytest.raises(GanError, match="generator.bak: .* end in .ckpt; rename it"):
        checkpoint.load(renamed, "generator")


def test_a_folder_of_that_name_is_no_checkpoint(tmp_path):
    (tmp_path / "folder.ckpt").mkdir()
    with pytest.raises(GanError, match="folder.ckpt: no such checkpoint file"):
        checkpoint.load(tmp_path / "folder.ckpt", "generator")


@pytest.mark.parametrize(
    "meta", ["[]", "7", '{"kind": "generator", "ms_gan": "two"}', '{"kind": "generator"}']
)
def test_a_checkpoint_with_another_meta_is_foreign(tmp_path, meta):
    content = [{"name": "a", "data": ms.Tensor([1.0])}]
    ms.save_checkpoint(content, str(tmp_path / "other.ckpt"), append_dict={"meta": meta})
    with pytest.raises(GanError, match="other.ckpt: a checkpoint, but not one that ms_gan wrote"):
        checkpoint.load(tmp_path / "other.ckpt", "generator")


def test_five_keys_of_each_trouble_are_named_and_all_are_counted():
    targets = {f"mine{n}": ms.Parameter(ms.Tensor(0.0)) for n in range(7)}
    targets.update({f"both{n}": ms.Parameter(ms.Tensor([0.0, 0.0])) for n in range(6)})
    found = {f"theirs{n}": np.zeros(1) for n in range(5)}
    found.update({f"both{n}": np.zeros((3, 1)) for n in range(6)})
    with pytest.raises(GanError) as refusal:
        checkpoint.restore(targets, found, "x.ckpt")
    line = str(refusal.value)
    assert "7 values are missing: mine0, mine1, mine2, mine3, mine4, …;" in line
    assert "5 values are unexpected: theirs0, theirs1, theirs2, theirs3, theirs4;" in line
    assert "6 values are of another shape: both0 (3, 1) for (2,), " in line
    assert line.endswith("both4 (3, 1) for (2,), …") and "\n" not in line
