"""What generators make, and how it is shown: in a run's samples, and by the command that generates.

A product offers the training (see `training.samples`) and `ms_gan.generate`:

    real(batch)                 a Pillow image of a batch of real data, a tuple of arrays
    fixed(batches, seed)        what all samples of a run are made from, a tuple of arrays
    picture(networks, fixed)    a Pillow image of what the networks make of it spread
    how much the images of the last picture differ, as a share of their range, or None
    generate(generator, asked)  does what the command line asks for, and tells what it wrote
"""
