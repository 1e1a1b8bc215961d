"""Causes: what about an image can be unlike those of the training."""

import numpy as np

__all__ = ["CAUSES", "cause_codes"]

#: What can be unusual about a band: groups of its statistics, in their order.
CAUSES = ("structure", "texture", "sharpness", "contrast", "gaps", "correlation")
#: Group of each statistic of a band: power from large to small scales, then the others.
_GROUPS = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4])


def cause_codes(n_bands: int) -> np.ndarray:
    """Return band and cause of each statistic, as one number; see `ImageDomain.judge`."""
    one = [b * len(CAUSES) + _GROUPS for b in range(n_bands)]
    # The correlation of two bands is told of the later one.
    pairs = np.tril_indices(n_bands, -1)[0] * len(CAUSES) + CAUSES.index("correlation")
    return np.concatenate([*one, pairs])
