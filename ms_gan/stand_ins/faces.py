"""Synthetic anime-like faces: a stand-in for the anime faces where there is nothing to download.

Points are in head units: the origin is the middle of the head, x grows to the right and y
downwards, and one unit is one pixel of the finished 96x96 picture for a head that is neither
scaled, tilted nor shifted.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from math import cos, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw
from tqdm.auto import tqdm

from ms_gan.streams import stream

SIZE = 96
OVERSAMPLING = 3  # shapes are drawn this much larger, then reduced, which smooths their edges
Colour = tuple[int, ...]  # red, green and blue, 0-255
WHITE = (255, 255, 255)
GLOW = Image.radial_gradient("L").point(lambda distance: max(0, 255 - 1.45 * distance))

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
# The lower edge of the hair on the forehead from left to right: tips of locks, each between two
# notches.
FRINGES = (
    ((-24, -17), (-18, -12), (-10, -24), (1, -4), (9, -24), (17, -12), (24, -17)),
    ((-25, -16), (-19, -14), (-13, -19), (-6, -13), (0, -19), (6, -13), (13, -19), (19, -14),
     (25, -16)),
    ((-25, -12), (-23, -6), (-16, -22), (-9, -19), (0, -35), (9, -19), (16, -22), (23, -6),
     (25, -12)),
    ((-25, -14), (-21, -8), (-13, -18), (-6, -9), (0, -22), (6, -15), (13, -31), (22, -14),
     (25, -14)),
    ((-25, -16), (-21, -9), (-14, -24), (-8, -13), (-4, -24), (3, -7), (9, -24), (15, -14),
     (25, -17)),
)  # fmt: skip
# The hair over the crown, from ear to ear.
CROWN = ((-33, -4), (-36, -22), (-25, -42), (0, -49), (25, -42), (36, -22), (33, -4))
# The upper lid in eye widths and heights.
LASH = (
    (-0.6, 0), (-0.4, -0.45), (0.1, -0.6), (0.5, -0.4), (0.7, 0), (0.5, 0), (0.4, -0.2),
    (-0.3, -0.3),
)  # fmt: skip
# The right half of the hair behind the head, from the crown down to the middle; the left half
# mirrors it.
SHORT = ((18, -48), (34, -36), (40, -16), (36, 2), (40, 12), (30, 14), (28, 22), (0, 20))
BOB = ((18, -47), (34, -36), (41, -14), (42, 8), (40, 26), (30, 33), (18, 30), (0, 28))
LONG = ((18, -47), (34, -36), (41, -14), (42, 10), (44, 34), (46, 70), (20, 72), (0, 70))
WAVY = ((18, -48), (36, -36), (43, -14), (40, 4), (47, 20), (42, 36), (50, 54), (34, 70), (0, 70))
TIED = ((18, -47), (33, -36), (38, -16), (35, 4), (28, 18), (0, 20))
TWIN_TAIL = ((32, -30), (44, -33), (53, -10), (54, 24), (47, 52), (41, 30), (40, 4), (37, -14))
PONYTAIL = ((24, -44), (44, -46), (56, -26), (55, 10), (46, 38), (42, 10), (39, -14), (30, -28))
BUN = ((21, -36), (24, -45), (32, -47), (41, -44), (43, -36), (40, -28), (32, -25), (25, -28))
# The hair behind the head, and what may be tied at its sides.
BACK_HAIR = (
    (SHORT, ()), (BOB, ()), (LONG, ()), (WAVY, ()),
    (TIED, TWIN_TAIL), (TIED, PONYTAIL), (TIED, BUN),
)  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """What one face looks like; lengths are in head units."""

    hair: Colour
    eyes: Colour
    skin: Colour
    clothes: tuple[Colour, Colour]  # of the shirt and of its collar
    background: tuple[Colour, ...]  # top, bottom, and the soft light around the head
    back_hair: tuple[np.ndarray, ...]  # outlines of the hair behind the head, the farthest first
    fringe: np.ndarray  # (n, 2): points as in FRINGES
    side_lock: float  # how low the locks beside the face reach
    eye: tuple[float, ...]  # width, height, and how much higher its outer corner is
    mouth: tuple[float, float]  # half its width, and how far it is open
    smile: float  # how much lower the middle of the mouth is than its corners
    blush: float  # 0-1
    glasses: bool
    turn: float  # how far the features are moved to the right


def sample_traits(rng: np.random.Generator) -> Traits:
    """Draw the traits of one face."""

    def pick(*options: Any) -> Any:
        return options[rng.integers(len(options))]

    side = pick(-1, 1)
    jitter = rng.uniform(-1, 1, (2, 3)) * (0.02, 0.08, 0.06)
    fringe = (np.array(pick(*FRINGES)) * (side, 1))[::side]
    (back_hair, tail), tail_sides = pick(*BACK_HAIR), pick((-1, 1), (side,))
    cloth = hsv_colour(rng.uniform((0, 0.1, 0.2), (1, 0.7, 0.95)))
    light = hsv_colour(rng.uniform((0, 0, 0.85), (1, 0.3, 1)))
    deep = hsv_colour(rng.uniform((0, 0, 0.3), (1, 0.6, 1)))
    return Traits(
        hair=hsv_colour(pick(*HAIR_COLOURS) + jitter[0]),
        eyes=hsv_colour(pick(*EYE_COLOURS) + jitter[1]),
        skin=mix((255, 236, 224), (206, 150, 116), rng.uniform() ** 4),
        clothes=(cloth, pick(WHITE, cloth, shaded(cloth, 0.5))),
        background=pick(
            (light,) * 3, (light, deep, light), (deep, light, deep), (deep, deep, light)
        ),
        back_hair=(
            *(smooth(np.array(tail) * (k, 1)) for k in tail_sides if tail),
            mirrored(back_hair),
        ),
        fringe=fringe + rng.uniform(-1.5, 1.5, fringe.shape),
        side_lock=rng.uniform(4, 40),
        eye=tuple(rng.uniform((14, 12, -2), (17, 18, 3))),
        mouth=pick(
            (rng.uniform(3, 6), 0), (rng.uniform(3.5, 5), rng.uniform(2, 5)), (2, rng.uniform(1, 3))
        ),
        smile=rng.uniform(-1.5, 4.5),
        blush=rng.uniform(0, 0.5),
        glasses=rng.uniform() < 0.1,
        turn=rng.uniform(-4, 4),
    )


def hsv_colour(hsv: np.ndarray) -> Colour:
    """RGB triple (0-255) of a hue (wrapped around), a saturation and a value (clipped to 0-1)."""
    return tuple(
        round(255 * level) for level in colorsys.hsv_to_rgb(hsv[0] % 1, *np.clip(hsv[1:], 0, 1))
    )


def mix(colour: Colour, other: Colour, amount: float) -> Colour:
    """The colour moved towards the other one: 0 leaves it, 1 gives the other one."""
    return tuple(round(a + (b - a) * amount) for a, b in zip(colour, other))


def shaded(colour: Colour, amount: float) -> Colour:
    """The colour moved towards a dark purple: shadows drawn in black look dirty."""
    return mix(colour, (54, 14, 48), amount)


def smooth(points: Any, steps: int = 6) -> np.ndarray:
    """Closed outline (n, 2) to the points (n * steps, 2) of a Catmull-Rom curve through it."""
    p = np.concatenate((points[-1:], points, points[:2]))[:, None]
    before, start, stop, after = p[:-3], p[1:-2], p[2:-1], p[3:]
    t = (np.arange(steps) / steps)[:, None]
    cubic = 2 * before - 5 * start + 4 * stop - after + t * (3 * (start - stop) + after - before)
    return (start + t / 2 * (stop - before + t * cubic)).reshape(-1, 2)


def arc(start: Any, control: Any, stop: Any, steps: int = 8) -> np.ndarray:
    """Points (steps + 1, 2) along a quadratic Bezier curve."""
    t = np.arange(steps + 1)[:, None] / steps
    return np.hstack(((1 - t) ** 2, 2 * t * (1 - t), t**2)) @ np.array((start, control, stop))


def oval(x: float, y: float, width: float, height: float, steps: int = 28) -> np.ndarray:
    """Points (steps, 2) around an ellipse given by its middle, width and height."""
    angles = np.arange(steps) * 2 * pi / steps
    return np.stack((x + width / 2 * np.cos(angles), y + height / 2 * np.sin(angles)), 1)


def mirrored(half: Any) -> np.ndarray:
    """Right half of an outline, which ends in its middle, to the smooth symmetric outline."""
    right = np.array(half, float)
    return smooth(np.concatenate((right, right[-2::-1] * (-1, 1))))


class Canvas:
    """An oversampled picture on which shapes in head units are drawn."""

    def __init__(self, scale: float, tilt: float, shift: np.ndarray):
        self.unit = OVERSAMPLING * scale
        self.axes = self.unit * np.array(((cos(tilt), sin(tilt)), (-sin(tilt), cos(tilt))))
        self.origin = OVERSAMPLING * (SIZE / 2 + shift)
        self.image = Image.new("RGB", (SIZE * OVERSAMPLING,) * 2)

    def place(self, points: Any) -> np.ndarray:
        """Points in head units to pixels."""
        return np.asarray(points, float) @ self.axes + self.origin

    def line(self, points: Any, colour: Colour, width: float = 0.8) -> None:
        """A stroke through the points."""
        pen = ImageDraw.Draw(self.image)
        pen.line(self.place(points).ravel().tolist(), colour, round(width * self.unit), "curve")

    def fill(
        self,
        points: Any,
        top: Colour,
        bottom: Colour | None = None,
        outline: Colour | None = None,
        within: Any = None,
    ) -> None:
        """Fill a shape with a colour, or with two from top to bottom.

        Args:
            points: (n, 2), the shape's outline.
            top: its colour, or that of its top.
            bottom: the colour of its bottom.
            outline: the colour of a line around it.
            within: (n, 2), another shape: only where the two overlap is filled.
        """
        placed = self.place(points)
        low = np.floor(placed.min(0)).astype(int).clip(0, self.image.width - 1)
        high = np.ceil(placed.max(0)).astype(int).clip(low + 1, self.image.width)
        width, height = size = tuple((high - low).tolist())
        mask = _silhouette(placed - low, size)
        if within is not None:
            mask = ImageChops.darker(mask, _silhouette(self.place(within) - low, size))
        paint: Any = top
        if bottom is not None:
            rows = top + np.subtract(bottom, top) * np.arange(height)[:, None] / height
            paint = Image.fromarray(rows.astype(np.uint8)[:, None]).resize(
                size, Image.Resampling.NEAREST
            )
        self.image.paste(paint, (*low.tolist(), *high.tolist()), mask)
        if outline is not None:
            self.line(np.concatenate((points, points[:2])), outline)

    def glow(self, x: float, y: float, size: tuple[float, float], colour: Colour) -> None:
        """Blend in an ellipse of this width and height that fades out towards its edge."""
        extent = np.round(np.array(size) * self.unit).astype(int)
        corner = np.round(self.place((x, y)) - extent / 2).astype(int)
        mask = GLOW.resize(extent.tolist(), Image.Resampling.NEAREST)
        self.image.paste(colour, (*corner.tolist(), *(corner + extent).tolist()), mask)


def _draw_back_hair(canvas: Canvas, traits: Traits) -> None:
    for shape in traits.back_hair:
        canvas.fill(shape, traits.hair, shaded(traits.hair, 0.4), shaded(traits.hair, 0.7))
    # The hollow behind the neck is in the shadow of the head.
    canvas.fill(oval(0, 22, 54, 70), shaded(traits.hair, 0.5), within=traits.back_hair[-1])


def _draw_body(canvas: Canvas, traits: Traits) -> None:
    shirt, collar = traits.clothes
    line = shaded(shirt, 0.7)
    canvas.fill(
        mirrored(((7, 32), (20, 36), (33, 43), (40, 70), (0, 72))), shirt, shaded(shirt, 0.4), line
    )
    canvas.fill(mirrored(((8, 18), (8, 33), (0, 45))), shaded(traits.skin, 0.3), traits.skin)
    neckline = ((8, 30), (15, 35), (9, 47), (0, 50), (-9, 47), (-15, 35), (-8, 30), (0, 45))
    canvas.fill(neckline, collar, shaded(collar, 0.2), line)


def _draw_head(canvas: Canvas, traits: Traits, fringe: np.ndarray) -> None:
    line = shaded(traits.skin, 0.6)
    head = mirrored(((16, -36), (26.5, -9), (24, 8), (16, 19), (6, 25), (0, 27))) + (
        traits.turn / 3,
        0,
    )
    canvas.fill(head, traits.skin, outline=line)
    for x in (-16, 16):
        canvas.glow(x + traits.turn, 7, (18, 13), mix(traits.skin, (255, 80, 100), traits.blush))
    canvas.fill(fringe + (0, 3), shaded(traits.skin, 0.25), within=head)
    canvas.line(np.array(((0, 4), (0.8, 6), (-0.6, 6.6))) + (1.3 * traits.turn, 0), line)


def _draw_mouth(canvas: Canvas, traits: Traits) -> None:
    red, x, (width, opening) = (140, 40, 56), 1.2 * traits.turn, traits.mouth
    corner, depth = 15 - traits.smile / 3, opening + traits.smile * 2 / 3
    lip = arc((x - width, corner), (x, 15 + traits.smile), (x + width, corner))
    if opening:
        mouth = np.concatenate((lip, oval(x, corner, 2 * width, 2 * depth)[:15]))
        canvas.fill(mouth, red, outline=red)
        canvas.fill(oval(x, corner + depth, 1.4 * width, opening), (250, 140, 140), within=mouth)
    canvas.line(lip, red)


def _fringe_outline(traits: Traits) -> np.ndarray:
    """Points (n, 2) around the hair in front of the head: over the crown, back along the fringe."""
    cheek = ((33, -4), (26, traits.side_lock))
    edge = np.array((*cheek, *traits.fringe[::-1], *(np.array(cheek[::-1]) * (-1, 1))))
    # The two points below only make the curve end downwards.
    pieces = [smooth((*CROWN, (28, 20), (-28, 20)))[:36]]
    for k, (start, stop) in enumerate(zip(edge[:-1], edge[1:])):
        # Both sides of a lock leave their notch downwards, which makes it plump with a sharp tip.
        notch = stop if k % 2 else start
        pieces.append(arc(start, (notch[0], (start[1] + stop[1]) / 2), stop))
    return np.concatenate(pieces)


def _draw_fringe(canvas: Canvas, traits: Traits, fringe: np.ndarray) -> None:
    canvas.fill(
        fringe, mix(traits.hair, WHITE, 0.1), shaded(traits.hair, 0.2), shaded(traits.hair, 0.7)
    )
    for x, y in traits.fringe[::2]:
        canvas.line(arc((x, y), (x, y - 12), (0.55 * x, -42)), shaded(traits.hair, 0.4), 0.6)
    x = np.linspace(-29, 29, 15)
    thickness = (1 - (x / 32) ** 2) * np.where(np.arange(15) % 2, 2, 6)
    y = 0.016 * x**2 - 34
    ring = np.concatenate(
        (np.stack((x, y - thickness / 2), 1), np.stack((x, y + thickness), 1)[::-1])
    )
    canvas.fill(ring + (traits.turn / 2, 0), mix(traits.hair, WHITE, 0.45), within=fringe)


def _draw_eye(canvas: Canvas, traits: Traits, side: int) -> None:
    # The eye on the far side of a turned head looks narrower.
    width, height, slant = np.array(traits.eye) * (1 - 0.03 * side * traits.turn, 1, 1)
    middle = np.array((17 * side + traits.turn, -8))

    def eye_points(points: Any) -> np.ndarray:
        x, y = np.array(points).T  # in eye widths and heights, x grows outwards
        return middle + np.stack((side * width * x, height * y - slant * x), 1)

    ink = shaded(traits.hair, 0.92)
    white = smooth(
        eye_points(((-0.5, 0.1), (-0.3, -0.4), (0.1, -0.5), (0.4, -0.3), (0.5, 0.1), (0, 0.56)))
    )
    canvas.fill(white, (200, 200, 222), WHITE)
    dark = shaded(traits.eyes, 0.75)
    for size, bottom in ((1, None), (0.86, mix(traits.eyes, WHITE, 0.4)), (0.36, None)):
        canvas.fill(eye_points(oval(-0.02, 0, 0.76 * size, 1.1 * size)), dark, bottom, within=white)
    for x, y, size in ((-0.14, -0.2, 0.28), (0.15, 0.22, 0.14)):
        canvas.fill(middle + oval(x * width, y * height, size * width, size * height), WHITE)
    canvas.fill(smooth(eye_points(LASH)), ink)
    canvas.line(eye_points(arc((-0.2, 0.53), (0.3, 0.55), (0.45, 0.25))), ink)
    canvas.line(eye_points(arc((-0.55, -0.85), (0, -1.1), (0.55, -0.85))), shaded(traits.hair, 0.7))
    if traits.glasses:
        canvas.line(middle + oval(0, 1, 22, 20)[np.arange(-1, 28)], ink)
        canvas.line((middle - (11 * side, 0), (traits.turn, -9)), ink)


def draw_face(rng: np.random.Generator) -> Image.Image:
    """Draw a face: a 96x96 RGB image that depends on the state of the random generator only."""
    traits = sample_traits(rng)
    canvas = Canvas(rng.uniform(0.98, 1.1), rng.normal(0, 0.08), rng.uniform(-2, 2, 2))
    fringe = _fringe_outline(traits)
    canvas.fill(oval(0, 0, 200, 150), *traits.background[:2])
    canvas.glow(0, 0, (120, 120), traits.background[2])
    _draw_back_hair(canvas, traits)
    _draw_body(canvas, traits)
    _draw_head(canvas, traits, fringe)
    _draw_mouth(canvas, traits)
    _draw_fringe(canvas, traits, fringe)
    # Eyes come last: in this style of drawing they show through the hair.
    _draw_eye(canvas, traits, -1)
    _draw_eye(canvas, traits, 1)
    return canvas.image.reduce(OVERSAMPLING)


def draw_faces(folder: Path, count: int = 2000, seed: int = 0) -> None:
    """Write 96x96 RGB faces, 0.jpg to {count - 1}.jpg, to an existing folder.

    Face i depends on the seed and i only.
    """
    for index in tqdm(range(count), desc="drawing faces"):
        face = draw_face(stream(seed, "face", index))
        face.save(folder / f"{index}.jpg", quality=92, subsampling=0)


def _silhouette(placed: np.ndarray, size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).polygon(placed.ravel().tolist(), fill=255)
    return mask
