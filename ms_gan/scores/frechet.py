"""The Fréchet distance between two Gaussians, in closed form."""

from __future__ import annotations

import numpy as np


def frechet_distance(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), after Dowson & Landau 1982.

    Args:
        first: mean (n,) and covariance (n, n).
        second: the other Gaussian's.
    """
    (mean_1, covariance_1), (mean_2, covariance_2) = first, second
    # The root's trace is the sum of the roots of the product's eigenvalues, which are real and
    # not negative, but for rounding.
    eigenvalues = np.linalg.eigvals(covariance_1 @ covariance_2).real
    roots = np.sqrt(np.maximum(eigenvalues, 0)).sum()
    shift = mean_1 - mean_2
    return float(shift @ shift + np.trace(covariance_1) + np.trace(covariance_2) - 2 * roots)


def gaussian_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of values (count, n)."""
    values = values.astype(np.float64)
    return values.mean(0), np.cov(values, rowvar=False)
