"""What the systems share: the optimizer, Adam as MindSpore computes it, and the cross entropy."""

from math import sqrt

import torch
from torch.nn import functional


class Optimizer:
    """Adam over all parameters of `networks`, in order of declaration; keeps the first gradients it
    gets.

    `adam` is the formula: `torch.optim.Adam` or `MindSporeAdam`.
    """

    def __init__(self, adam, networks, rate, betas):
        self.parameters = [parameter for network in networks for parameter in network.parameters()]
        self.first_gradients = None
        self.adam = adam(self.parameters, lr=rate, betas=betas)

    def gradients(self, loss):
        """The loss's gradients for these parameters, and for no others."""
        return torch.autograd.grad(loss, self.parameters)

    def apply(self, gradients):
        """Update the parameters."""
        if self.first_gradients is None:
            self.first_gradients = gradients
        for parameter, gradient in zip(self.parameters, gradients):
            parameter.grad = gradient.clone()
        self.adam.step()

    def update(self, loss):
        """Update the parameters by the loss's gradients."""
        self.apply(self.gradients(loss))


class MindSporeAdam(torch.optim.Optimizer):
    """Adam with epsilon inside the bias correction, as in the paper's remark on efficiency and in
    MindSpore's nn.Adam.

    In the first steps its epsilon weighs 1 / sqrt(1 - beta2), thirty times for 0.999, more than in
    PyTorch's formula.
    """

    def __init__(self, parameters, lr, betas):
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": 1e-8})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p] or {
                    "t": 0,
                    "m": torch.zeros_like(p),
                    "v": torch.zeros_like(p),
                }
                t = state["t"] + 1
                m = beta1 * state["m"] + (1 - beta1) * p.grad
                v = beta2 * state["v"] + (1 - beta2) * p.grad**2
                self.state[p] = {"t": t, "m": m, "v": v}
                p -= (
                    group["lr"]
                    * sqrt(1 - beta2**t)
                    / (1 - beta1**t)
                    * m
                    / (v.sqrt() + group["eps"])
                )


def cross_entropy(logits, target):
    """The mean binary cross entropy of logits against one target for all, 0 to 1."""
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))
