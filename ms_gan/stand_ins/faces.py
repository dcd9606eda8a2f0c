"""Synthetic anime-like faces: a stand-in for the anime faces where there is nothing to download.

Points are in head units: the origin is the middle of the head, x grows to the right and y
downwards, and one unit is about one pixel of the finished 96x96 picture.
"""

from __future__ import annotations

import colorsys
from math import cos, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from tqdm.auto import tqdm

from ms_gan.streams import stream

SIZE = 96
OVERSAMPLING = 3  # shapes are drawn this much larger, then reduced, which smooths their edges
SIDE = SIZE * OVERSAMPLING
Colour = tuple[int, ...]  # red, green and blue, 0-255
WHITE = (255, 255, 255)
ANGLES = np.arange(28) * pi / 14
CIRCLE = np.stack((np.cos(ANGLES), np.sin(ANGLES)), 1)

# Hue, saturation and value (0-1) around which the colours of hair and eyes are drawn.
HAIR_COLOURS = (
    (0.07, 0.55, 0.55), (0.06, 0.50, 0.36), (0.09, 0.45, 0.74), (0.13, 0.58, 0.98),
    (0.12, 0.38, 0.97), (0.94, 0.45, 0.98), (0.98, 0.66, 0.84), (0.05, 0.68, 0.93),
    (0.61, 0.60, 0.90), (0.64, 0.62, 0.50), (0.50, 0.58, 0.84), (0.38, 0.45, 0.66),
    (0.76, 0.48, 0.82), (0.68, 0.12, 0.92), (0.70, 0.30, 0.24),
)  # fmt: skip
EYE_COLOURS = (
    (0.58, 0.85, 0.90), (0.48, 0.80, 0.75), (0.37, 0.75, 0.65), (0.77, 0.65, 0.82),
    (0.98, 0.82, 0.85), (0.92, 0.70, 0.90), (0.11, 0.88, 0.93), (0.06, 0.75, 0.50),
)  # fmt: skip
# The lower edge of the hair on the forehead from right to left: tips of locks between notches.
FRINGES = (
    ((24, -17), (17, -12), (9, -24), (1, -4), (-10, -24), (-18, -12), (-24, -17)),
    ((25, -16), (19, -12), (13, -19), (6, -12), (0, -19), (-6, -12), (-13, -19), (-19, -12),
     (-25, -16)),
    ((25, -12), (23, -6), (16, -22), (9, -19), (0, -35), (-9, -19), (-16, -22), (-23, -6),
     (-25, -12)),
    ((25, -14), (22, -10), (13, -31), (6, -15), (0, -22), (-6, -9), (-13, -18), (-21, -8),
     (-25, -14)),
)  # fmt: skip
# The hair over the crown, from ear to ear; the two points below only make the curve end downwards.
CROWN = ((-33, -4), (-36, -22), (-25, -42), (0, -49), (25, -42), (36, -22), (33, -4), (28, 20),
         (-28, 20))  # fmt: skip
# Right halves of shapes, from the top down to the middle; the left halves mirror them.
HEAD = ((16, -36), (26.5, -9), (24, 8), (16, 19), (6, 25), (0, 27))
SHIRT = ((7, 32), (20, 36), (33, 43), (40, 70), (0, 72))
NECK = ((8, 18), (8, 33), (0, 45))
SHORT = ((18, -48), (34, -36), (40, -16), (36, 2), (40, 12), (30, 14), (28, 22), (0, 20))
BOB = ((18, -47), (34, -36), (41, -14), (42, 8), (40, 26), (30, 33), (18, 30), (0, 28))
LONG = ((18, -47), (34, -36), (41, -14), (42, 10), (44, 34), (46, 70), (20, 72), (0, 70))
TIED = ((18, -47), (33, -36), (38, -16), (35, 4), (28, 18), (0, 20))
TWIN_TAIL = ((32, -30), (44, -33), (53, -10), (54, 24), (47, 52), (41, 30), (40, 4), (37, -14))
BUN = ((21, -36), (24, -45), (32, -47), (41, -44), (43, -36), (40, -28), (32, -25), (25, -28))
# The hair behind the head, and what may be tied at its sides.
BACK_HAIR = ((SHORT, ()), (BOB, ()), (LONG, ()), (TIED, TWIN_TAIL), (TIED, BUN))


class Pen:
    """Draws shapes in head units, scaled, tilted (in radians) and shifted (in pixels)."""

    def __init__(self, picture: Image.Image, scale: float, tilt: float, shift: np.ndarray) -> None:
        self._draw = ImageDraw.Draw(picture)
        self._unit = OVERSAMPLING * scale
        self._axes = self._unit * np.array(((cos(tilt), sin(tilt)), (-sin(tilt), cos(tilt))))
        self._origin = SIDE / 2 + shift

    def fill(self, points: np.ndarray, colour: Colour, edge: Colour | None = None) -> None:
        """Fill the outline (n, 2), with a line around it where `edge` is given."""
        self._draw.polygon(self._placed(points), colour)
        if edge:
            self.line(np.concatenate((points, points[:2])), edge)

    def oval(self, middle: np.ndarray, width: float, height: float, colour: Colour) -> None:
        """Fill an ellipse."""
        self.fill(middle + CIRCLE * (width / 2, height / 2), colour)

    def line(self, points: np.ndarray, colour: Colour, width: float = 0.8) -> None:
        """A stroke through points (n, 2)."""
        self._draw.line(self._placed(points), colour, round(width * self._unit), "curve")

    def _placed(self, points: np.ndarray) -> list[float]:
        return (points @ self._axes + self._origin).ravel().tolist()


def draw_faces(folder: Path, count: int = 2000, seed: int = 0) -> None:
    """Write 96x96 RGB faces, 0.jpg to {count - 1}.jpg, to an existing folder.

    Face i depends on the seed and i only.
    """
    for index in tqdm(range(count), desc="drawing faces"):
        face = draw_face(stream(seed, "face", index))
        face.save(folder / f"{index}.jpg", quality=92, subsampling=0)


def draw_face(rng: np.random.Generator) -> Image.Image:
    """Draw a face: a 96x96 RGB image that depends on the state of the random generator only."""
    picture = _background(rng)
    pen = Pen(picture, rng.uniform(0.98, 1.1), rng.normal(0, 0.08), rng.uniform(-6, 6, 2))
    hair = _varied(HAIR_COLOURS, rng)
    skin = _mix((255, 236, 224), (206, 150, 116), rng.uniform() ** 4)
    _draw_back_hair(pen, hair, rng)
    _draw_body(pen, skin, rng)
    pen.fill(_mirrored(HEAD), skin, _shaded(skin, 0.6))
    turn = np.array((rng.uniform(-4, 4), 0))  # how far the features are moved aside
    _draw_mouth(pen, skin, turn, rng)
    _draw_fringe(pen, hair, rng)
    _draw_eyes(pen, hair, turn, rng)  # last: in this style of drawing they show through the hair
    return picture.reduce(OVERSAMPLING)


def _background(rng: np.random.Generator) -> Image.Image:
    """Two colours from top to bottom, of which often one and sometimes both are light."""
    light, deep = (
        _hsv(rng.uniform((0, 0, 0.85), (1, 0.3, 1))),
        _hsv(rng.uniform((0, 0, 0.3), (1, 0.6, 1))),
    )
    ends = _pick(((light, light), (light, deep), (deep, light), (deep, deep)), rng)
    return Image.fromarray(np.array(ends, np.uint8)[:, None]).resize(
        (SIDE, SIDE), Image.Resampling.BILINEAR
    )


def _draw_back_hair(pen: Pen, hair: Colour, rng: np.random.Generator) -> None:
    (back, tail), sides = _pick(BACK_HAIR, rng), _pick(((-1, 1), (-1,), (1,)), rng)
    edge = _shaded(hair, 0.7)
    for side in sides if tail else ():
        pen.fill(_smooth(np.array(tail) * (side, 1)), hair, edge)
    pen.fill(_mirrored(back), _shaded(hair, 0.25), edge)


def _draw_body(pen: Pen, skin: Colour, rng: np.random.Generator) -> None:
    shirt = _hsv(rng.uniform((0, 0.1, 0.2), (1, 0.7, 0.95)))
    pen.fill(_mirrored(SHIRT), shirt, _shaded(shirt, 0.7))
    pen.fill(_mirrored(NECK), _shaded(skin, 0.2))
    collar = _pick((WHITE, shirt, _shaded(shirt, 0.5)), rng)
    for side in (-1, 1):
        flap = np.array(((8, 30), (15, 35), (9, 47), (0, 45))) * (side, 1)
        pen.fill(flap, collar, _shaded(shirt, 0.7))


def _draw_mouth(pen: Pen, skin: Colour, turn: np.ndarray, rng: np.random.Generator) -> None:
    """The mouth, the nose, and the blush on the cheeks."""
    blush = _mix(skin, (255, 80, 100), rng.uniform(0, 0.3))
    for x in (-16, 16):
        pen.oval(turn + (x, 7), 12, 7, blush)
    pen.line(1.3 * turn + ((0, 4), (0.8, 6), (-0.6, 6.6)), _shaded(skin, 0.6))
    width, smile, opening = rng.uniform((3, -1.5, -4), (6, 4, 5))
    lip = 1.2 * turn + ((-width, 15 - smile / 3), (0, 15 + smile), (width, 15 - smile / 3))
    red = (140, 40, 56)
    if opening > 0:
        pen.fill(_smooth(np.concatenate((lip, lip[1:2] + (0, opening)))), (230, 110, 110), red)
    pen.line(lip, red)


def _draw_fringe(pen: Pen, hair: Colour, rng: np.random.Generator) -> None:
    side, lock = _pick((-1, 1), rng), rng.uniform(4, 40)  # how low the locks at the cheeks reach
    fringe = np.array(_pick(FRINGES, rng), float) * (side, 1)
    fringe = fringe[::side] + rng.uniform(-1.5, 1.5, fringe.shape)
    crown = _smooth(np.array(CROWN))[:36]
    outline = np.concatenate((crown, ((33, -4), (26, lock)), fringe, ((-26, lock), (-33, -4))))
    pen.fill(outline, hair, _shaded(hair, 0.7))
    for x, y in fringe[::2]:
        pen.line(np.array(((x, y), (0.8 * x, (y - 42) / 2), (0.55 * x, -42))), _shaded(hair, 0.4))
    shine = np.linspace(-26, 26, 15)
    pen.line(np.stack((shine, 0.016 * shine**2 - 36), 1), _mix(hair, WHITE, 0.45), 4)


def _draw_eyes(pen: Pen, hair: Colour, turn: np.ndarray, rng: np.random.Generator) -> None:
    width, height, slant = rng.uniform((14, 12, -2), (17, 18, 3))
    colour, ink = _varied(EYE_COLOURS, rng), _shaded(hair, 0.92)
    size = np.array((width, height))
    for side in (-1, 1):
        middle = turn + (17 * side, -8)
        pen.oval(middle, width, height, WHITE)
        pen.oval(middle, 0.76 * width, height, _shaded(colour, 0.75))
        pen.oval(middle + (0, 0.1 * height), 0.62 * width, 0.75 * height, colour)
        pen.oval(middle, 0.3 * width, 0.45 * height, _shaded(colour, 0.85))
        pen.oval(middle + size * (-0.14, -0.25), 0.26 * width, 0.26 * width, WHITE)
        lid = middle + size * ((-0.6, -0.1), (-0.4, -0.45), (0, -0.58), (0.4, -0.45), (0.6, -0.1))
        lid -= np.outer((lid - middle)[:, 0] * side, (0, slant / width))  # outer corners higher
        pen.line(lid, ink, 2.2)
        pen.line(lid - (0, 4.5), _shaded(hair, 0.7), 0.9)


def _pick(options: Any, rng: np.random.Generator) -> Any:
    return options[rng.integers(len(options))]


def _varied(colours: Any, rng: np.random.Generator) -> Colour:
    return _hsv(_pick(colours, rng) + rng.uniform(-1, 1, 3) * (0.02, 0.08, 0.06))


def _hsv(hsv: np.ndarray) -> Colour:
    """RGB triple of a hue (wrapped around), a saturation and a value (clipped to 0-1)."""
    levels = colorsys.hsv_to_rgb(hsv[0] % 1, *np.clip(hsv[1:], 0, 1))
    return tuple(round(255 * level) for level in levels)


def _mix(colour: Colour, other: Colour, amount: float) -> Colour:
    """The colour moved towards the other one: 0 leaves it, 1 gives the other one."""
    return tuple(round(a + (b - a) * amount) for a, b in zip(colour, other))


def _shaded(colour: Colour, amount: float) -> Colour:
    """The colour moved towards a dark purple: shadows drawn in black look dirty."""
    return _mix(colour, (54, 14, 48), amount)


def _smooth(points: np.ndarray, steps: int = 6) -> np.ndarray:
    """Closed outline (n, 2) to the points (n * steps, 2) of a Catmull-Rom curve through it."""
    p = np.concatenate((points[-1:], points, points[:2]))[:, None]
    before, start, stop, after = p[:-3], p[1:-2], p[2:-1], p[3:]
    t = (np.arange(steps) / steps)[:, None]
    cubic = 2 * before - 5 * start + 4 * stop - after + t * (3 * (start - stop) + after - before)
    return (start + t / 2 * (stop - before + t * cubic)).reshape(-1, 2)


def _mirrored(half: Any) -> np.ndarray:
    """Right half of an outline, which ends in its middle, to the smooth symmetric outline."""
    right = np.array(half, float)
    return _smooth(np.concatenate((right, right[-2::-1] * (-1, 1))))
