"""One look at all pixels of a Dataset: how many are valid, and do they differ?"""

import numpy as np
import xarray as xr

from .._compiled import in_threads

__all__ = ["found_pixels", "survey_pixels"]


def survey_pixels(dataset: xr.Dataset) -> xr.Dataset:
    """Return a Dataset of cut-outs with what all flags are made of, found in one pass.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs, in memory.

    Returns
    -------
    `~xarray.Dataset`
        With ``coverage`` (fraction of valid pixels) and ``signal`` (whether the valid pixels
        differ), dims ``(target, band)``.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from astrocnn.cutouts import survey_pixels
    >>> dims = ("target", "band", "y", "x")
    >>> image, valid = np.eye(4)[None, None], np.ones((1, 1, 4, 4), "uint8")
    >>> valid[0, 0, 0] = 0
    >>> dataset = survey_pixels(xr.Dataset({"image": (dims, image), "valid": (dims, valid)}))
    >>> float(dataset["coverage"][0, 0]), bool(dataset["signal"][0, 0])
    (0.75, True)
    """
    coverage, signal = found_pixels(dataset["image"].values, dataset["valid"].values)
    dims = ("target", "band")
    return dataset.assign(coverage=(dims, coverage), signal=(dims, signal))


def found_pixels(image: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``coverage`` and ``signal`` of images of shape (n, n_bands, ny, nx)."""
    from ._survey_kernel import survey

    n, bands, ny, nx = image.shape
    images = np.ascontiguousarray(image, np.float32).reshape(n, bands, ny * nx)
    valid = np.ascontiguousarray(valid, np.uint8).reshape(images.shape)
    number = np.zeros((n, bands), dtype=np.int64)
    signal = np.zeros((n, bands), dtype=bool)

    def some(start, stop):
        survey(images[start:stop], valid[start:stop], number[start:stop], signal[start:stop])

    in_threads(some, n)
    return number / max(ny * nx, 1), signal
