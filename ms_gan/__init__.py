"""ms_gan: generative adversarial networks on MindSpore, to train, to go on with and to generate by.

    run = ms_gan.fit("faces", data="faces.zip", steps=300)
    images = run.generator.generate(seeds=range(24))
    ms_gan.grid(images, columns=8).save("faces.png")

Importing it doesn't import MindSpore. docs/overview.md shows how the pieces go together.
"""

from ms_gan.runtime import guard

__version__ = "0.2.0"

guard()  # before MindSpore is imported

from ms_gan.errors import GanError, UsageError  # noqa: E402
from ms_gan.fit import fit  # noqa: E402
from ms_gan.load import load  # noqa: E402
from ms_gan.pictures import grid  # noqa: E402
from ms_gan.recipes import RECIPES  # noqa: E402
from ms_gan.run import Run  # noqa: E402
from ms_gan.score import compare, score  # noqa: E402

__all__ = ["RECIPES", "GanError", "Run", "UsageError", "compare", "fit", "grid", "load", "score"]
