"""The recipe `gaussian` in plain eager PyTorch, in the order of
ms_gan/objectives/discriminator_first.py.

Run by benchmarks/loop_overhead.py, in an interpreter that has torch: torch_gaussian.py STEPS.
Prints {"seconds": of all steps but the first, "first": of the first one, "imports": of importing
torch, "loss_g", "loss_d": the last ones}.
"""

import json
import sys
import time

imports = time.perf_counter()
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import binary_cross_entropy_with_logits  # noqa: E402

imports = time.perf_counter() - imports
BATCH = 8
POINTS = 1000


def main(steps):
    """Train and print what it took."""
    torch.manual_seed(0)
    points = torch.randn(POINTS, 2) @ torch.tensor([[1, 2], [-0.1, 0.5]]) + torch.tensor([1.0, 2.0])
    generator = nn.Linear(2, 2)
    discriminator = nn.Sequential(
        nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 1)
    )
    optimizer_g = torch.optim.Adam(generator.parameters(), 0.005)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), 0.05)
    ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)

    def step(real):
        fakes = generator(torch.randn(BATCH, 2))
        real_logits, fake_logits = (
            discriminator(real).reshape(-1),
            discriminator(fakes.detach()).reshape(-1),
        )
        loss_d = (
            binary_cross_entropy_with_logits(real_logits, ones)
            + binary_cross_entropy_with_logits(fake_logits, zeros)
        ) / 2
        optimizer_d.zero_grad()
        loss_d.backward()
        optimizer_d.step()
        loss_g = binary_cross_entropy_with_logits(discriminator(fakes).reshape(-1), ones)
        optimizer_g.zero_grad()
        loss_g.backward()
        optimizer_g.step()
        return loss_g.item(), loss_d.item()

    at, made = [time.perf_counter()], 0
    while made < steps:
        for numbers in torch.randperm(POINTS).reshape(-1, BATCH)[: steps - made]:
            losses = step(points[numbers])
            made += 1
            if made == 1:
                at.append(time.perf_counter())
    at.append(time.perf_counter())
    print(
        json.dumps(
            {
                "seconds": at[2] - at[1],
                "first": at[1] - at[0],
                "imports": imports,
                "loss_g": losses[0],
                "loss_d": losses[1],
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
