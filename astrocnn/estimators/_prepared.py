"""Targets ready for the network: input, and what is known of their images."""

from typing import NamedTuple

import numpy as np
import xarray as xr

__all__ = ["Prepared"]


class Prepared(NamedTuple):
    """A chunk of targets, ready for the network.

    Attributes
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs.
    rows : ndarray of shape (n_targets,), bool
        Targets that can be judged.
    tensor : ndarray of shape (n_rows, ny, nx, n_bands), float32
        Their network input.
    novelty : ndarray of shape (n_rows,) or float
        How unusual they are; NaN where that is not known.
    cause : ndarray of shape (n_rows,) or int
        What is unusual about them; -1 where nothing is.
    separation : ndarray of shape (n_rows,)
        How far from the target the source in the middle of the input is (arcsec); NaN where none
        stands out, and where the target is in the middle.
    missing : ndarray of shape (n_rows,), str, optional
        Wavebands of which there is no image, see `missing_wavebands`.
    """

    dataset: xr.Dataset
    rows: np.ndarray
    tensor: np.ndarray
    novelty: np.ndarray | float = np.nan
    cause: np.ndarray | int = -1
    separation: np.ndarray | float = np.nan
    missing: np.ndarray | None = None
