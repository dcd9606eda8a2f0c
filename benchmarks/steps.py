"""Training steps of one DCGAN, timed and weighed in a process of their own.

For benchmarks/train_step.py and memory.py, which run this file, or PyTorch's counterpart, once for
every way and round: environment variables that MindSpore reads only once then hold for one way
alone, and memory is that of one way.

    steps.py WAY CPU_MATH BATCH IMAGE_SIZE NGF NDF STEPS PARTS

WAY is "im2col" or "mindspore" for these layers, trained as ms_gan does it, or "plain" for
MindSpore's layers without ms_gan's way of waiting (but still kept from the convolution that is 100
times too slow, see `ms_gan.runtime.limit_isa`). PARTS are those of --accumulate. Prints {"seconds":
[of every step, the first with its compilation], "before": the megabytes right before the first
step, "peak": the most megabytes until the end}.
"""

import json
import os
import resource
import statistics
import sys
import time

from common import ROOT, add_torch_python, alternate

from ms_gan import layers, runtime
from ms_gan.errors import run_command
from ms_gan.options import number

# Steps that don't count: the first compiles, and the waiting gets to know how long a step takes.
SETTLING = 8
TITLES = {
    "im2col": "layers im2col",
    "mindspore": "layers mindspore",
    "plain": "plain MindSpore",
    "usual": "PyTorch, usual loop",
    "lean": "PyTorch, lean loop",
}
TORCH = ("usual", "lean")  # see torch_dcgan.py
REFERENCE = ROOT / "benchmarks" / "reference" / "torch_dcgan.py"


def add_sizes(parser, batch_sizes):
    """Give an argparse parser the options of what is measured; `batch_sizes` is the default."""
    parser.add_argument(
        "--batch-size",
        type=number(int, 2, 2**16),
        nargs="+",
        default=batch_sizes,
        metavar="N",
        help=f"images in a step, one number or several (default {' '.join(map(str, batch_sizes))})",
    )
    parser.add_argument(
        "--image-size",
        type=int,
        choices=(32, 64, 128),
        nargs="+",
        default=[64],
        help="side of the images, one or several (default 64)",
    )
    parser.add_argument(
        "--ngf", type=number(int, 1, 512), default=64, help="width of the generator (default 64)"
    )
    parser.add_argument(
        "--ndf",
        type=number(int, 1, 512),
        default=64,
        help="width of the discriminator (default 64)",
    )
    add_torch_python(parser)


def ways(options):
    """The names of what is to be compared."""
    return [name for name in TITLES if name not in TORCH or options.torch_python]


def command(way, options, batch_size, image_size, steps):
    """The command line that makes `steps` steps in one of the ways; it prints what this file's text
    says.
    """
    sizes = [batch_size, image_size, options.ngf, options.ndf, steps]
    if way in TORCH:
        return [options.torch_python, REFERENCE, way, *sizes]
    cpu_math, parts = getattr(options, "cpu_math", "float32"), getattr(options, "accumulate", 1)
    return [sys.executable, __file__, way, cpu_math, *sizes, parts]


def timed(commands, rounds):
    """Time ways of making steps in turns: {way: (seconds a step in each round, median seconds to
    compile)}.

    commands: {way: function that makes the steps in a new process and returns the seconds of each}.
    """
    compiling = {way: [] for way in commands}

    def measure(way):
        seconds = commands[way]()
        step = statistics.median(seconds[SETTLING:])
        compiling[way].append(seconds[0] - step)
        return step

    taken = alternate({way: lambda way=way: measure(way) for way in commands}, rounds)
    return {way: (steps, statistics.median(compiling[way])) for way, steps in taken.items()}


def megabytes():
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main(argv=None):
    """Make the steps and print what they took."""
    name, cpu_math, *numbers = argv or sys.argv[1:]
    batch_size, image_size, ngf, ndf, steps, parts = map(int, numbers)
    if name == "plain":
        os.environ["MS_DEV_HOST_BLOCKING_RUN"] = "0"  # as MindSpore is by itself
    device = runtime.start("CPU", cpu_math=cpu_math)
    import mindspore as ms
    import numpy as np

    from ms_gan.networks.dcgan import Discriminator, Generator
    from ms_gan.objectives.gan import GAN
    from ms_gan.objectives.optimizers import Rates
    from ms_gan.parameters import tensors

    generator, discriminator = Generator(100, ngf, image_size), Discriminator(ndf, image_size)
    choice = "mindspore" if name == "plain" else name
    layers.prepare([generator, discriminator], choice, device, im2col_on_cpu=True)
    objective = GAN(generator, discriminator, 100, Rates(0.0002, 0.0002, 0.5))
    objective.parts = parts
    rng = np.random.default_rng(0)
    real = ms.Tensor(rng.uniform(-1, 1, (batch_size, 3, image_size, image_size)).astype(np.float32))
    before, seconds = megabytes(), []
    for _ in range(steps):
        began = time.perf_counter()
        outputs = objective.train_step(real, *tensors(objective.noise(rng, batch_size)))
        outputs[0].asnumpy()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "before": before, "peak": megabytes()}))


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/steps.py", main))
