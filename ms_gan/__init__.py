"""ms_gan: generative adversarial networks on MindSpore, each trained, resumed and sampled the same
way.

Data flows one way:

    recipes/     what an experiment is made of: data, networks, objective, numbers data/
    finds images, digits, pairs or points, checks them, feeds them in batches layers/      what
    networks are built from: MindSpore's own layers, or the same ones arranged for CPUs networks/
    generators and discriminators (nn.Cell) objectives/  losses and the compiled training step
    training/    the loop, its run folder, checkpoints, samples products/    what generators make,
    and how it is shown: images, points, translations train.py, generate.py   the two commands

`runtime.py` picks the device and keeps MindSpore's known traps away; it runs before MindSpore is
imported.
"""

from ms_gan.runtime import guard

__version__ = "0.1.0"

guard()
