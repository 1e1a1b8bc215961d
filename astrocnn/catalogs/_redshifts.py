"""Spectroscopic redshifts of galaxies around positions."""

from astropy import units as u
from astropy.table import QTable, Table, vstack
from tqdm.auto import tqdm

from ..config import conf
from ..exceptions import InvalidTargetError
from ._numbers import unreadable
from ._positions import read_circles
from ._read import read_catalog
from ._redshift_services import SERVICES
from ._request import Service
from ._vizier import drop_repeated

__all__ = ["fetch_redshifts"]


def fetch_redshifts(
    coords,
    radius: u.Quantity = 5 * u.arcmin,
    service: str = "simbad",
    *,
    cache: bool | str = True,
    timeout: float | None = None,
    retries: int | None = None,
) -> QTable:
    """Fetch redshifts of the galaxies around positions from SIMBAD, NED or SDSS.

    Parameters
    ----------
    coords : SkyCoord, Table, or what `astrocnn.tables.read_targets` reads
        Targets; positions that are not finite are left out.
    radius : `~astropy.units.Quantity`
        Radius of the surroundings, at most 1 degree.
    service : {'simbad', 'ned', 'sdss'}
        Who is asked.
    cache, timeout, retries : optional
        As for `fetch_catalog`.

    Returns
    -------
    `~astropy.table.QTable`
        One row per galaxy and canonical columns first, as of `read_catalog`: ``source_id``, ``ra``,
        ``dec``, ``z_spec``, ``object_type`` (in the service's own words), then what the service
        says of each redshift: error and quality.

        ``z_spec`` is masked where the service does not call the redshift spectroscopic, and its
        value is in ``z_best``: of SIMBAD those whose ``rvz_nature`` is photometric, of NED those
        whose ``zflag`` does not start with S, of SDSS those with a warning (``zWarning``).

    Raises
    ------
    UnknownNameError
        If there is no such service.
    InvalidTargetError
        If no position is valid, or the radius is no angle up to 1 degree.
    CatalogError
        If the service cannot be reached, refuses, or sends something else.

    Notes
    -----
    Requests go one after the other: SIMBAD's for 50 positions, NED's for 20, SDSS' for one. NED
    ends a request after a minute: keep the radius below half a degree. A galaxy may be in several
    of the services, and some are in one of them twice.

    References
    ----------
    Wenger et al. 2000, A&AS 143, 9 (SIMBAD); Mazzarella et al. 2020, doi:10.26132/NED1 (NED);
    Abdurro'uf et al. 2022, ApJS 259, 35 (SDSS DR17); Dowler et al. 2019, IVOA Table Access Protocol
    1.1.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.catalogs import fetch_redshifts
    >>> target = SkyCoord([210.2583], [2.8783], unit="deg")
    >>> galaxies = fetch_redshifts(target, 3 * u.arcmin, "simbad")  # doctest: +REMOTE_DATA
    >>> galaxies.colnames[:4]  # doctest: +REMOTE_DATA
    ['source_id', 'ra', 'dec', 'z_spec']
    """
    asked = SERVICES[service]
    centers = read_circles(coords, radius, largest=1 * u.deg)
    client = Service(
        getattr(conf, asked.setting), asked.parse,
        method=asked.method, timeout=timeout, retries=retries, cache=cache,
    )  # fmt: skip
    pieces: list[Table] = []
    starts = range(0, len(centers), asked.chunk)
    for start in tqdm(starts, desc=asked.title, delay=2, disable=not conf.progress):
        parameters = asked.request(centers[start : start + asked.chunk], radius)
        pieces.append(client.ask(parameters, asked.label))
    table = drop_repeated(vstack(pieces, metadata_conflicts="silent"))
    columns = {"ra": "ra", "dec": "dec", "z_spec": "z_spec", "z_phot": None, "z_best": "z_other"}
    try:
        catalog = read_catalog(table, asked.title, {**columns, **asked.columns})
    except InvalidTargetError as error:
        raise unreadable(asked.title, error) from error
    catalog.meta["fetched"] = {
        "service": asked.title,
        "reference": asked.reference,
        "n_circles": len(centers),
        "radius": str(radius),
        "n_requests": client.n_sent + client.n_cached,
        "n_cached": client.n_cached,
    }
    return catalog
