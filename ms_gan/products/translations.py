"""Generators that translate images: rows of sources and translations in training, folders of
pictures afterwards.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ms_gan import pictures
from ms_gan.data.decode import FORMATS
from ms_gan.errors import UsageError


class Pairs:
    """Translations whose targets are known: each sample shows input, output and target of held-out
    images.

    count: pairs in a sample; size: the images' side; batch_statistics: whether batch normalisation
    uses the statistics of the images at hand, as pix2pix does, instead of the running ones.
    """

    spread = None  # each translation follows an image of its own

    def __init__(self, count, size, batch_statistics):
        self._count, self._size = count, size
        self._batch_statistics = batch_statistics

    def real(self, batch):
        """Inputs and targets of a batch, side by side."""
        return _grid([side[: self._count] for side in batch])

    def fixed(self, batches, seed):
        """Inputs and targets held out from training."""
        return batches.held_out(self._count)

    def picture(self, networks, fixed):
        """One row for each fixed pair: input, output, target."""
        inputs, targets = fixed
        return _grid([inputs, self._translate(networks["generator"], inputs), targets])

    def generate(self, generator, asked):
        """Translate every image of the folder --input into a PNG of the same name in the folder
        --out.
        """
        for option in ("seeds", "count", "separate", "interpolate"):
            if getattr(asked, option):
                raise UsageError(
                    f"--{option}: for generators that make images from seeds; this one translates: "
                    "give --input FOLDER --out FOLDER"
                )
        if not asked.input or not asked.out:
            raise UsageError("this generator translates images: give --input FOLDER --out FOLDER")
        source, out = Path(asked.input), Path(asked.out)
        if not source.is_dir():
            raise UsageError(f"--input {source}: no such folder; expected a folder of images")
        if out.resolve() == source.resolve():
            raise UsageError(
                f"--out {out}: the folder of --input, whose images would be overwritten; name another one"
            )
        found = open_folder(source)
        import mindspore as ms

        translate = generator()

        def translated():
            for file in found.files:
                yield pictures.to_image(
                    pictures.to_pixels(translate(ms.Tensor(self._open(file)))[0].asnumpy())[0]
                )

        targets = [
            (out / file.relative_to(found.folder)).with_suffix(".png") for file in found.files
        ]
        if len(set(targets)) < len(targets):
            twice = next(target for target in targets if targets.count(target) > 1)
            raise UsageError(
                f"--input {source}: two of its images would both become {twice}; rename one of them"
            )
        pictures.save_all(zip(translated(), targets))
        print(f"{out}: {len(targets)} images")

    def _translate(self, network, images):
        """One by one, so that the statistics of a batch are those of one image."""
        from ms_gan.inference import infer  # imports MindSpore

        return np.concatenate(
            [
                infer(network, image[None], batch_statistics=self._batch_statistics)
                for image in images
            ]
        )

    def _open(self, file):
        """An image file as float32 (1, 3, size, size) in [-1, 1], in the shape that the training
        gives it.
        """
        with Image.open(file, formats=FORMATS) as image:
            pixels = np.asarray(self._fitted(image.convert("RGB")), np.float32)
        return pixels.transpose(2, 0, 1)[None] / np.float32(127.5) - 1

    def _fitted(self, image):
        return image.resize((self._size, self._size), Image.BICUBIC)


class Cycles(Pairs):
    """Translations there and back: each sample shows X, X to Y, that to X, then Y, Y to X, that to
    Y.
    """

    def fixed(self, batches, seed):
        """As many images held out from X as from Y."""
        sides = batches.held_out(self._count)
        return tuple(side[: min(map(len, sides))] for side in sides)

    def picture(self, networks, fixed):
        """One row for each fixed pair of images."""
        forth, back = networks["generator"], networks["generator_back"]
        x, y = fixed
        fake_y, fake_x = self._translate(forth, x), self._translate(back, y)
        return _grid(
            [x, fake_y, self._translate(back, fake_y), y, fake_x, self._translate(forth, fake_x)]
        )

    def _fitted(self, image):
        return ImageOps.fit(image, (self._size, self._size), Image.BILINEAR)


def _grid(columns):
    """Images of equally long columns, arrays (N, 3, H, W) in [-1, 1], row by row."""
    rows = np.stack(columns, 1)
    return pictures.grid(pictures.to_pixels(rows.reshape(-1, *rows.shape[2:])), len(columns))
