"""Which surveys cover which targets."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, QTable

from ..exceptions import AstrocnnWarning
from ..grid import CutoutGrids
from ..surveys import Band, get_band
from ..tables import read_targets
from ._remote._moc import hips_moc

__all__ = ["survey_coverage"]


def survey_coverage(
    targets,
    bands: Sequence[str | Band],
    size: u.Quantity = 6 * u.arcmin,
    enough: float = 0.8,
    mocs: Mapping | None = None,
) -> QTable:
    """Return which surveys cover which targets, and for each waveband the first that does.

    Parameters
    ----------
    targets : SkyCoord, list of SkyCoord, table or file
        Positions; see `astrocnn.tables.read_targets`.
    bands : sequence of str or Band
        Bands, the preferred ones first.
    size : `~astropy.units.Quantity`
        Side of the field.
    enough : float
        Fraction of the field that a survey must cover to be chosen.
    mocs : dict of str to `mocpy.MOC`, optional
        Coverage by name of the band, for images of one's own. What is not named is looked up, see
        `hips_moc`.

    Returns
    -------
    `~astropy.table.QTable`
        ``target_id``, ``ra``, ``dec``; ``coverage_<band>``, the fraction of the field in the MOC of
        the band (of all its HiPS), masked where the MOC cannot be had or the position is invalid;
        ``<waveband>``, the name of the first band of the waveband that covers enough, empty where
        none does.

    Warns
    -----
    AstrocnnWarning
        If the MOC of a band cannot be had: it is never chosen.

    Notes
    -----
    A MOC says where a survey has pixels. It does not know of gaps between chips, nor, in X-rays,
    how long the exposure was.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import Latitude, Longitude, SkyCoord
    >>> from mocpy import MOC
    >>> from astrocnn.providers import survey_coverage
    >>> pointing = MOC.from_cone(
    ...     Longitude("150d"), Latitude("2d"), radius=0.25 * u.deg, max_depth=12
    ... )
    >>> mocs = {"xmm": pointing, "rass": MOC.from_string("0/0-11", format="ascii")}
    >>> targets = SkyCoord([150, 150.25, 20], [2, 2, -30], unit="deg")
    >>> table = survey_coverage(targets, ["xmm", "rass"], mocs=mocs)
    >>> table["coverage_xmm"].round(1).tolist(), table["xray"].tolist()
    ([1.0, 0.6, 0.0], ['xmm', 'rass', 'rass'])
    """
    bands = [get_band(band) for band in bands]
    table = read_targets(targets)
    ra, dec = table["ra"].to_value(u.deg), table["dec"].to_value(u.deg)
    good = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    result = QTable({"target_id": table["target_id"], "ra": table["ra"], "dec": table["dec"]})
    lon, lat = _field_points(ra[good], dec[good], size)
    chosen = {band.waveband: np.full(len(table), "", dtype="U48") for band in bands}
    unknown = []
    for band in bands:
        given = (mocs or {}).get(band.name)
        found = [hips_moc(hips) for hips in band.hips] if given is None else [given]
        share = MaskedColumn(np.zeros(len(table)), mask=True, description="fraction of the field")
        if not found or any(moc is None for moc in found):
            unknown.append(band.name)
        elif len(good):
            inside = np.all([moc.contains_lonlat(lon, lat) for moc in found], axis=0)
            share[good] = inside.mean(axis=1)
        result[f"coverage_{band.name}"] = share
        names = chosen[band.waveband]
        names[(share.filled(0.0) >= enough) & (names == "")] = band.name
    for waveband, names in chosen.items():
        result[waveband] = names
    if unknown:
        warnings.warn(
            f"what {', '.join(unknown)} cover is not known: their MOCs cannot be had; install "
            "mocpy, check the connection, and that astrocnn.conf.check_coverage is on",
            AstrocnnWarning,
            stacklevel=2,
        )
    return result


def _field_points(ra, dec, size, across=16) -> tuple[u.Quantity, u.Quantity]:
    """Positions all over the fields of many targets, two arrays of shape (n, across**2)."""
    axes = CutoutGrids(ra, dec, size, across).axes() if len(ra) else np.zeros((0, 3, 3))
    step = size.to_value(u.rad) / across
    offset = (np.arange(across) - (across - 1) / 2) * step
    x, y = (part.ravel() for part in np.meshgrid(offset, offset))
    place = np.stack([np.ones_like(x), x, y])
    direction = np.einsum("nij,ip->jnp", axes, place)
    lon = np.degrees(np.arctan2(direction[1], direction[0])) % 360.0
    lat = np.degrees(np.arctan2(direction[2], np.hypot(direction[0], direction[1])))
    return lon * u.deg, lat * u.deg
