"""What a GAN minimises and in which order: losses, optimizers and the compiled training step.

`base.Objective` says what the training loop asks of an objective. A new one implements `noise` and
`compile`.
"""
