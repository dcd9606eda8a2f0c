"""Are a discriminator's features good for something else (the DCGAN paper's section 5)?

All layers' activations on real digits, max-pooled to 4x4 and put one after the other, are what a
linear support vector machine learns to read digits from: with few labels and with many, against
raw pixels and against the features of a random discriminator.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ms_gan.errors import GanError, UsageError
from ms_gan.explore.discriminators import Discriminator, discriminators
from ms_gan.explore.real import real_images
from ms_gan.files import write_json
from ms_gan.streams import stream

GRID = 4  # rows and columns that activations are pooled to
LABELS, DRAWS = (100, 1000), 5
PENALTIES = (0.1, 1.0, 10.0)  # of the SVM, chosen from by a fifth of the labelled digits
CHOOSERS = 1000  # labelled digits that choose the penalty, where there are more

log = logging.getLogger(__name__)


def explore(asked: dict[str, Any]) -> None:
    """Print the table of accuracies, and write it where that is asked."""
    if importlib.util.find_spec("sklearn") is None:
        raise GanError(
            "features needs scikit-learn, which isn't installed: pip install '.[explore]'"
        )
    learnt, untrained, split = discriminators(Path(asked["discriminator"]), asked)
    data = real_images(learnt.recipe, asked, split)
    if not hasattr(data, "labels"):
        raise UsageError(
            f"--discriminator {asked['discriminator']}: of {learnt.recipe.name}, whose images have "
            "no labels; expected a run of mnist-dcgan"
        )
    data, test, seen = _split(data)
    sets = {"pixels": [part.pixels.reshape(part.count, -1) for part in (data, test)]}
    for name, one in {"random discriminator": untrained, "discriminator": learnt}.items():
        sets[name] = [features(one, part.pixels) for part in (data, test)]
    table = {}
    for name, pair in tqdm(sets.items(), desc="learning", leave=False, disable=None):
        inputs, others = normalised(*pair)
        table[name] = _row((inputs, data.labels), (others, test.labels))
    tested = f"{test.count} digits {seen}"
    _tell(table, tested)
    if asked["json"]:
        write_json(Path(asked["json"]), {"tested on": tested, "features": table})


def features(discriminator: Discriminator, pixels: np.ndarray) -> np.ndarray:
    """All layers' activations on images, uint8 (N, C, H, W), pooled: float32 (N, features)."""
    return np.concatenate([pooled(layers) for layers in discriminator.activations(pixels)])


def pooled(layers: Iterable[np.ndarray]) -> np.ndarray:
    """Activations, (n, channels, height, width) each, max-pooled to 4x4, flattened, concatenated.

    Smaller ones than 4x4 stay as they are.

    Returns:
        float32 (n, features).
    """
    return np.concatenate([_max_pooled(one).reshape(len(one), -1) for one in layers], axis=1)


def normalised(inputs: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features with the first one's mean taken away, scaled so that their length is about 1.

    One factor for all numbers: the layers' proportions stay.

    Args:
        inputs: (N, features), which mean and length are measured on.
        others: (M, features).
    """
    mean = inputs.mean(0, dtype=np.float64).astype(np.float32)
    inputs = inputs.astype(np.float32) - mean
    length = max(float(np.sqrt((inputs**2).sum(1).mean())), 1e-12)
    return inputs / length, (others.astype(np.float32) - mean) / length


def balanced(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The numbers of `count` examples drawn at random, as many of each class as there can be."""
    order = rng.permutation(len(labels))
    turn = np.empty(len(labels), int)  # how many of its class come before it
    for label in np.unique(labels):
        mine = order[labels[order] == label]
        turn[mine] = np.arange(len(mine))
    return order[np.argsort(turn[order], kind="stable")[:count]]


def accuracies(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], count: int
) -> list[float]:
    """The share of test examples that an SVM reads which has learnt from `count` labelled ones.

    Args:
        train: features (N, features) and labels (N,).
        test: likewise.
        count: how many labels; all of them are drawn once, fewer five times.

    Returns:
        The accuracy of each draw.
    """
    inputs, labels = train
    found = []
    for draw in range(1 if count == len(labels) else DRAWS):
        mine = balanced(labels, count, stream(draw, "labelled", count))
        chooser = mine[:CHOOSERS]
        learn, check = chooser[len(chooser) // 5 :], chooser[: len(chooser) // 5]
        tried = [
            _machine(penalty, inputs[learn], labels[learn]).score(inputs[check], labels[check])
            for penalty in PENALTIES
        ]
        best = PENALTIES[int(np.argmax(tried))]
        found.append(float(_machine(best, inputs[mine], labels[mine]).score(*test)))
    return found


def _machine(penalty: float, inputs: np.ndarray, labels: np.ndarray) -> Any:
    """A linear SVM that has learnt."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    dual = len(inputs) < inputs.shape[1]  # the faster one, by far
    with warnings.catch_warnings():
        # Near enough: digits apart decide on the penalties, and the test on the rest.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LinearSVC(C=penalty, dual=dual, random_state=0, max_iter=200).fit(inputs, labels)


def _split(data: Any) -> tuple[Any, Any, str]:
    """The digits to learn from, those to test on, and which these are."""
    if data.held_out is not None:
        return data, data.held_out, "that the run held out"
    order, fifth = stream(0, "tested").permutation(data.count), data.count // 5
    seen = "that the discriminator was trained on, without their labels: the run held none out"
    return data.select(order[fifth:]), data.select(order[:fifth]), seen


def _row(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]
) -> dict[str, Any]:
    """A row of the table, for its JSON: with each number of labels the mean over the draws."""
    count = len(train[1])
    row: dict[str, Any] = {"numbers": train[0].shape[1], "accuracy": {}}
    for labelled in [some for some in LABELS if some < count] + [count]:
        found = accuracies(train, test, labelled)
        row["accuracy"][str(labelled)] = {
            "mean": float(np.mean(found)),
            "std": float(np.std(found)),
            "draws": len(found),
        }
    return row


def _max_pooled(maps: np.ndarray) -> np.ndarray:
    height, width = maps.shape[2:]
    if height <= GRID and width <= GRID:
        return maps
    rows, columns = _bounds(height), _bounds(width)
    cells = [
        maps[:, :, top:bottom, left:right].max((2, 3))
        for top, bottom in rows
        for left, right in columns
    ]
    return np.stack(cells, axis=2)


def _bounds(side: int) -> list[tuple[int, int]]:
    """Where each of the 4 parts of a side begins and ends; they overlap where 4 doesn't divide."""
    return [(part * side // GRID, -(-(part + 1) * side // GRID)) for part in range(GRID)]


def _tell(table: dict[str, dict[str, Any]], tested: str) -> None:
    counts = next(iter(table.values()))["accuracy"]
    log.info("accuracy on %s", tested)
    log.info(
        "%-21s %8s %s",
        "features",
        "numbers",
        " ".join(f"{count + ' labels':>15}" for count in counts),
    )
    for name, row in table.items():
        cells = " ".join(f"{_cell(found):>15}" for found in row["accuracy"].values())
        log.info("%-21s %8d %s", name, row["numbers"], cells)


def _cell(found: dict[str, float]) -> str:
    spread = f" ± {found['std']:.1%}" if found["draws"] > 1 else ""
    return f"{found['mean']:.1%}{spread}"
