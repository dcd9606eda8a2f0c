"""PyTorch's way to generate images, timed: the DCGAN tutorial's generator with random weights,
files by Pillow.

Run by benchmarks/generate.py, in an interpreter that has torch and pillow: torch_generate.py COUNT
BATCH ROUNDS, or torch_generate.py COUNT BATCH FOLDER to write COUNT files. Prints a JSON list of
the seconds that each round of the computation took, the first one aside, or [] where it wrote
files.
"""

import json
import os
import sys
import time

import numpy as np
import torch
from PIL import Image
from torch_dcgan import NZ, generator


def pixels(network, latents, batch):
    """Yield the uint8 pixels (n, H, W, C) of each batch."""
    with torch.inference_mode():
        for first in range(0, len(latents), batch):
            images = network(
                torch.from_numpy(latents[first : first + batch])[:, :, None, None]
            ).numpy()
            yield np.clip(np.rint((images.transpose(0, 2, 3, 1) + 1) * 127.5), 0, 255).astype(
                np.uint8
            )


def main(count, batch, rest):
    """Generate `count` images as often as `rest` says, or once into the folder that it names."""
    network = generator(64, 64).eval()
    latents = np.random.default_rng(0).standard_normal((count, NZ)).astype(np.float32)
    seconds = []
    if rest.isdecimal():
        for _ in range(int(rest) + 1):
            start = time.perf_counter()
            for _ in pixels(network, latents, batch):
                pass
            seconds.append(time.perf_counter() - start)
    else:
        os.makedirs(rest, exist_ok=True)
        numbers = iter(range(count))
        for made in pixels(network, latents, batch):
            for image in made:
                Image.fromarray(image).save(os.path.join(rest, f"seed{next(numbers):06d}.png"))
    print(json.dumps(seconds[1:]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
