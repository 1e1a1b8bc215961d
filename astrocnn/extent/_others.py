"""Other targets of a list in the field of each: what is theirs is not the source looked for."""

import numpy as np
import xarray as xr

__all__ = ["OtherTargets", "other_offsets", "other_pixels"]

#: Half of the diagonal (arcsec) of the largest field that others are looked for in.
_FIELD = 260.0
#: Nearer targets (arcsec) are not told apart: positions of one source in several catalogs.
_APART = 25.0
#: Most others of a target; the nearest ones.
_MOST = 32
_ARCSEC = np.pi / 180 / 3600


class OtherTargets:
    """Where the other targets of a list lie, seen from each.

    Parameters
    ----------
    ra, dec : array-like of shape (n,)
        Positions (degrees), NaN where there is none.

    Examples
    --------
    >>> from astrocnn.extent import OtherTargets
    >>> others = OtherTargets([150, 150, 150, 210], [2, 2.01, 2.002, 5])
    >>> others.offsets(slice(0, 2))[:, 0].round(1).tolist()
    [[0.0, 36.0], [0.0, -28.8]]
    """

    #: Of the variable ``other_targets`` of a Dataset of cut-outs.
    dims = ("target", "other", "offset")

    def __init__(self, ra, dec):
        from scipy.spatial import cKDTree

        self.ra, self.dec = (np.radians(np.asarray(values, dtype=float)) for values in (ra, dec))
        points = _directions(self.ra, self.dec)
        points = points[np.isfinite(points).all(axis=1)]
        # Positions that are given many times must not fill the lists of others.
        _, once = np.unique(np.round(points / (0.1 * _ARCSEC)), axis=0, return_index=True)
        self._tree = cKDTree(points[once])
        self._points = np.append(points[once], [[np.nan] * 3], axis=0)  # the last is none

    def offsets(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return the offsets of others from some targets.

        Parameters
        ----------
        rows : slice or ndarray
            Which targets.

        Returns
        -------
        ndarray of shape (n_rows, n_most, 2)
            East and north on the tangent plane (arcsec) of targets 25 to 260 arcsec away, nearest
            ones first; NaN where there are no more.
        """
        ra, dec = self.ra[rows], self.dec[rows]
        found = np.full((len(ra), _MOST, 2), np.nan)
        good = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
        if not self._tree.n or not len(good):
            return found[:, :0]
        ra, dec = ra[good], dec[good]
        places = _directions(ra, dec)
        size = 2 * np.sin(_FIELD * _ARCSEC / 2)
        most = min(3 * _MOST, self._tree.n)  # some are the target itself
        distance, number = self._tree.query(
            places, np.arange(1, most + 1), distance_upper_bound=size
        )
        point = self._points[number]
        east = np.stack([-np.sin(ra), np.cos(ra), np.zeros(len(ra))], axis=1)
        north = np.cross(places, east)
        offset = np.stack(
            [(point * axis[:, np.newaxis]).sum(axis=2) for axis in (east, north)], axis=2
        )
        offset /= (point * places[:, np.newaxis]).sum(axis=2)[..., np.newaxis] * _ARCSEC
        apart = np.isfinite(distance) & (np.hypot(*offset.T).T > _APART)
        order = np.argsort(~apart, axis=1, kind="stable")[:, :_MOST]
        offset = np.where(apart[..., np.newaxis], offset, np.nan)
        found[good, : order.shape[1]] = np.take_along_axis(offset, order[..., np.newaxis], axis=1)
        return found[:, : np.isfinite(found[..., 0]).sum(axis=1).max()]


def other_offsets(dataset: xr.Dataset) -> tuple[tuple, np.ndarray]:
    """Return dims and offsets of the variable ``other_targets`` of cut-outs, for all of them."""
    others = OtherTargets(dataset["ra"].values, dataset["dec"].values)
    return OtherTargets.dims, others.offsets(slice(None))


def other_pixels(
    offsets: np.ndarray, shape: tuple, scale: float, factor: int = 1
) -> list[tuple[float, float]]:
    """Return the pixels (row, column) of the other targets in an image that is fitted.

    Parameters
    ----------
    offsets : ndarray of shape (n, 2)
        Of one target, see `OtherTargets.offsets`.
    shape : tuple of int
        Rows and columns of the cut-out.
    scale : float
        Side of its pixels (arcsec).
    factor : int
        Pixels of the cut-out along one side of those that are fitted, see `fit_input`.
    """
    offsets = offsets[np.isfinite(offsets[:, 0])] / (scale * factor)
    # The target is in the middle of the cut-out, whatever is cut off for whole pixels.
    y, x = (((n - 1) / 2 - n % factor // 2 - (factor - 1) / 2) / factor for n in shape)
    return [(y + north, x - east) for east, north in offsets.tolist()]


def _directions(ra, dec) -> np.ndarray:
    """Unit vectors, shape (n, 3)."""
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
