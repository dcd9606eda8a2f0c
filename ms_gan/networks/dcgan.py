"""The DCGAN networks (Radford, Metz & Chintala 2015, arXiv:1511.06434) as MindSpore's DCGAN
tutorial sizes them.

https://www.mindspore.cn/tutorials/en/master/generative/dcgan.html
"""

from __future__ import annotations

from math import log2

from mindspore import Tensor, nn

from ms_gan.networks.parts import conv, deconv, down, even_weight, norm, up

IMAGE_SIZES = (32, 64, 128)


class Generator(nn.Cell):
    """Latents (N, nz), usually ~ N(0, 1), to images (N, 3, image_size, image_size) in (-1, 1).

    4x4 transposed convolutions, each but the first doubling the side. Widths go from ngf *
    image_size / 8 at 4x4 down to ngf before the last layer: 512, 256, 128, 64 for a 64x64 image.

    Args:
        nz: the size of a latent vector.
        ngf: the width.
        image_size: the side of the images, one of `IMAGE_SIZES`.
        even: whether the layers that double the side begin with `even_weight`s.
    """

    def __init__(
        self, nz: int = 100, ngf: int = 64, image_size: int = 64, even: bool = False
    ) -> None:
        super().__init__()
        widths = _widths(ngf, image_size)[::-1]
        cells = [deconv(nz, widths[0], 4, 1, 0), norm(widths[0]), nn.ReLU()]
        for wide, narrow in zip(widths, widths[1:]):
            cells += up(wide, narrow, **_first_weight(wide, narrow, even))
        last = deconv(ngf, 3, **_first_weight(ngf, 3, even))
        self.net = nn.SequentialCell(*cells, last, nn.Tanh())

    def construct(self, latent: Tensor) -> Tensor:
        return self.net(latent.reshape(latent.shape + (1, 1)))


class Discriminator(nn.Cell):
    """Images (N, 3, image_size, image_size) in [-1, 1] to logits (N,), large for real.

    The generator's mirror: 4x4 convolutions with stride 2 and LeakyReLU 0.2. The tutorial ends in a
    sigmoid; here it is part of the loss, which stays finite for any logit. BatchNorm is as wide as
    the layer it follows (the tutorial sizes it by the generator's width, which agrees only where
    ngf = ndf).

    Args:
        ndf: the width.
        image_size: the side of the images, one of `IMAGE_SIZES`.
        batch_norm: whether there is any; without it, all convolutions have biases.
    """

    def __init__(self, ndf: int = 64, image_size: int = 64, batch_norm: bool = True) -> None:
        super().__init__()
        widths = _widths(ndf, image_size)
        biased = not batch_norm
        cells = [conv(3, ndf, has_bias=biased), nn.LeakyReLU(0.2)]
        for narrow, wide in zip(widths, widths[1:]):
            if batch_norm:
                cells += down(narrow, wide, nn.LeakyReLU(0.2))
            else:
                cells += [conv(narrow, wide, has_bias=True), nn.LeakyReLU(0.2)]
        self.net = nn.SequentialCell(*cells, conv(widths[-1], 1, 4, 1, 0, has_bias=biased))

    def construct(self, images: Tensor) -> Tensor:
        return self.net(images).reshape(-1)


def _first_weight(inputs, outputs, even):
    return {"weight_init": even_weight(inputs, outputs)} if even else {}


def _widths(base: int, image_size: int) -> list[int]:
    """The channels at sides image_size / 2, ..., 8, 4."""
    if image_size not in IMAGE_SIZES:
        raise ValueError(f"image_size is {image_size}, expected one of {IMAGE_SIZES}")
    return [base * 2**level for level in range(int(log2(image_size)) - 2)]
