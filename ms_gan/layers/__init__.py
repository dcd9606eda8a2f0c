"""The layers that networks are made of, in two vocabularies with the same names, arguments and
parameters.

    ms_gan.layers.plain    MindSpore's own, for Ascend and GPU
    ms_gan.layers.rows     the same layers arranged for CPUs

A network takes one of them as its argument `layers` and is written once:

    self.net = layers.SequentialCell(layers.Conv2d(3, 64, 4, 2, "pad", 1), nn.ReLU(), ...)

`ms_gan.layers.synchronised` makes either of them normalise the batches of several workers as one.
"""

import os

from ms_gan.runtime import version

CHOICES = ("auto", "mindspore", "rows")


def choose(name, device, on_cpu="rows"):
    """The vocabulary of this name for a device; "auto" is the faster one there.

    name: one of CHOICES; device: what `runtime.start` returned; on_cpu: what "auto" is on a CPU,
    which depends on the networks: see docs/performance.md. Has to be called before MindSpore
    computes anything: its library for CPUs reads its settings then.
    """
    if name == "auto":
        name = on_cpu if device == "CPU" else "mindspore"
    if name == "rows":
        from ms_gan.layers import rows

        return rows
    if device == "CPU" and version("mindspore") >= (2, 9):
        # Its oneDNN 3.10 picks a reference convolution on AVX-512 machines, about 100 times too
        # slow.
        os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
    from ms_gan.layers import plain

    return plain
