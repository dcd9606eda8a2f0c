"""Synthetic faces and line drawings of them: a stand-in for image translation, paired or not."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageFilter
from tqdm.auto import tqdm

from ms_gan.stand_ins.faces import SIZE, draw_face
from ms_gan.streams import stream

HELD_OUT = 16  # pairs for validation
FINER = 3  # lines are found in an enlarged face, then reduced, which smooths their edges


def line_drawing(face: Image.Image) -> Image.Image:
    """A face's line drawing: a grey image of its size, dark lines on white.

    A line is what is darker than its surroundings: the difference of two blurs of the face, one
    narrow, one wide.
    """
    large = face.convert("L").resize(
        (face.width * FINER, face.height * FINER), Image.Resampling.BICUBIC
    )
    narrow = large.filter(ImageFilter.GaussianBlur(1))
    wide = large.filter(ImageFilter.GaussianBlur(1.6 * FINER))
    # The soft shades of hair and background differ by less than 4 levels, outlines by far more.
    ink = ImageChops.subtract(wide, narrow).point(lambda darker: 255 - 9 * max(0, darker - 4))
    return ink.resize(face.size, Image.Resampling.LANCZOS)


def draw_pairs(folder: Path, count: int = 400, size: int = SIZE) -> None:
    """Write `count` pairs to train/ and 16 to test/ in an existing folder: line drawing left, its
    face right.

    They are RGB JPEGs, 0.jpg and so on, of 2 * `size` x `size` pixels. A pair depends on its
    number only.
    """
    for index in tqdm(range(count + HELD_OUT), desc="drawing pairs"):
        face = draw_face(stream(0, "pair", index))
        pair = Image.new("RGB", (2 * size, size))
        for left, half in ((0, line_drawing(face)), (size, face)):
            pair.paste(_scaled(half, size), (left, 0))
        # Pairs for validation come first, so that they are the same ones for any count.
        name = f"test/{index}.jpg" if index < HELD_OUT else f"train/{index - HELD_OUT}.jpg"
        _save(pair, folder / name)


def draw_unpaired(folder: Path, count: int = 400, size: int = SIZE) -> None:
    """Write `count` faces to A/ and line drawings of as many others to B/ in an existing folder.

    They are RGB JPEGs, 0.jpg and so on, of `size` x `size` pixels. An image depends on its number
    only.
    """
    for index in tqdm(range(count), desc="drawing faces and lines"):
        face = draw_face(stream(0, "unpaired face", index))
        other = draw_face(stream(0, "unpaired line drawing", index))
        _save(_scaled(face, size), folder / "A" / f"{index}.jpg")
        _save(_scaled(line_drawing(other), size), folder / "B" / f"{index}.jpg")


def _scaled(image: Image.Image, size: int) -> Image.Image:
    return image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS)


def _save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    image.save(path, quality=92, subsampling=0)
