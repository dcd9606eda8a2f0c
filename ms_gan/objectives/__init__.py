"""What a GAN minimises and in which order: losses, optimizers and the compiled training step.

An objective offers the training loop (see `base.Objective`):

    networks      {name: nn.Cell}, the generator under "generator" parameters()  {key: Parameter},
    all that training changes, for checkpoints noise(rng, n) the random inputs of one step, as NumPy
    arrays train_step    one compiled update of every network: (*batch, *noise) -> outputs that stay
    on the device panels        (title, {key of the report: label}) for each panel of the loss plot
    losses(outputs), report(outputs)    the numbers to show and to log
"""
