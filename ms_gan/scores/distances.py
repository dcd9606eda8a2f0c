"""FID, KID, precision and recall of features, all by torch-fidelity."""

from __future__ import annotations

import math

import numpy as np

from ms_gan.scores.base import Score
from ms_gan.scores.libraries import load_torch_fidelity

SUBSETS = 100  # of KID
LARGEST = 1000  # images in a subset of KID, as in the paper
NEIGHBOURS = 3  # of precision and recall


def distances(real: np.ndarray, fake: np.ndarray, seed: int = 0) -> dict[str, Score]:
    """How far generated images are from real ones.

    * KID, the squared maximum mean discrepancy with a cubic kernel (Binkowski et al. 2018,
      https://arxiv.org/abs/1801.01401): not biased by the number of images. The mean over subsets
      of at most 1,000 images and half of them; its standard error is the delete-d jackknife's over
      these subsets.
    * FID, the Fréchet distance of two Gaussians (Heusel et al. 2017,
      https://arxiv.org/abs/1706.08500): larger for fewer images.
    * Precision, the share of generated images within the real ones' neighbourhood, and recall, the
      reverse (Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991), with 3 neighbours.

    Args:
        real: float32 (n, features).
        fake: float32 (m, features).
        seed: of KID's subsets.

    Returns:
        {"KID", "FID", "precision", "recall": their scores}. KID is 0 for equal sets.
    """
    load_torch_fidelity()
    import torch
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torch_fidelity.metric_prc import prc_features_to_metric

    both = [torch.from_numpy(fake), torch.from_numpy(real)]  # in torch-fidelity's order
    # In double precision: a set against itself is 0 then, and not up to 0.1.
    statistics = [fid_features_to_statistics(features.double()) for features in both]
    fid = fid_statistics_to_metric(*statistics, verbose=False)
    count = min(len(real), len(fake))
    size = max(2, min(LARGEST, count // 2))
    kid = kid_features_to_metric(
        *both, kid_subsets=SUBSETS, kid_subset_size=size, rng_seed=seed, verbose=False
    )
    shares = prc_features_to_metric(
        *both, prc_neighborhood=min(NEIGHBOURS, count - 1), save_cpu_ram=True, verbose=False
    )
    spread = kid["kernel_inception_distance_std"]
    return {
        "KID": Score(
            kid["kernel_inception_distance_mean"], spread * math.sqrt(size / (count - size))
        ),
        "FID": Score(fid["frechet_inception_distance"]),
        "precision": Score(shares["precision"], better="higher"),
        "recall": Score(shares["recall"], better="higher"),
    }
