"""The one gate for targets: positions or cut-outs in, a target table and Datasets out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.table import QTable

from ..config import conf
from ..cutouts import check_dataset, iter_cutouts, open_providers
from ..cutouts._identity import dataset_identity, images_identity
from ..cutouts._lazy import dataset_step, load_cutouts, split_faults
from ..cutouts._progress import progress_bar
from ..exceptions import InvalidImageError, SurveyMismatchError
from ..extent import OtherTargets
from ..networks import ModelDescription
from ..providers import NoImagesProvider
from ..storage import count_rows, gaps
from ..surveys import Band, get_band
from ..tables import read_targets
from ._beside import check_kinds

__all__ = ["TargetSource", "find_bands"]

#: Named weights that predict without one of their wavebands.
_MAY_LACK = ("xmm-dss2-psf", "erosita-legacy-psf")


def find_bands(description: ModelDescription, bands: Sequence[str | Band] | None) -> list[Band]:
    """Return the bands of a description; one's own `Band` goes before a known one of its name.

    Raises
    ------
    SurveyMismatchError
        If waveband or quantity are not those of the training.
    """
    own = {band.name: band for band in bands or () if isinstance(band, Band)}
    found = [own.get(name) or get_band(name) for name in description.bands]
    check_kinds(found, description)
    return found


@dataclass
class TargetSource:
    """Targets and how their cut-outs come about.

    Attributes
    ----------
    targets : `~astropy.table.QTable` of n rows
        From `read_targets`.
    bands : list of Band
        Of the images.
    step : int
        Targets per chunk.
    providers : dict of str to Provider
        By band; empty where the cut-outs are there already.
    dataset : `~xarray.Dataset`, optional
        Cut-outs that were given.
    description : ModelDescription, optional
        The grid of cut-outs that are yet to be made.
    order : ndarray of shape (n,), int, optional
        Which of the given targets each row is, where they are done in another order.
    mask_targets : bool
        Whether cut-outs say where the other targets are, see `OtherTargets`.
    """

    targets: QTable
    bands: list[Band]
    step: int
    providers: dict = field(default_factory=dict)
    dataset: xr.Dataset | None = None
    description: ModelDescription | None = None
    order: np.ndarray | None = None
    mask_targets: bool = False

    @classmethod
    def open(cls, X, description, images, bands=None, mask_targets=True) -> "TargetSource":
        """Return the source for what a user gives.

        Parameters
        ----------
        X : SkyCoord, list of SkyCoord, table, file or `~xarray.Dataset`
            Positions, or cut-outs already made.
        description : ModelDescription
            Bands and grid that the network needs.
        images, bands, mask_targets
            See `ClusterClassifier`.

        Raises
        ------
        SurveyMismatchError
            If images are of other bands, or on another grid, than the network needs.
        """
        found = find_bands(description, bands)
        # Only networks that look at one source need to know which are others'.
        mask_targets = mask_targets and bool(description.preprocessing.get("source_planes"))
        if isinstance(X, xr.Dataset):
            dataset = _match_dataset(check_dataset(X), description, found)
            step = dataset_step(dataset, conf.chunk_size)
            targets = _dataset_targets(dataset)
            return cls(targets, found, step, dataset=dataset, mask_targets=mask_targets)
        _check_images(images, found)
        targets = read_targets(X)
        opened = zip(found, open_providers(found, images), strict=True)
        providers = {band.name: provider for band, provider in opened}
        _check_lacking(providers, description)
        options = {"description": description, "mask_targets": mask_targets}
        return cls(targets, found, conf.chunk_size, providers, **options)

    def along_the_sky(self, kept: bool = False) -> "TargetSource":
        """Return the same targets, neighbors together: each local image is then read once.

        Cut-outs that are there and services are left as they are, and so are targets of one chunk,
        unless what becomes of them is ``kept``: the next call may have other chunks.
        """
        local = [not provider.remote for provider in self.providers.values()]
        if not any(local) or (len(self.targets) <= self.step and not kept):
            return self
        order = _sky_order(self.targets["ra"].to_value(u.deg), self.targets["dec"].to_value(u.deg))
        return replace(self, targets=self.targets[order], order=order)

    def as_given(self, result: QTable) -> QTable:
        """Return a table with one row per target in the order in which they were given."""
        return result if self.order is None else result[np.argsort(self.order)]

    @property
    def wavebands(self) -> list[str]:
        """Wavebands of the images."""
        return [band.waveband for band in self.bands]

    @property
    def without_images(self) -> list[str]:
        """Bands that the user has no images of."""
        return _lacking(self.providers)

    def meta(self) -> dict:
        """Return images that the user vouches for, and what becomes of other targets, for meta."""
        opened = self.providers.items()
        found = [f"{band}: {name}" for band, one in opened for name in one.trusted]
        masked = {"other_targets": "masked"} if self.mask_targets else {}
        return masked | ({"trusted": found} if found else {})

    def images_identity(self) -> str:
        """Return what tells these images from others, for results that are kept."""
        if self.dataset is not None:
            return dataset_identity(self.dataset, self.step)
        return images_identity(self.providers)

    def rows(self) -> list[slice]:
        """All rows, in chunks."""
        return gaps(len(self.targets), [], self.step)

    def chunks(self, rows: Sequence[slice | np.ndarray]) -> Iterator[xr.Dataset]:
        """Return the Datasets of some rows, one after the other."""
        if self.dataset is not None:
            chunks = self._slices(rows)
        else:
            grid = self.description.field_size, self.description.pixels
            chunks = iter_cutouts(self.targets, self.bands, self.providers, *grid, rows=rows)
        for some, chunk in zip(rows, chunks, strict=True):
            yield self.with_others(chunk, self.others(some))

    def with_others(self, chunk: xr.Dataset, others: dict) -> xr.Dataset:
        """Return cut-outs that say where the other targets are, or do not if that is unwanted."""
        if not self.mask_targets:
            return chunk.drop_vars("other_targets", errors="ignore")
        return chunk.assign(others)

    def others(self, rows: slice | np.ndarray) -> dict[str, tuple]:
        """Variable for `with_others`; none where cut-outs that were given have it."""
        given = self.dataset is not None and "other_targets" in self.dataset
        if given or not self.mask_targets:
            return {}
        return {"other_targets": (OtherTargets.dims, self._others.offsets(rows))}

    @cached_property
    def _others(self) -> OtherTargets:
        return OtherTargets(*(self.targets[name].to_value(u.deg) for name in ("ra", "dec")))

    def faults(self, rows: slice | np.ndarray) -> list[str]:
        """What went wrong with some of the cut-outs that were given, in words."""
        ids = self.dataset["target_id"].values[rows] if self._faults else []
        return [fault for number in ids for fault in self._faults.get(str(number), [])]

    @cached_property
    def _faults(self) -> dict[str, list[str]]:
        return split_faults(self.dataset)

    def _slices(self, rows):
        """Parts of cut-outs that are there, in memory or to be read."""
        with progress_bar(len(self.targets), sum(map(count_rows, rows))) as bar:
            for some in rows:
                part = self.dataset.isel(target=some)
                yield load_cutouts(part.assign_attrs(faults=self.faults(some)))
                bar.update(count_rows(some))


def _sky_order(ra, dec) -> np.ndarray:
    """Rows by HEALPix pixel of two arcmin (nested); those without a position are the last."""
    import healpy

    finite = np.isfinite(ra) & np.isfinite(dec)
    pixel = np.full(len(ra), np.iinfo(np.int64).max)
    pixel[finite] = healpy.ang2pix(2**11, ra[finite], dec[finite], nest=True, lonlat=True)
    return np.argsort(pixel, kind="stable")


def _dataset_targets(dataset) -> QTable:
    """The target table of cut-outs; where none has a position, none is needed to classify them."""
    table = QTable({name: dataset[name].values for name in ("target_id", "ra", "dec")})
    nowhere = len(table) > 0 and np.isnan(table["ra"]).all()
    table["ra"], table["dec"] = table["ra"] * u.deg, table["dec"] * u.deg
    if nowhere:
        table["flag"] = ""
        return table
    return read_targets(table)


def _match_dataset(dataset, description, found):
    """Check that cut-outs are what the weights were trained on."""
    bands = [str(band) for band in dataset["band"].values]
    if bands != description.bands:
        raise SurveyMismatchError(
            f"the weights need images of {' + '.join(description.bands)}, the Dataset holds "
            f"{' + '.join(bands)}; choose other weights or select the bands"
        )
    wavebands = [str(name) for name in dataset["waveband"].values]
    if wavebands != [band.waveband for band in found]:
        raise SurveyMismatchError(
            f"the Dataset has {' + '.join(bands)} as {' + '.join(wavebands)}, the weights were "
            f"trained on {' + '.join(band.waveband for band in found)}"
        )
    shape = (dataset.sizes["y"], dataset.sizes["x"])
    size = float(dataset.attrs.get("size", np.nan))
    if shape != (description.pixels,) * 2 or abs(size - description.size) > 1e-6:
        raise SurveyMismatchError(
            f"the weights need {description.pixels} pixels on {description.size} arcmin, the "
            f"Dataset has {shape[0]} x {shape[1]} on {size} arcmin; make it with "
            f"size={description.size} * u.arcmin, pixels={description.pixels}"
        )
    return dataset


def _lacking(providers) -> list[str]:
    """Names of the bands that have no images."""
    return [name for name, one in providers.items() if isinstance(one, NoImagesProvider)]


def _check_lacking(providers, description):
    """Check that the weights can do without the bands that have no images."""
    lacking = _lacking(providers)
    needed = [name for name in lacking if name not in description.optional_bands]
    if needed:
        raise SurveyMismatchError(
            f"the weights need images of {needed[0]}: give some, or choose weights that can do "
            f"without, such as {' or '.join(map(repr, _MAY_LACK))}"
        )
    if lacking and len(lacking) == len(providers):
        raise SurveyMismatchError("there must be images of one band at least")


def _check_images(images, bands):
    """Check that ``images`` is a dict."""
    if images is not None and not isinstance(images, Mapping):
        raise InvalidImageError(
            f"images must be a dict from band to source, such as {{{bands[0].name!r}: "
            f"'*.fits'}}, not {images!r:.60}"
        )
