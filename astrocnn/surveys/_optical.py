"""Optical surveys."""

from astropy import units as u

from ._core import Band, Survey

__all__ = ["DSS2", "LEGACY", "PANSTARRS", "SDSS"]

_NMGY = u.def_unit("nmgy", 3.631e-6 * u.Jy)


def _optical(
    survey, filters, hips, unit, pixel_scale, psf, reference, words=None
) -> tuple[Band, ...]:
    """One `Band` per filter; ``hips`` is a pattern with ``{}`` for the filter.

    ``words`` are those of headers for each filter, where it has other names.
    """
    return tuple(
        Band(
            name=f"{survey}-{name}",
            waveband="optical",
            quantity="intensity",
            unit=unit,
            pixel_scale=pixel_scale,
            psf=psf,
            hips=(hips.format(name),),
            reference=reference,
            filters=(name, *(words or {}).get(name, ())),
        )
        for name in filters
    )


DSS2 = Survey(
    "dss2",
    "Digitized Sky Survey 2 (photographic plates)",
    _optical(
        "dss2",
        ("red", "blue"),
        "CDS/P/DSS2/{}",
        u.dimensionless_unscaled,
        1.0 * u.arcsec,
        2.5 * u.arcsec,
        "1998wfsc.conf...89M",
        {"red": ("r", "f", "og590", "rg610", "rg630"), "blue": ("b", "j", "gg395", "gg385", "g")},
    ),
    1.0,
    "1998wfsc.conf...89M",
    telescopes=("DSS", "Schmidt", "UKST", "Palomar", "POSS", "Oschin", "SERC", "AAO", "Digitized"),
    weights=("xmm-dss2", "xmm-dss2-psf"),
)

LEGACY = Survey(
    "legacy",
    "DESI Legacy Imaging Surveys, DR10",
    _optical(
        "legacy",
        "rgiz",
        "CDS/P/DESI-Legacy-Surveys/DR10/{}",
        _NMGY,
        0.262 * u.arcsec,
        1.2 * u.arcsec,
        "2019AJ....157..168D",
    ),
    0.6,
    "2019AJ....157..168D",
    telescopes=("Legacy", "CTIO", "Blanco", "DECam", "KPNO", "Mayall", "Bok", "DESI-Legacy"),
    weights=("erosita-legacy", "erosita-legacy-psf"),
)

SDSS = Survey(
    "sdss",
    "Sloan Digital Sky Survey, DR9 mosaics",
    _optical(
        "sdss",
        "rgiuz",
        "CDS/P/SDSS9/{}",
        _NMGY,
        0.396 * u.arcsec,
        1.3 * u.arcsec,
        "2012ApJS..203...21A",
    ),
    0.35,
    "2012ApJS..203...21A",
    telescopes=("SDSS", "Sloan", "2.5m"),
)

PANSTARRS = Survey(
    "panstarrs",
    "Pan-STARRS 3pi survey, DR1 (pixels not calibrated)",
    _optical(
        "panstarrs",
        "rgizy",
        "CDS/P/PanSTARRS/DR1/{}",
        u.dimensionless_unscaled,
        0.25 * u.arcsec,
        1.1 * u.arcsec,
        "2016arXiv161205560C",
    ),
    0.75,
    "2016arXiv161205560C",
    telescopes=("PS1", "PS2", "Pan-STARRS", "PanSTARRS"),
)
