"""Splits that keep neighboring sky together: cut-outs of neighbors overlap."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

from ..exceptions import InvalidParameterError

__all__ = ["sky_folds", "sky_groups", "split_sky"]

#: Splits among which `split_sky` takes the one that is nearest to what was asked for.
_CANDIDATES = 30


def sky_groups(coords: SkyCoord, size: u.Quantity = 1 * u.deg) -> np.ndarray:
    """Return the number of the sky cell that each target lies in.

    Cells are pixels of HEALPix (Gorski et al. 2005, ApJ 622, 759) in equatorial coordinates, all of
    the same area. The numbers are ``groups`` for scikit-learn.

    Parameters
    ----------
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
        Positions in any frame.
    size : `~astropy.units.Quantity`
        Least side of a cell (the square root of its area): the smallest HEALPix pixels that are
        not smaller are used.

    Returns
    -------
    ndarray of shape (n,), int

    Raises
    ------
    InvalidParameterError
        If the size is not above zero.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.training import sky_groups
    >>> cells = sky_groups(SkyCoord([10.0, 10.01, 200.0], [5.0, 5.0, -30.0], unit="deg"))
    >>> bool(cells[0] == cells[1]), bool(cells[0] == cells[2])
    (True, False)
    """
    import healpy

    side = size.to_value(u.rad)
    if not side > 0:
        raise InvalidParameterError(f"size must be an angle above zero, not {size}")
    order = np.floor(np.log2(np.sqrt(np.pi / 3) / side))
    sky = coords.icrs
    return healpy.ang2pix(
        2 ** int(np.clip(order, 0, 29)), sky.ra.deg, sky.dec.deg, lonlat=True, nest=True
    )


def split_sky(
    coords: SkyCoord,
    labels: np.ndarray,
    test_size: float = 0.25,
    random_state: int | None = None,
    size: u.Quantity = 1 * u.deg,
    separation: u.Quantity = 10 * u.arcmin,
) -> tuple[np.ndarray, np.ndarray]:
    """Split targets into training and test, on different parts of the sky.

    Parameters
    ----------
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
        Positions.
    labels : array-like of shape (n,)
        Classes; of some random splits, the one with the most similar mix is taken.
    test_size : float
        Fraction of the test (0..1), as nearly as whole cells allow.
    random_state : int, optional
        Seed.
    size : `~astropy.units.Quantity`
        See `sky_groups`.
    separation : `~astropy.units.Quantity`
        Targets of the training nearer than this to one of the test, across the border of a cell,
        are left out. Cut-outs of 6 arcmin share no pixel beyond 8.5 arcmin.

    Returns
    -------
    training, test : ndarray of int
        Rows, sorted.

    Raises
    ------
    InvalidParameterError
        If all targets lie in one cell.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.training import split_sky
    >>> coords = SkyCoord(np.arange(40) * 0.5, np.zeros(40), unit="deg")
    >>> training, test = split_sky(coords, np.arange(40) % 2, random_state=0)
    >>> len(training), len(test)
    (30, 10)
    """
    labels, groups = np.asarray(labels), _groups(coords, labels, size, 2)
    classes = labels[:, None] == np.unique(labels)

    def mismatch(split):
        """How far the test is from the fraction of each class that it should have."""
        return np.abs(classes[split[1]].sum(axis=0) / classes.sum(axis=0) - test_size).sum()

    splitter = GroupShuffleSplit(_CANDIDATES, test_size=test_size, random_state=random_state)
    training, test = min(splitter.split(labels, labels, groups), key=mismatch)
    return _apart(coords, training, test, separation), test


def sky_folds(
    coords: SkyCoord,
    labels: np.ndarray,
    n_splits: int = 5,
    random_state: int | None = None,
    size: u.Quantity = 1 * u.deg,
    separation: u.Quantity = 10 * u.arcmin,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the folds of a cross-validation whose tests lie on different parts of the sky.

    Parameters
    ----------
    coords, labels, size, separation
        See `split_sky`; each fold has about the same mix of classes.
    n_splits : int
        Number of folds.
    random_state : int, optional
        Seed.

    Returns
    -------
    list of tuple of ndarray of int
        Rows of training and test, for each fold; each target is in one test. Also what
        scikit-learn takes as ``cv``.

    Raises
    ------
    InvalidParameterError
        If there are fewer cells than folds.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.training import sky_folds
    >>> coords = SkyCoord(np.arange(40) * 0.5, np.zeros(40), unit="deg")
    >>> folds = sky_folds(coords, np.arange(40) % 2, n_splits=4, random_state=0)
    >>> sum(len(test) for _, test in folds)
    40
    """
    labels, groups = np.asarray(labels), _groups(coords, labels, size, n_splits)
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=random_state)
    found = splitter.split(labels, labels, groups)
    return [(_apart(coords, training, test, separation), test) for training, test in found]


def _groups(coords, labels, size, least):
    """Cells of the targets, at least so many different ones."""
    if np.shape(labels) != coords.shape:
        raise InvalidParameterError(
            f"labels have shape {np.shape(labels)}, positions {coords.shape}"
        )
    groups = sky_groups(coords, size)
    cells = len(np.unique(groups))
    if cells < least:
        raise InvalidParameterError(
            f"the targets lie in {cells} sky cell{'s' * (cells != 1)} of {size}, {least} are "
            "needed: give a smaller size"
        )
    return groups


def _apart(coords, training, test, separation):
    """Rows of the training that are far from those of the test."""
    _, nearest, _ = coords[training].match_to_catalog_sky(coords[test])
    return training[nearest >= separation]
