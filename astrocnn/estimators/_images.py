"""Images that are unlike those of the training, and what about them is."""

import numpy as np
import xarray as xr

from ..training import CAUSES, ImageDomain, central_gap, fill_gaps

__all__ = ["cause_words", "judge_images", "missing_bands"]


def judge_images(
    domain: ImageDomain, dataset: xr.Dataset, rows: np.ndarray, tensor: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return novelty and cause of images: how they look, gaps aside, and what of their center is.

    Parameters
    ----------
    domain : ImageDomain
        Images of the training.
    dataset : `~xarray.Dataset`
        Cut-outs.
    rows : ndarray of shape (n_targets,), bool
        Targets that are prepared.
    tensor : ndarray of shape (n_rows, ny, nx, n_bands)
        Their network input.

    Returns
    -------
    novelty : ndarray of shape (n_rows,)
        The score of the domain or, where that is more, twice the fraction of the central 1.3 arcmin
        that is missing in the worst band: above 1 where more than half of it is.
    cause : ndarray of shape (n_rows,), int
        See `ImageDomain.judge`.
    """
    valid = dataset["valid"].values[rows]
    if valid.all():
        return domain.judge(tensor)
    missing = missing_bands(dataset, rows)
    novelty, cause = domain.judge(fill_gaps(tensor, valid), missing)
    unseen = central_gap(valid, float(dataset.attrs["pixel_scale"]))
    unseen[missing] = 0
    band = unseen.argmax(axis=1)
    gap = 2 * unseen.max(axis=1)
    gaps = band * len(CAUSES) + CAUSES.index("gaps")
    cause = np.where((gap > 1) & (gap > novelty), gaps, cause).astype(np.int16)
    return np.maximum(novelty, gap), cause


def missing_bands(dataset: xr.Dataset, rows: np.ndarray) -> np.ndarray:
    """Return which bands have no pixels, shape (n_rows, n_bands), bool."""
    return dataset["coverage"].values[rows] == 0


def cause_words(bands: list[str]) -> list[str]:
    """Return the flag of each cause, ``out_of_domain:<band>(<cause>)``, in the order of numbers."""
    return [f"out_of_domain:{band}({cause})" for band in bands for cause in CAUSES]
