"""Input of networks that look at a fitted source: X-ray planes, and other bands about it."""

from itertools import pairwise

import numpy as np
import xarray as xr

from .._compiled import in_threads
from ..exceptions import InvalidImageError
from ..extent import (
    N_PLANES,
    PLANE_PIXELS,
    binning,
    fit_input,
    other_pixels,
    planes_and_place,
    put_centered,
    target_spreads,
)

__all__ = ["centered_planes", "planes_to_pixels", "source_tensor"]

#: Which of the planes is the likelihood of the source, from the end; see `source_planes`.
_LIKELIHOOD = -4
#: Likelihood above which there is a source.
_SEEN = 5.0


def source_tensor(
    steps, dataset: xr.Dataset, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return network input with the source in the middle, and where that is.

    Parameters
    ----------
    steps : Preprocessing
        What is done to the bands that are no X-rays.
    dataset : `~xarray.Dataset`
        Cut-outs.
    rows : ndarray of shape (n_targets,), bool, optional
        Targets to prepare; all by default.

    Returns
    -------
    tensor : ndarray of shape (n, 64, 64, n_channels), float32
        The bands in their order.
    places : ndarray of shape (n, 2), int
        Row and column of the pixel in the middle, in pixels of the planes.
    separations : ndarray of shape (n,)
        Distance (arcsec) of the source from the target; NaN where no source stands out.

    Raises
    ------
    InvalidImageError
        If there is no X-ray band.
    """
    wavebands = [str(name) for name in np.atleast_1d(dataset["waveband"].values)]
    if "xray" not in wavebands:
        raise InvalidImageError(
            "source_planes needs an X-ray band, and there is none: use Preprocessing() for "
            "optical images alone"
        )
    chosen = np.arange(dataset.sizes["target"]) if rows is None else np.flatnonzero(rows)
    scale = float(dataset.attrs["pixel_scale"])
    channels = steps.channels(wavebands, scale)
    ends = np.cumsum(channels)
    tensor = np.zeros((len(chosen), PLANE_PIXELS, PLANE_PIXELS, ends[-1]), dtype=np.float32)
    middle = [dataset.sizes[axis] // binning(scale) // 2 for axis in ("y", "x")]
    places = np.tile(middle, (len(chosen), 1))
    likelihoods, placed = np.zeros(len(chosen)), np.zeros(len(chosen), dtype=bool)
    for number in (b for b, name in enumerate(wavebands) if name == "xray"):
        planes = tensor[..., ends[number] - N_PLANES : ends[number]]
        seen = _xray_planes(dataset, number, chosen, places, planes, placed)
        found = np.sinh(4 * planes[:, 0, 0, _LIKELIHOOD])
        likelihoods = np.where(seen & ~placed, found, likelihoods)
        placed |= seen
    for number in (b for b, name in enumerate(wavebands) if name != "xray"):
        images = steps.plain(dataset.isel(band=[number]), rows)[..., 0]
        parts = tensor[..., ends[number] - channels[number] : ends[number]]
        for image, place, part in zip(images, places, parts, strict=True):
            _other_planes(image, place, part, binning(scale))
    return tensor, places, _separations(dataset, places, likelihoods)


def _separations(dataset, places, likelihoods) -> np.ndarray:
    """Distance (arcsec) of sources from the middle of their cut-outs."""
    scale = float(dataset.attrs["pixel_scale"])
    factor = binning(scale)
    middle = np.array([dataset.sizes[axis] // factor - 1 for axis in ("y", "x")]) / 2
    found = np.hypot(*(places - middle).T) * scale * factor
    return np.where(likelihoods > _SEEN, found, np.nan)


def _xray_planes(dataset, number, chosen, places, planes, placed) -> np.ndarray:
    """Fill the planes of an X-ray band; the first one that was observed says where the source is.

    Returns which targets it was observed of.
    """
    spreads = target_spreads(dataset, number)
    scale = float(dataset.attrs["pixel_scale"])
    factor = binning(scale)
    images, valid = dataset["image"].values[:, number], dataset["valid"].values[:, number] != 0
    exposures = dataset["exposure"].values[:, number] if "exposure" in dataset else None
    status = dataset["status"].values[:, number].astype(str) if "status" in dataset else None
    others = dataset["other_targets"].values if "other_targets" in dataset else None
    seen = valid[chosen].any(axis=(1, 2))

    def some(start, stop):
        for i in range(start, stop):
            row = chosen[i]
            if not seen[i]:
                continue
            image, options = fit_input(
                images[row],
                valid[row],
                None if exposures is None else exposures[row],
                "" if status is None else str(status[row]),
                factor,
            )
            if others is not None:
                options["others"] = other_pixels(others[row], valid[row].shape, scale, factor)
            options["place"] = tuple(places[i]) if placed[i] else None
            planes[i], places[i] = planes_and_place(image, spreads[row], scale * factor, **options)

    in_threads(some, len(chosen))
    return seen


def _other_planes(image, place, planes, factor) -> None:
    """Cut an image to the field of the planes; pixels within one of theirs go side by side."""
    ny, nx = (n // factor * factor for n in image.shape)
    top, left = ((n - m) // 2 for n, m in zip(image.shape, (ny, nx), strict=True))
    blocks = image[top : top + ny, left : left + nx]
    blocks = blocks.reshape(ny // factor, factor, nx // factor, factor)
    blocks = blocks.transpose(0, 2, 1, 3).reshape(ny // factor, nx // factor, factor**2)
    put_centered(blocks, tuple(place), planes)


def centered_planes(images: np.ndarray, scale: float) -> np.ndarray:
    """Return images as planes with the target in the middle, as `source_tensor` without X-rays.

    Parameters
    ----------
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input of bands that are no X-rays.
    scale : float
        Side of their pixels (arcsec).

    Returns
    -------
    ndarray of shape (n, 64, 64, n_bands * n_pixels)
        The pixels within one of the planes are bands side by side.
    """
    factor = binning(scale)
    n, ny, nx, n_bands = images.shape
    shape = (n, PLANE_PIXELS, PLANE_PIXELS, n_bands * factor**2)
    planes = np.zeros(shape, dtype=images.dtype)
    place = (ny // factor // 2, nx // factor // 2)
    for target, found in zip(images, planes, strict=True):
        for band in range(n_bands):
            part = found[..., band * factor**2 : (band + 1) * factor**2]
            _other_planes(target[..., band], place, part, factor)
    return planes


def planes_to_pixels(
    steps, dataset: xr.Dataset, rows: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Return what belongs to the planes of `source_tensor` on the pixels of the cut-outs.

    Parameters
    ----------
    steps, dataset, rows
        Given to `source_tensor`.
    values : ndarray of shape (n, 64, 64, n_channels)
        Such as what each number of the planes adds to a probability.

    Returns
    -------
    ndarray of shape (n, ny, nx, n_bands)
        With the same sums: the channels of a band are added up, each pixel of a plane is shared
        among its pixels, and what lies beyond the border of the cut-out is put there.
    """
    places = source_tensor(steps, dataset, rows)[1]
    wavebands = [str(name) for name in np.atleast_1d(dataset["waveband"].values)]
    scale, (ny, nx) = float(dataset.attrs["pixel_scale"]), dataset["image"].shape[-2:]
    factor = binning(scale)
    ends = np.cumsum([0, *steps.channels(wavebands, scale)])
    found = np.zeros((len(values), ny, nx, len(wavebands)))
    fine = np.arange(PLANE_PIXELS * factor)
    for one, place, pixels in zip(values, places, found, strict=True):
        first = [at * factor + (n % factor) // 2 - PLANE_PIXELS * factor // 2
                 for at, n in zip(place, (ny, nx), strict=True)]  # fmt: skip
        y, x = (np.clip(fine + at, 0, n - 1) for at, n in zip(first, (ny, nx), strict=True))
        for band, (start, stop) in enumerate(pairwise(ends)):
            total = one[..., start:stop].sum(axis=-1) / factor**2
            spread = total.repeat(factor, axis=0).repeat(factor, axis=1)
            np.add.at(pixels[..., band], np.ix_(y, x), spread)
    return found
