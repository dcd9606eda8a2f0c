"""The generator of PyTorch's DCGAN tutorial, under its names: `main.0.weight` and so on.

https://docs.pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html
"""

from torch import nn


class Generator(nn.Module):
    """(N, nz, 1, 1) to (N, nc, S, S). The tutorial's own has S = 64; others have a stage more or
    less.
    """

    def __init__(self, nz=100, ngf=64, nc=3, image_size=64):
        super().__init__()
        widths, side = [ngf], 8
        while side < image_size:
            widths, side = [2 * widths[0], *widths], 2 * side
        layers = [nn.ConvTranspose2d(nz, widths[0], 4, 1, 0, bias=False)]
        for wide, narrow in zip(widths, [*widths[1:], nc]):
            layers += [nn.BatchNorm2d(wide), nn.ReLU(True)]
            layers.append(nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False))
        self.main = nn.Sequential(*layers, nn.Tanh())

    def forward(self, noise):
        return self.main(noise)
