"""What docs/adding-a-recipe.md says: its code, put where it says, is a recipe that trains and
generates.
"""

import os
import re
import shutil
import subprocess
import sys

from conftest import ROOT

from ms_gan.stand_ins.digits import draw_digits


def test_the_example_trains_and_generates(tmp_path):
    text = (ROOT / "docs" / "adding-a-recipe.md").read_text(encoding="utf-8")
    files = re.findall(r"^## \d\. .*`(ms_gan/\S+\.py)`$", text, re.M)
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    assert len(files) == len(blocks) == 3
    shutil.copytree(
        ROOT / "ms_gan", tmp_path / "ms_gan", ignore=shutil.ignore_patterns("__pycache__")
    )
    for file, block in zip(files, blocks):
        with open(tmp_path / file, "a", encoding="utf-8") as opened:
            opened.write(f"\n\n{block}" if opened.tell() else block)
    digits = tmp_path / "digits"
    digits.mkdir()
    draw_digits(digits, 8)

    def command(name, *arguments):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-m", f"ms_gan.{name}", *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    trained = command(
        "train",
        "mnist-lsgan",
        "--data",
        digits,
        "--batch-size",
        "4",
        "--ngf",
        "2",
        "--ndf",
        "2",
        "--steps",
        "2",
    )
    assert trained.returncode == 0, trained.stderr
    made = command("generate", "--ckpt", "runs/0000-mnist-lsgan/generator.ckpt", "--count", "3")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "generated.png").is_file()
