"""What the page asks for, in JSON: latent vectors, named in one of four ways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ms_gan.errors import UsageError

MOST = 64  # seeds or vectors at a time
LARGEST = 1e6  # absolute value in a vector, far beyond any that is drawn
LAST_SEED = 2**53 - 1  # the last whole number that JavaScript counts to
KINDS = ("seeds", "vectors", "mix", "walk")


class Latents(Protocol):
    """What knows the latent vectors of a generator."""

    @property
    def nz(self) -> int:
        """The length of a vector."""

    def latents(self, seeds: Sequence[int]) -> np.ndarray:
        """The vectors of some seeds: float32 (count, nz)."""

    def mixed(self, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        """mean(a) - mean(b) + mean(c) of vectors (count, nz) each: float32 (nz,)."""

    def between(self, a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
        """The vector at a share of the way from a to b: float32 (nz,)."""


def read(content: bytes, known: Latents) -> tuple[np.ndarray, bool]:
    """The latent vectors that are asked for.

    Args:
        content: a JSON object with one of `"seeds": [number, ...]`, `"vectors": [vector, ...]`,
          `"mix": {"a": [vector, ...], "b": ..., "c": ...}` and
          `"walk": {"from": vector, "to": vector, "at": number from 0 to 1}`. With `"quick": true`
          the images are wanted soon rather than to the last bit.
        known: has the vectors of seeds, and their length.

    Returns:
        float32 (count, nz) with 1 to `MOST` vectors, and whether they are wanted quickly.

    Raises:
        UsageError: the content asks for something else.
    """
    asked = _object(content)
    found = [kind for kind in KINDS if kind in asked]
    if len(found) != 1 or not asked.keys() <= {*KINDS, "quick"}:
        raise UsageError(f"expected one of {', '.join(KINDS)}, and quick if need be")
    if not isinstance(asked.get("quick", False), bool):
        raise UsageError("quick: expected true or false")
    readers = {"seeds": _of_seeds, "vectors": _given, "mix": _mixed, "walk": _walked}
    return readers[found[0]](asked[found[0]], known), asked.get("quick", False)


def _of_seeds(value: Any, known: Latents) -> np.ndarray:
    _check_list("seeds", value)
    for seed in value:
        if type(seed) is not int or not 0 <= seed <= LAST_SEED:
            raise UsageError("seeds: expected whole numbers from 0 to 2^53 - 1")
    return known.latents(value)


def _given(value: Any, known: Latents) -> np.ndarray:
    return _vectors("vectors", value, known.nz)


def _mixed(value: Any, known: Latents) -> np.ndarray:
    _check_names("mix", value, ["a", "b", "c"])
    groups = [_vectors(name, value[name], known.nz) for name in ("a", "b", "c")]
    return known.mixed(*groups)[None]


def _walked(value: Any, known: Latents) -> np.ndarray:
    _check_names("walk", value, ["at", "from", "to"])
    start, end = (_vectors(name, [value[name]], known.nz)[0] for name in ("from", "to"))
    if not _is_number(value["at"]) or not 0 <= value["at"] <= 1:
        raise UsageError("at: expected a number from 0 to 1")
    return known.between(start, end, value["at"])[None]


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise UsageError("expected JSON") from None
    if not isinstance(value, dict):
        raise UsageError("expected a JSON object")
    return value


def _vectors(name: str, value: Any, nz: int) -> np.ndarray:
    _check_list(name, value)
    for vector in value:
        if not isinstance(vector, list) or len(vector) != nz:
            raise UsageError(f"{name}: expected vectors of {nz} numbers")
        if not all(_is_number(number) and abs(number) <= LARGEST for number in vector):
            raise UsageError(f"{name}: expected numbers from -{LARGEST:g} to {LARGEST:g}")
    return np.array(value, np.float32)


def _check_list(name: str, value: Any) -> None:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        raise UsageError(f"{name}: expected a list of 1 to {MOST}")


def _check_names(name: str, value: Any, expected: Sequence[str]) -> None:
    if not isinstance(value, dict) or sorted(value) != expected:
        raise UsageError(f"{name}: expected an object with {', '.join(expected)}")


def _is_number(value: Any) -> bool:
    """Whether it is a number; JSON's true isn't. NaN, which Python reads, is within no bounds."""
    return type(value) in (int, float)
