"""Generate with a trained generator: `python -m ms_gan.generate --ckpt generator.ckpt`. See
`--help`.
"""

import sys

from ms_gan import latents, layers, runtime
from ms_gan.errors import GanError, run_command
from ms_gan.options import Parser, number, with_values
from ms_gan.recipes import RECIPES

STATISTICS = ("recipe", "running", "batch")


def main(argv=None):
    """Generate as the command line says and return the exit status."""
    asked = _parser().parse_args(argv)
    recipe, generator = load(asked.ckpt, asked.device, asked.device_id, asked.statistics)
    recipe.product().generate(generator, asked)
    return 0


def load(path, device="auto", device_id=0, statistics="recipe"):
    """The recipe that a checkpoint names, with its sizes, and a function that gives its generator,
    compiled.

    statistics: "batch" or "running" for what batch normalisation uses, or "recipe" for what the
    recipe does. Raises GanError for a file that isn't a generator's checkpoint.
    """
    device = runtime.start(device, device_id)
    from ms_gan.inference import (
        compiled,
    )  # these import MindSpore, which has to wait for `runtime.start`
    from ms_gan.training import checkpoint

    values, meta = checkpoint.load(path, "generator")
    name = meta.get("recipe")
    if name not in RECIPES:
        raise GanError(f"{path}: made by a recipe {name!r} that this ms_gan doesn't have")
    recipe = with_values(RECIPES[name], meta.get("options", {}), path)
    generator = recipe.generator()
    layers.prepare([generator], "auto", device, recipe.im2col_on_cpu)
    checkpoint.restore(dict(generator.parameters_and_names()), values, path)
    of_batch = recipe.batch_statistics if statistics == "recipe" else statistics == "batch"
    return recipe, lambda: compiled(generator, of_batch)


def _parser():
    parser = Parser(
        prog="python -m ms_gan.generate",
        description="Generate with a trained generator: images or points "
        "from seeds, or translations of images.",
    )
    parser.add_argument(
        "--ckpt", required=True, metavar="FILE", help="generator.ckpt of a run; needs nothing else"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--seeds",
        type=latents.parse_seeds,
        metavar="LIST",
        help="one image or point for each of these, e.g. 0,1,4-6 (default: 0-23, or 0-999 for points)",
    )
    which.add_argument(
        "--count", type=number(int, 1, 10**5), metavar="N", help="the same as --seeds 0-(N-1)"
    )
    which.add_argument(
        "--input", metavar="FOLDER", help="images to translate, for generators that do"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--separate", metavar="FOLDER", help="write one PNG a seed into this folder")
    kind.add_argument(
        "--interpolate",
        type=number(int, 2, 1000),
        metavar="N",
        help="write a GIF of N frames that walks through the seeds (default: 0-7) and back",
    )
    parser.add_argument(
        "--out",
        metavar="PATH",
        help="where to write: a picture (default: generated.png or walk.gif), "
        "a table of points (generated.csv), a folder of translations",
    )
    parser.add_argument(
        "--statistics",
        choices=STATISTICS,
        default="recipe",
        help="batch normalisation by running statistics, or by those of the batch itself "
        "(default: as the recipe does it)",
    )
    parser.add_argument(
        "--device", choices=("auto", *runtime.DEVICES), default="auto", help="default: auto"
    )
    parser.add_argument(
        "--device-id", type=number(int, 0, 4095), default=0, metavar="N", help="default: 0"
    )
    return parser


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.generate", main))
