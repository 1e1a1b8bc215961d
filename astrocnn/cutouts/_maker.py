"""Targets x bands -> Dataset: the loop, its threads, its progress, its faults."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.table import QTable

from ..config import conf
from ..exceptions import (
    InvalidParameterError,
    NoCoverageError,
    ProviderError,
    SurveyMismatchError,
)
from ..grid import CutoutGrids, check_size
from ..providers import Pixels, Provider, open_provider
from ..storage import count_rows, gaps
from ..surveys import Band, get_band
from ..tables import read_targets
from ._dataset import cutout_dataset
from ._progress import progress_bar

__all__ = ["iter_cutouts", "make_chunk", "make_cutouts", "open_providers", "target_table"]


def make_cutouts(
    targets,
    bands: Sequence[str | Band],
    images: Mapping | None = None,
    size: u.Quantity = 6 * u.arcmin,
    pixels: int = 356,
) -> xr.Dataset:
    """Make aligned cut-outs of all targets, in memory.

    Parameters
    ----------
    targets : SkyCoord, list of SkyCoord, table or file
        Positions; see `astrocnn.tables.read_targets`.
    bands : sequence of str or Band
        Bands, by name.
    images : dict of str to source, optional
        Local images by band or survey name: FITS files, patterns, HiPS directories, or
        providers. Bands that are not named are fetched from hips2fits.
    size : `~astropy.units.Quantity`
        Side of the field.
    pixels : int
        Pixels along one side.

    Returns
    -------
    `~xarray.Dataset`
        See `cutout_dataset`. A target without pixels has ``valid`` 0 and its reason in
        ``status``; ``attrs["faults"]`` lists what went wrong in words.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.cutouts import make_cutouts
    >>> from astrocnn.grid import CutoutGrid
    >>> field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.arcmin, 150)
    >>> hdu = fits.PrimaryHDU(np.ones(field.shape, "float32"), field.wcs.to_header())
    >>> dataset = make_cutouts(field.center, ["dss2"], images={"dss2": hdu}, pixels=90)
    >>> dataset["image"].shape, float(dataset["coverage"][0, 0])
    ((1, 1, 90, 90), 1.0)
    """
    chunks = list(iter_cutouts(targets, bands, images, size, pixels))
    merged = xr.concat(
        chunks,
        "target",
        data_vars="all",
        coords="different",
        compat="equals",
        join="outer",
        combine_attrs="drop_conflicts",
    )
    merged.attrs["faults"] = [fault for chunk in chunks for fault in chunk.attrs["faults"]]
    return merged


def iter_cutouts(
    targets,
    bands: Sequence[str | Band],
    images: Mapping | None = None,
    size: u.Quantity = 6 * u.arcmin,
    pixels: int = 356,
    chunk_size: int | None = None,
    rows: Sequence[slice | np.ndarray] | None = None,
) -> Iterator[xr.Dataset]:
    """Yield Datasets of ``chunk_size`` targets, in order: memory stays flat.

    Parameters are those of `make_cutouts`; ``chunk_size`` defaults to ``astrocnn.conf.chunk_size``.
    ``rows`` says instead which targets are in each Dataset: slices, or arrays of row numbers.
    The fault of one target never ends the loop: it becomes the target's ``status``.

    Yields
    ------
    `~xarray.Dataset`
    """
    check_size(size, pixels)
    targets = target_table(targets)
    providers = open_providers(bands, images)
    if rows is None:
        rows = gaps(len(targets), [], chunk_size or conf.chunk_size)
    pool = ThreadPoolExecutor(conf.threads, thread_name_prefix="astrocnn")
    try:
        with progress_bar(len(targets), sum(map(count_rows, rows))) as bar:
            for some in rows:
                chunk = targets[some]
                yield make_chunk(chunk, providers, size, pixels, pool)
                bar.update(len(chunk))
    finally:
        # Ctrl-C does not wait for a service that is slow to answer.
        pool.shutdown(wait=False, cancel_futures=True)


def open_providers(bands: Sequence[str | Band], images: Mapping | None = None) -> list[Provider]:
    """Return one provider per band.

    Parameters
    ----------
    bands : sequence of str or Band
        Bands.
    images : dict, optional
        Sources by band or survey name; see `make_cutouts`.

    Raises
    ------
    UnknownNameError
        If ``images`` names a band that does not exist.
    SurveyMismatchError
        If ``images`` names a band that is not wanted, or one band twice.
    ProviderError
        If a source cannot be used at all.
    """
    if isinstance(bands, str | Band):
        raise InvalidParameterError(f"bands is a list, such as [{str(bands)!r}]")
    wanted = [get_band(band) for band in bands]
    sources = {}
    if images and {*images} <= {"image", "exposure", "background", "trusted"}:
        raise SurveyMismatchError(
            f"images is a dict from band to source: images={{{wanted[0].name!r}: "
            f"{{{', '.join(f'{key!r}: ...' for key in images)}}}}}"
        )
    for name, source in (images or {}).items():
        band = _source_band(name, wanted)
        if band not in [other.name for other in wanted]:
            raise SurveyMismatchError(
                f"images of {' + '.join(other.name for other in wanted)} are needed, but images= "
                f"names {name}; leave it out, or choose other weights or bands"
            )
        if band in sources:
            raise SurveyMismatchError(f"images= names band {band} twice; give a list of files")
        sources[band] = source
    return [open_provider(sources.get(band.name), band) for band in wanted]


def _source_band(name, bands) -> str:
    """Name of the band that a key of ``images`` means: a band, its name, or its survey's."""
    return name if name in [band.name for band in bands] else get_band(name).name


def target_table(targets) -> QTable:
    """Read targets; a table of `read_targets` is left as it is, which would warn again."""
    columns = ["target_id", "ra", "dec", "flag"]
    if isinstance(targets, QTable) and targets.colnames == columns:
        return targets
    return read_targets(targets)


def make_chunk(targets, providers, size, npix, pool) -> xr.Dataset:
    """Make the cut-outs of some targets with the pool's threads."""
    ra, dec = targets["ra"].to_value(u.deg), targets["dec"].to_value(u.deg)
    good = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    pixels = [["invalid_position"] * len(providers) for _ in targets]
    faults = []
    image = np.empty((len(targets), len(providers), npix, npix), dtype=np.float32)
    if len(good):
        grids = CutoutGrids(ra[good], dec[good], size, npix)
        for b, provider in enumerate(providers):
            fills = provider.fills and len(good) == len(targets)
            options = {"into": image[:, b]} if fills else {}
            for i, found in zip(good, provider.cutouts(grids, pool, **options), strict=True):
                pixels[i][b] = found if isinstance(found, Pixels) else _flag(found, provider.band)
                if isinstance(found, ProviderError) and not isinstance(found, NoCoverageError):
                    faults.append((i, f"target {targets['target_id'][i]}: {found}"))
    bands = [provider.band for provider in providers]
    dataset = cutout_dataset(targets["target_id"], ra, dec, bands, pixels, size, npix, image)
    dataset.attrs["faults"] = [fault for _, fault in sorted(faults, key=lambda fault: fault[0])]
    return dataset


def _flag(error: ProviderError, band: Band) -> str:
    """Flag of a target that has no pixels."""
    return f"{'no_coverage' if isinstance(error, NoCoverageError) else 'failed'}:{band.name}"
