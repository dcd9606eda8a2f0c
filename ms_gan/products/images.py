"""Generators of images from noise: grids in training; grids, single files and walks through the
latents afterwards.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from ms_gan import latents, pictures
from ms_gan.errors import UsageError

FIXED = 1  # second seed of the fixed noise, apart from the training noise of the same run
BATCH = (
    32  # images at a time, always: an image's last bits depend on the shape that it is computed in
)
GRID_LIMIT = 1024  # more images than anyone looks at in one picture
PICTURES, MOVIES = (".png", ".jpg", ".jpeg"), (".gif",)


class Images:
    """Images (N, C, H, W) in [-peak, peak] from latents (N, nz) that `draw` draws (see
    `ms_gan.latents`).

    count, columns: of a sample grid.
    """

    def __init__(self, nz, draw, count, columns, peak=1.0):
        self._nz, self._draw = nz, draw
        self._count, self._columns = count, columns
        self._peak = peak
        self.spread = None

    def real(self, batch):
        """A grid of the first real images."""
        return self._grid(batch[0][: self._count])

    def fixed(self, batches, seed):
        """One latent vector for each image of a sample grid, the same for the whole run."""
        return (self._draw(np.random.default_rng([seed, FIXED]), self._count, self._nz),)

    def picture(self, networks, fixed):
        """A grid of what the generator makes of the fixed latents, in inference mode."""
        from ms_gan.inference import infer  # imports MindSpore

        images = infer(networks["generator"], *fixed)
        self.spread = float(images.std(0).mean()) / (2 * self._peak)
        return self._grid(images)

    def generate(self, generator, asked):
        """Write a grid, or with --separate one file a seed, or with --interpolate a GIF."""
        if asked.input:
            raise UsageError(
                "--input: for generators that translate images; this one makes them from seeds"
            )
        if asked.separate and asked.out:
            raise UsageError(
                "--out names one picture, --separate a folder for many; give one of them"
            )
        seeds = asked.seeds
        if seeds is None:
            seeds = list(range(asked.count or (8 if asked.interpolate else 24)))
        write = (
            self._write_walk
            if asked.interpolate
            else self._write_files
            if asked.separate
            else self._write_grid
        )
        write(generator, seeds, asked)

    def images(self, generator, points):
        """Yield the pixels, uint8 (H, W, C), of each latent vector of `points` (count, nz) by a
        compiled one.
        """
        import mindspore as ms

        from ms_gan.pace import Pace

        def begin(first):
            batch = points[first : first + BATCH]
            filled = np.concatenate(
                [batch, np.zeros((BATCH - len(batch), points.shape[1]), np.float32)]
            )
            return len(batch), generator(ms.Tensor(filled))

        pace, (count, outputs) = Pace(), begin(0)
        with tqdm(total=len(points), desc="generating", leave=False, disable=None) as bar:
            for following in range(BATCH, len(points) + BATCH, BATCH):
                pace.wait(outputs)
                pixels = pictures.to_pixels(outputs[0].asnumpy(), self._peak)[:count]
                bar.update(count)
                if following < len(points):
                    count, outputs = begin(following)  # computed while the caller deals with these
                yield from pixels

    def _write_grid(self, generator, seeds, asked):
        out = pictures.check_format(asked.out or "generated.png", PICTURES)
        if len(seeds) > GRID_LIMIT:
            raise UsageError(
                f"{len(seeds)} images are too many for one picture (at most {GRID_LIMIT}); "
                "give --separate FOLDER to have one file each"
            )
        pixels = list(self.images(generator(), latents.of_seeds(seeds, self._nz, self._draw)))
        pictures.save(pictures.grid(np.stack(pixels), self._columns), out)
        print(f"{out}: {len(pixels)} images")

    def _write_files(self, generator, seeds, asked):
        folder = Path(asked.separate)
        made = self.images(generator(), latents.of_seeds(seeds, self._nz, self._draw))
        folder.mkdir(parents=True, exist_ok=True)
        pictures.save_all(
            zip(map(pictures.to_image, made), (folder / f"seed{seed:06d}.png" for seed in seeds))
        )
        print(f"{folder}: {len(seeds)} images")

    def _write_walk(self, generator, seeds, asked):
        out = pictures.check_format(asked.out or "walk.gif", MOVIES)
        points = latents.walk(
            latents.of_seeds(seeds, self._nz, self._draw), asked.interpolate, self._draw
        )
        made = self.images(generator(), points)
        frames = [pictures.enlarge(pictures.to_image(image)) for image in made]
        pictures.save_gif(frames, out, seconds=1 / 12, rest=1 / 12)
        print(f"{out}: {len(frames)} frames through {len(seeds)} seeds")

    def _grid(self, images):
        return pictures.grid(pictures.to_pixels(images, self._peak), self._columns)
