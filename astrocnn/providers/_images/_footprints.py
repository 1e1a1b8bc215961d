"""Which of many images lie under which of many targets."""

import numpy as np
from scipy.spatial import cKDTree

from ._fits_image import ImageInfo
from ._image_places import unshared

__all__ = ["Footprints"]

_ZENITHAL = ("TAN", "SIN", "STG", "ARC", "ZEA")


class Footprints:
    """An index of the circles, and then the borders, of many images.

    Circles of about the same radius share a k-d tree of their centers, so that one image of the
    whole sky among thousands of small ones does not make all of them candidates.

    Parameters
    ----------
    infos : list of ImageInfo
        Where the images lie.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid, CutoutGrids
    >>> from astrocnn.providers._images._fits_image import locate_image
    >>> from astrocnn.providers._images._footprints import Footprints
    >>> fields = [CutoutGrid(SkyCoord(i, 2, unit="deg"), 20 * u.arcmin, 300) for i in range(9)]
    >>> index = Footprints([locate_image(0, field.wcs) for field in fields])
    >>> targets = CutoutGrids([3.0, 7.1, 7.5], [2.0, 2.1, 2.0], 6 * u.arcmin, 90)
    >>> index.near(targets.axes()[:, 0], np.radians(0.07))
    {3: array([0]), 7: array([1])}
    """

    def __init__(self, infos: list[ImageInfo]):
        self._infos = infos
        radii = np.array([info.radius for info in infos])
        classes = np.floor(np.log2(np.maximum(radii, 1e-9))).astype(int)
        self._trees = []
        for name in np.unique(classes):
            members = np.flatnonzero(classes == name)
            centers = np.array([infos[k].center for k in members])
            self._trees.append((members, radii[members], centers, cKDTree(centers)))

    def near(self, directions: np.ndarray, reach: float) -> dict[int, np.ndarray]:
        """Return which images may have pixels within a distance of which targets.

        Parameters
        ----------
        directions : ndarray of shape (n, 3)
            Unit vectors to the targets (ICRS).
        reach : float
            Radius of the circle around a target's grid (radians).

        Returns
        -------
        dict of int to ndarray of int
            Image -> its targets, both in rising order. Images without a target are left out.
        """
        found = {}
        for members, radii, centers, tree in self._trees:
            chord = 2 * np.sin(min(radii.max() + reach, np.pi) / 2) + 1e-12
            hits = tree.query_ball_point(directions, chord)
            sizes = [len(hit) for hit in hits]
            target = np.repeat(np.arange(len(directions)), sizes)
            image = np.concatenate([np.asarray(hit, dtype=int) for hit in hits])
            apart = np.linalg.norm(directions[target] - centers[image], axis=1)
            angle = 2 * np.arcsin(np.minimum(apart / 2, 1.0))
            close = angle <= radii[image] + reach + 1e-9
            target, image = target[close], members[image[close]]
            for k in np.unique(image):
                found[int(k)] = np.sort(target[image == k])
        near = {
            k: targets[_may_touch(self._infos[k], directions[targets], reach)]
            for k, targets in sorted(found.items())
        }
        return {k: targets for k, targets in near.items() if len(targets)}


def _may_touch(info, directions, reach):
    """Whether circles on the sky come near the pixels of an image, not only near its circle.

    Half of a square's circle lies outside of the square: images would be read for nothing. Only
    for plain projections near their reference point, where all pixels are about the same;
    any doubt keeps the target.
    """
    wcs = unshared(info.wcs)
    plain = wcs.wcs.ctype[wcs.wcs.lng][5:8] in _ZENITHAL and not wcs.has_distortion
    if not plain or info.radius + reach > 0.1 or not _is_icrs(wcs):
        return np.ones(len(directions), dtype=bool)
    lon = np.degrees(np.arctan2(directions[:, 1], directions[:, 0]))
    lat = np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1)))
    x, y = wcs.wcs_world2pix(*((lon, lat) if wcs.wcs.lng == 0 else (lat, lon)), 0)
    ny, nx = wcs.array_shape
    # Generous: the scale may change a little, and FK5 is not quite ICRS.
    scale = np.sqrt(np.abs(np.linalg.det(wcs.pixel_scale_matrix)))
    margin = 1.2 * np.degrees(reach) / scale + 2
    with np.errstate(invalid="ignore"):
        outside = (x < -margin) | (x > nx + margin) | (y < -margin) | (y > ny + margin)
    return ~outside


def _is_icrs(wcs) -> bool:
    """Whether coordinates are those of ICRS, or nearly so: FK5 of the equinox 2000."""
    equatorial = wcs.wcs.ctype[wcs.wcs.lng][:2] == "RA"
    now = wcs.wcs.radesys == "ICRS" or wcs.wcs.equinox == 2000 or np.isnan(wcs.wcs.equinox)
    return bool(equatorial and now and wcs.wcs.radesys in ("ICRS", "FK5", ""))
