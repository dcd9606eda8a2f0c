"""Generate images from a trained generator: `python -m ms_gan.generate --ckpt generator.ckpt`. See `--help`."""

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ms_gan import latents, layers, pictures, runtime
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.options import Parser, number, with_values
from ms_gan.recipes import RECIPES

BATCH = 32  # images at a time, always: an image's last bits depend on the shape that it is computed in
GRID_LIMIT = 1024  # more images than anyone looks at in one picture
PICTURES, MOVIES = (".png", ".jpg", ".jpeg"), (".gif",)


def main(argv=None):
    """Generate as the command line says and return the exit status."""
    asked = _parser().parse_args(argv)
    if asked.separate and asked.out:
        raise UsageError("--out names one picture, --separate a folder for many; give one of them")
    if asked.seeds is None:
        asked.seeds = list(range(asked.count or (8 if asked.interpolate else 24)))
    make = _walk if asked.interpolate else _separate if asked.separate else _grid
    make(asked)
    return 0


def _grid(asked):
    out = pictures.check_format(asked.out or "generated.png", PICTURES)
    if len(asked.seeds) > GRID_LIMIT:
        raise UsageError(f"{len(asked.seeds)} images are too many for one picture (at most {GRID_LIMIT}); "
                         "give --separate FOLDER to have one file each")
    recipe, generator = _load(asked)
    pixels = list(images(generator, latents.of_seeds(asked.seeds, recipe.nz)))
    pictures.save(pictures.grid(np.stack(pixels), recipe.columns), out)
    print(f"{out}: {len(pixels)} images")


def _separate(asked):
    folder = Path(asked.separate)
    recipe, generator = _load(asked)
    folder.mkdir(parents=True, exist_ok=True)
    files = (folder / f"seed{seed:06d}.png" for seed in asked.seeds)
    made = map(pictures.to_image, images(generator, latents.of_seeds(asked.seeds, recipe.nz)))
    pictures.save_all(zip(made, files))
    print(f"{folder}: {len(asked.seeds)} images")


def _walk(asked):
    out = pictures.check_format(asked.out or "walk.gif", MOVIES)
    recipe, generator = _load(asked)
    points = latents.walk(latents.of_seeds(asked.seeds, recipe.nz), asked.interpolate)
    frames = [pictures.enlarge(pictures.to_image(image)) for image in images(generator, points)]
    pictures.save_gif(frames, out, seconds=1 / 12, rest=1 / 12)
    print(f"{out}: {len(frames)} frames through {len(asked.seeds)} seeds")


def _load(asked):
    return load(asked.ckpt, asked.device, asked.device_id)


def load(path, device="auto", device_id=0):
    """The recipe that a checkpoint names, with its sizes, and the generator in inference mode, compiled."""
    device = runtime.start(device, device_id)
    from ms_gan.training import checkpoint  # imports MindSpore, which has to wait for `runtime.start`

    values, meta = checkpoint.load(path, "generator")
    name = meta.get("recipe")
    if name not in RECIPES:
        raise GanError(f"{path}: made by a recipe {name!r} that this ms_gan doesn't have")
    recipe = with_values(RECIPES[name], meta.get("options", {}), path)
    generator = recipe.generator(layers.choose("auto", device))
    checkpoint.restore(dict(generator.parameters_and_names()), values, path)
    return recipe, _compiled(generator.set_train(False))


def _compiled(generator):
    """The generator as one compiled function, several times faster than layer by layer."""
    import mindspore as ms

    @ms.jit
    def output(latents):
        return (generator(latents),)  # a tuple: MindSpore computes it while Python goes on

    return output


def images(generator, points):
    """Yield the pixels, uint8 (H, W, C), of each latent vector of `points` (count, nz)."""
    import mindspore as ms

    def begin(first):
        batch = points[first:first + BATCH]
        filled = np.concatenate([batch, np.zeros((BATCH - len(batch), points.shape[1]), np.float32)])
        return len(batch), generator(ms.Tensor(filled))[0]

    count, output = begin(0)
    with tqdm(total=len(points), desc="generating", leave=False, disable=None) as bar:
        for following in range(BATCH, len(points) + BATCH, BATCH):
            pixels = pictures.to_pixels(output.asnumpy())[:count]
            bar.update(count)
            if following < len(points):
                count, output = begin(following)  # computed while the caller deals with these
            yield from pixels


def _parser():
    parser = Parser(prog="python -m ms_gan.generate", description="Generate images from a trained generator.")
    parser.add_argument("--ckpt", required=True, metavar="FILE", help="generator.ckpt of a run; needs nothing else")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--seeds", type=latents.parse_seeds, metavar="LIST",
                       help="one image for each of these, e.g. 0,1,4-6 (default: 0-23)")
    which.add_argument("--count", type=number(int, 1, 10**5), metavar="N", help="the same as --seeds 0-(N-1)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--separate", metavar="FOLDER", help="write one PNG a seed into this folder")
    kind.add_argument("--interpolate", type=number(int, 2, 1000), metavar="N",
                      help="write a GIF of N frames that walks through the seeds (default: 0-7) and back")
    parser.add_argument("--out", metavar="FILE", help="where to write (default: generated.png, or walk.gif)")
    parser.add_argument("--device", choices=("auto", *runtime.DEVICES), default="auto", help="default: auto")
    parser.add_argument("--device-id", type=number(int, 0, 4095), default=0, metavar="N", help="default: 0")
    return parser


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.generate", main))
