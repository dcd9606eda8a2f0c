"""PyTorch's way with a folder of images, timed: a DataLoader with worker processes that read and
scale with Pillow.

Run by benchmarks/data.py, in an interpreter that has torch and pillow: torch_data.py FOLDER SIZE
BATCH WORKERS EPOCHS. Prints a JSON list: the seconds of every epoch, the first one with the start
of the workers.
"""

import json
import os
import sys
import time

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    """Float images (3, size, size) in [-1, 1], made as torchvision's usual transforms would."""

    def __init__(self, folder, size):
        self.files = sorted(
            os.path.join(parent, name)
            for parent, _, names in os.walk(folder)
            for name in names
            if name.lower().endswith((".jpg", ".jpeg", ".png", ".bmp"))
        )
        self.size = size

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        with Image.open(self.files[index]) as image:
            image = image.convert("RGB")
        scale = self.size / min(image.size)
        width, height = (round(side * scale) for side in image.size)
        image = image.resize((width, height), Image.BILINEAR)
        left, top = (width - self.size) // 2, (height - self.size) // 2
        if image.size != (self.size, self.size):
            image = image.crop((left, top, left + self.size, top + self.size))
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
        return pixels.float().div_(127.5).sub_(1)


def main(folder, size, batch, workers, epochs):
    """Read all images `epochs` times."""
    images = Images(folder, size)
    start = time.perf_counter()
    loader = DataLoader(
        images,
        batch,
        shuffle=True,
        num_workers=workers,
        drop_last=True,
        persistent_workers=workers > 0,
    )
    seconds = []
    for _ in range(epochs):
        for taken in loader:
            assert taken.shape == (batch, 3, size, size)
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
