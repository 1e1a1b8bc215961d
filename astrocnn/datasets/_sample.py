"""The embedded sample: a small simulated sky, made at first use and kept in astropy's cache."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from errno import EIO
from pathlib import Path

import numpy as np
from astropy.config import get_cache_dir_path
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from tqdm.auto import tqdm

from ..config import conf
from ..exceptions import StoreError
from ..providers import write_hips
from ..simulation import simulate_field, truth_table
from ..storage import make_folder

__all__ = ["Sample", "load_sample"]

#: Changed whenever what `load_sample` makes changes: an old copy in the cache is then not used.
_VERSION = 3
_SEED = 2026
_KINDS = (
    ["cluster"] * 12
    + ["agn"] * 4
    + ["star"] * 2
    + ["pair"] * 2
    + ["galaxy", "wing"]
    + ["blank"] * 2
)
#: HiPS order of each band: pixels of 3.2 and 1.6 arcsec in tiles of 128 pixels.
_ORDERS = {"xmm": 9, "dss2-red": 10}


@dataclass(frozen=True)
class Sample:
    """A small simulated survey on disk.

    Attributes
    ----------
    targets : `~astropy.table.QTable`
        ``target_id``, ``ra``, ``dec`` (deg).
    truth : `~astropy.table.QTable`
        What the targets are; see `astrocnn.simulation.truth_table`.
    images : dict of str to str
        HiPS folder of each band, for ``ClusterClassifier(images=...)``.
    path : `~pathlib.Path`
        Where the sample is.
    """

    targets: QTable
    truth: QTable
    images: dict[str, str]
    path: Path


def load_sample() -> Sample:
    """Return the embedded sample: 24 **simulated** targets with X-ray and optical images.

    Half of them are clusters. It is made at first use (about ten seconds, 20 MB) with a fixed
    seed, into astropy's cache, as a local HiPS of each band.

    Returns
    -------
    Sample

    Raises
    ------
    StoreError
        If the cache cannot be written.

    Examples
    --------
    >>> from astrocnn.datasets import load_sample
    >>> sample = load_sample()
    >>> len(sample.targets), sorted(sample.images), sample.truth.meta["simulated"]
    (24, ['dss2-red', 'xmm'], True)
    """
    try:
        path = Path(get_cache_dir_path("astrocnn")) / f"sample-{_VERSION}"
    except OSError as error:  # a home that cannot be written
        raise _no_cache(error.filename or "astrocnn", error) from error
    if not (path / "truth.ecsv").is_file():
        _make(path)
    truth = QTable.read(path / "truth.ecsv")
    return Sample(
        truth["target_id", "ra", "dec"], truth, {band: str(path / band) for band in _ORDERS}, path
    )


def _make(path: Path) -> None:
    """Write the sample beside its place and rename it: an interrupted one is never used."""
    make_folder(path.parent)
    folder = Path(tempfile.mkdtemp(prefix="sample-", dir=path.parent))
    try:
        fields = []
        for i, (kind, center) in enumerate(
            tqdm(
                zip(_KINDS, _positions(len(_KINDS)), strict=True),
                total=len(_KINDS),
                delay=1,
                desc="simulating the sample (once)",
                disable=not conf.progress,
            )
        ):
            fields.append(simulate_field(i, _SEED, center=center, kind=kind, exposure_map=True))
        for band, order in _ORDERS.items():
            images = [(_intensity(field.images[band]), field.images[band].wcs) for field in fields]
            write_hips(folder / band, images, order, title=f"simulated {band}", band=band)
        order = np.random.default_rng(_SEED).permutation(len(fields))
        rows = [fields[i].truth | {"target_id": n} for n, i in enumerate(order)]
        truth_table(rows, _SEED).write(folder / "truth.ecsv")
        if (path / "truth.ecsv").is_file():  # another process was faster, and may be reading
            return
        if path.exists():  # someone removed a part of it
            shutil.rmtree(path)
        os.replace(folder, path)
    except OSError as error:
        # Another process may have been faster; then its sample is as good as ours.
        if not (path / "truth.ecsv").is_file():
            raise _no_cache(path.parent, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _no_cache(folder, error: OSError) -> StoreError:
    """Error of a cache that cannot be written."""
    reason = error.strerror or str(error)
    return StoreError(
        error.errno or EIO,
        f"cannot write the sample into the cache '{folder}' ({reason}): make another folder with "
        "a folder 'astrocnn' in it, and set XDG_CACHE_HOME to it",
    )


def _positions(n: int) -> list[SkyCoord]:
    """A patch of high Galactic latitude, 0.3 degrees apart so that fields do not touch."""
    return [SkyCoord(150.0 + 0.3 * (i % 6), 1.5 + 0.3 * (i // 6), unit="deg") for i in range(n)]


def _intensity(image) -> np.ndarray:
    """Counts become a rate, NaN where not exposed, as in the HiPS of X-ray surveys."""
    if image.exposure is None:
        return image.data
    seen = image.exposure > conf.min_exposure * image.exposure.max()
    rate = np.full(image.data.shape, np.nan, dtype=np.float32)
    return np.divide(image.data, image.exposure, out=rate, where=seen)
