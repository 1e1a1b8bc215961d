"""Whether an image that a service sent lies where it was asked for."""

import warnings

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from ...exceptions import ProviderError
from .._images._fits_open import LOCK
from .._images._headers import check_header
from .._images._image_places import unshared

__all__ = ["check_offset", "check_wcs"]

#: Largest distance between asked and sent (pixels).
_TOLERANCE = 0.1
#: Header blocks that are searched.
_MOST = 20 * 2880


def check_wcs(raw: bytes, grid, name: str) -> None:
    """Raise unless the WCS in a FITS header agrees with a grid, or there is none.

    Where the header has the numbers of the grid itself, as a rule, they are compared; otherwise
    the positions of the grid's corners are worked out with `astropy.wcs`.

    Parameters
    ----------
    raw : bytes
        FITS file.
    grid : CutoutGrid
        What was asked for.
    name : str
        What it is, for messages.

    Raises
    ------
    ProviderError
        If the corners of the image lie more than a tenth of a pixel from where they should.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers._remote._answer_wcs import check_wcs
    >>> asked, sent = (
    ...     CutoutGrid(SkyCoord(150, dec, unit="deg"), 6 * u.arcmin, 90) for dec in (2, 2.1)
    ... )
    >>> file = io.BytesIO()
    >>> fits.PrimaryHDU(np.zeros(sent.shape), sent.wcs.to_header()).writeto(file)
    >>> check_wcs(file.getvalue(), sent, "the answer")
    >>> check_wcs(file.getvalue(), asked, "the answer")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.ProviderError: the answer lies 90.0 pixels from where it was asked for
    """
    cards = _cards(raw)
    if "CTYPE1" not in cards or _is_grid(cards, grid):
        return
    try:
        wcs = _header_wcs(raw, name)
    except ProviderError:
        raise
    except Exception as error:  # whatever astropy raises of a broken header
        raise ProviderError(f"{name} has no readable WCS: {error}") from error
    check_offset(wcs, grid, name)


def check_offset(wcs: WCS, grid, name: str) -> None:
    """Raise unless the corners of a grid lie on those of an image with a WCS.

    Raises
    ------
    ProviderError
        If they are more than a tenth of a pixel from where they should be.
    """
    try:
        distance = _distance(wcs, grid)
    except Exception as error:  # whatever astropy raises of a broken WCS
        raise ProviderError(f"{name} has no readable WCS: {error}") from error
    if not distance < _TOLERANCE:
        raise ProviderError(f"{name} lies {distance:.1f} pixels from where it was asked for")


def _cards(raw) -> dict[str, str]:
    """Texts of the primary header's cards that have a value."""
    cards = {}
    for start in range(0, min(len(raw), _MOST), 80):
        card = raw[start : start + 80].decode("ascii", "replace")
        if card.startswith("END "):
            break
        if card[8:10] == "= ":
            cards[card[:8].rstrip()] = card[10:].partition("/")[0].strip()
    return cards


def _is_grid(cards, grid) -> bool:
    """Whether the numbers of a header are those of the grid, to a hundredth of a pixel."""
    scale = grid.wcs.wcs.cdelt[1]
    number = {key: float(text) for key, text in cards.items() if _is_number(text)}
    types = [cards.get(f"CTYPE{axis}", "").strip("' ") for axis in (1, 2)]
    plain = not any(key.startswith(("CD1", "CD2", "CROTA", "PV", "A_", "B_")) for key in cards)
    matrix = [number.get(f"PC{i}_{j}", float(i == j)) for i in (1, 2) for j in (1, 2)]
    if types != ["RA---TAN", "DEC--TAN"] or not plain or matrix != [1, 0, 0, 1]:
        return False
    found, wanted = [], grid.wcs.wcs
    for axis in (1, 2):
        found += [number.get(f"{key}{axis}", np.inf) for key in ("CRVAL", "CRPIX", "CDELT")]
    ra, x, dx, dec, y, dy = found
    offsets = [
        (ra - wanted.crval[0]) / scale, (dec - wanted.crval[1]) / scale, x - wanted.crpix[0],
        y - wanted.crpix[1], (dx + scale) / scale * grid.pixels, (dy - scale) / scale * grid.pixels,
    ]  # fmt: skip
    pole = abs(number.get("LONPOLE", 180.0) - 180.0) + (abs(wanted.crval[1]) == 90)
    icrs = cards.get("RADESYS", "'ICRS'").strip("' ") == "ICRS"
    return icrs and not pole and bool(np.abs(offsets).max() < 0.01)


def _is_number(text) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _header_wcs(raw, name) -> WCS:
    """Celestial WCS of the primary header."""
    with LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = fits.Header.fromstring(raw[: raw.index(b"END" + b" " * 77) + 80])
        check_header(header, name)
        return WCS(header).celestial


def _distance(wcs, grid) -> float:
    """Largest distance of the grid's corners from those of the image (pixels)."""
    last = grid.pixels - 1
    x, y = np.array([0, last, 0, last]), np.array([0, 0, last, last])
    found = wcs.world_to_pixel(unshared(grid.wcs).pixel_to_world(x, y))
    return float(np.hypot(found[0] - x, found[1] - y).max())
