"""What exists on the sky: definitions of surveys and their bands."""

from astropy.table import Table as _Table

from .._registry import Registry as _Registry
from ._axis import find_axis
from ._core import Band, Survey
from ._optical import DSS2, LEGACY, PANSTARRS, SDSS
from ._psf import OPTICS, PointSpread, XrayOptics
from ._xray import EROSITA, RASS, XMM, xmm_band

__all__ = [
    "BANDS", "OPTICS", "SURVEYS", "Band", "PointSpread", "Survey", "XrayOptics", "find_axis",
    "get_band", "get_survey", "survey_table", "xmm_band",
]  # fmt: skip

#: All surveys by name.
SURVEYS = _Registry(
    "survey", {s.name: s for s in (XMM, EROSITA, RASS, LEGACY, SDSS, PANSTARRS, DSS2)}
)

#: All bands by name; a survey's name stands for its default band.
BANDS = _Registry(
    "band",
    {b.name: b for s in SURVEYS.values() for b in s.bands}
    | {s.name: s.default for s in SURVEYS.values()},
)


def get_survey(name: str) -> Survey:
    """Return a survey by name; `~astrocnn.exceptions.UnknownNameError` lists the choices.

    Examples
    --------
    >>> from astrocnn.surveys import get_survey
    >>> get_survey("dss2").default.name
    'dss2-red'
    """
    return SURVEYS[name]


def get_band(name: "str | Band") -> Band:
    """Return a band by its name, by its survey's name, or as it is.

    Parameters
    ----------
    name : str or Band
        ``"dss2-red"``, ``"dss2"`` (its default band), or a `Band`, which is returned unchanged.

    Raises
    ------
    UnknownNameError
        If there is no such band; the message lists the names.

    Examples
    --------
    >>> from astrocnn.surveys import get_band
    >>> get_band("dss2").hips
    ('CDS/P/DSS2/red',)
    """
    return name if isinstance(name, Band) else BANDS[name]


def survey_table() -> _Table:
    """Return all bands as a `~astropy.table.Table`, one row per band.

    Examples
    --------
    >>> from astrocnn.surveys import survey_table
    >>> table = survey_table()
    >>> table.colnames
    ['band', 'survey', 'waveband', 'quantity', 'pixel_scale', 'sky_fraction', 'hips', 'reference']
    """
    rows = [
        (
            b.name,
            s.title,
            b.waveband,
            b.quantity,
            b.pixel_scale.to_value("arcsec"),
            s.sky_fraction,
            " + ".join(b.hips),
            b.reference,
        )
        for s in SURVEYS.values()
        for b in s.bands
    ]
    names = [
        "band",
        "survey",
        "waveband",
        "quantity",
        "pixel_scale",
        "sky_fraction",
        "hips",
        "reference",
    ]
    table = _Table(rows=rows, names=names)
    table["pixel_scale"].unit = "arcsec"
    return table
