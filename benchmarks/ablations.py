"""What each part of faces-plus is worth: `python benchmarks/ablations.py --data FACES --out DIR`.

Trains faces-plus, variations of it with one thing taken away, and the tutorial's game, all for the
same steps, and scores each twice: the averaged generator, and the one in training. faces-plus and
the tutorial's game are repeated with other seeds. What is finished in --out isn't done again and
what was stopped is resumed, so this can be spread over days. Needs pip install '.[scores]'.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from common import run, table, versions

from ms_gan.errors import run_command
from ms_gan.options import number
from ms_gan.training.run_folder import RunFolder

COMMON = "--batch-size 32 --ngf 32 --ndf 32 --ema 0.998 --holdout 2000"
VARIATIONS = {  # name: recipe, options, whether it is repeated with other seeds
    "faces-plus": ("faces-plus", "", True),
    "batch normalisation in D": ("faces-plus", "--d-norm batch", False),
    "non-saturating loss": ("faces-plus", "--loss non-saturating", False),
    "one learning rate": ("faces-plus", "--lr-d 0.0002", False),
    "Adam's decay rates 0.5, 0.999": ("faces-plus", "--beta1 0.5 --beta2 0.999", False),
    "images not mirrored": ("faces-plus", "--no-flip", False),
    "first weights not even": ("faces-plus", "--no-even", False),
    "the tutorial's game": ("faces", "--lr 0.0004", True),
}
GENERATORS = {"averaged": "generator.ckpt", "in training": "raw-generator.ckpt"}


def main(argv=None):
    parser = argparse.ArgumentParser(description="Train and score variations of faces-plus.")
    parser.add_argument("--data", required=True, help="the faces, as training takes them")
    parser.add_argument("--out", required=True, type=Path, help="folder of the runs")
    parser.add_argument("--datasets", default="datasets", help="folder of packed images")
    parser.add_argument("--steps", type=number(int, 1), default=1500, help="default 1500")
    parser.add_argument("--seeds", type=number(int, 1, 9), default=3, help="default 3")
    parser.add_argument(
        "--image-size", type=int, choices=(32, 64, 128), default=64, help="default 64"
    )
    asked = parser.parse_args(argv)
    rows = [("variation", "seeds", "s", *(f"KID, {name}" for name in GENERATORS))]
    for name, (recipe, changes, repeated) in VARIATIONS.items():
        seeds = range(asked.seeds if repeated else 1)
        results = [result(asked, name, [recipe, *changes.split()], seed) for seed in seeds]
        columns = [summary(values) for values in zip(*results)]
        rows.append((name, len(seeds), *columns))
    print(f"{versions()}\n")
    table(rows)
    return 0


def result(asked, name, words, seed):
    """The training seconds of a variation's run, and the KID of each of its generators."""
    size, steps = asked.image_size, asked.steps
    folder = asked.out / f"{name.replace(' ', '-')}-{size}-{steps}-{seed}"
    options = "--image-size", size, "--steps", steps, "--seed", seed
    train(asked, folder, [*words, *COMMON.split(), *options])
    trained = RunFolder(folder / f"0000-{words[0]}")
    kids = [kid(asked, trained.path / file) for file in GENERATORS.values()]
    return [trained.read_log()[-1]["seconds"], *kids]


def train(asked, folder, words):
    """Train to the end whatever of a run isn't there yet."""
    datasets = "--data", asked.data, "--datasets", asked.datasets
    begun = folder / f"0000-{words[0]}"
    if not begun.exists():
        told = [*words, "--out", folder]
    elif last_step(begun) < asked.steps:
        told = [words[0], "--resume", begun]
    else:
        return
    print(f"{folder.name} …", file=sys.stderr, flush=True)
    run([sys.executable, "-m", "ms_gan.train", *told, *datasets])


def last_step(folder):
    """The step of a run's last line, 0 without one."""
    return max((line["step"] for line in RunFolder(folder).read_log()), default=0)


def kid(asked, checkpoint):
    """The KID of 2,000 faces against the 2,000 held out, kept beside the checkpoint."""
    scores = checkpoint.with_suffix(".json")
    if not scores.exists():
        options = "--data", asked.data, "--datasets", asked.datasets, "--count", 2000
        evaluate = [sys.executable, "-m", "ms_gan.evaluate", "--ckpt", checkpoint]
        run([*evaluate, *options, "--features", "efficientnet-lite0", "--json", scores])
    found = json.loads(scores.read_text(encoding="utf-8"))["scores"]
    return next(score["value"] for name, score in found.items() if name.startswith("KID"))


def summary(values):
    """A number, or the mean of several with their standard deviation."""
    if len(values) == 1:
        return float(values[0])
    return f"{statistics.mean(values):.3g} ± {statistics.stdev(values):.2g}"


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/ablations.py", main))
