"""What bf16 factors do to the gradients of the DCGAN: `PYTHON benchmarks/reference/torch_bf16.py`,
with torch there.

`--cpu-math bf16` lets a CPU round both factors of every matrix product to bf16 and add the products
in float32. That takes a processor with AMX; this emulates it in PyTorch on any, by rounding what
goes into each convolution, forward and backward, and compares the gradients of the first step of
the full-size networks with float32's.
"""

import torch
from torch import nn
from torch_dcgan import NZ, _cross_entropy, discriminator, generator


class Rounded(torch.autograd.Function):
    """A convolution whose three products (output, gradient of images, gradient of weights) have
    bf16 factors.
    """

    @staticmethod
    def forward(context, images, weight, convolve):
        context.save_for_backward(images, weight)
        context.convolve = convolve
        return convolve(_round(images), _round(weight))

    @staticmethod
    def backward(context, gradient):
        images, weight = (
            _round(saved).detach().requires_grad_() for saved in context.saved_tensors
        )
        with torch.enable_grad():
            output = context.convolve(images, weight)
        return (*torch.autograd.grad(output, (images, weight), _round(gradient)), None)


def main():
    torch.manual_seed(0)
    networks = generator(64, 64), discriminator(64, 64)
    real, latent = torch.rand(64, 3, 64, 64) * 2 - 1, torch.randn(64, NZ, 1, 1)
    exact = gradients(*networks, real, latent)
    for network in networks:
        for cell in network:
            if isinstance(cell, (nn.Conv2d, nn.ConvTranspose2d)):
                rounded(cell)
    coarse = gradients(*networks, real, latent)
    for name, before, after in zip(("generator", "discriminator"), exact, coarse):
        errors = torch.tensor([float((b - a).norm() / a.norm()) for a, b in zip(before, after)])
        print(
            f"{name}: relative change of the gradients, median {errors.median():.1e}, "
            f"worst {errors.max():.1e}"
        )


def gradients(generator, discriminator, real, latent):
    """Both losses' gradients, each with respect to its own network's parameters, as two lists."""
    fakes = generator(latent)
    of_generator = torch.autograd.grad(
        _cross_entropy(discriminator(fakes), 1), list(generator.parameters())
    )
    fakes = fakes.detach()
    loss = (_cross_entropy(discriminator(real), 1) + _cross_entropy(discriminator(fakes), 0)) / 2
    return of_generator, torch.autograd.grad(loss, list(discriminator.parameters()))


def rounded(cell):
    """Replace what a convolution computes by its rounded version."""
    function = (
        nn.functional.conv2d if isinstance(cell, nn.Conv2d) else nn.functional.conv_transpose2d
    )
    stride, padding = cell.stride, cell.padding

    def convolve(images, weight):
        return function(images, weight, stride=stride, padding=padding)

    cell.forward = lambda images: Rounded.apply(images, cell.weight, convolve)


def _round(values):
    return values.to(torch.bfloat16).to(torch.float32)


if __name__ == "__main__":
    main()
