"""The public data of Kosiba et al. (2020): labeled cut-outs as PNG images."""

import csv
import io
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.table import QTable
from tqdm.auto import tqdm

from .._optional import import_optional
from .._paths import user_path
from ..config import conf
from ..exceptions import AstrocnnWarning, FailedTargetWarning, InvalidImageError, UnknownNameError
from ..surveys import Band
from ._archive import open_folder
from ._zenodo import fetch_zip, md5

__all__ = ["KOSIBA2020_BANDS", "KOSIBA2020_CLASSES", "load_kosiba2020"]

_RECORD, _FILE = 7236582, "Kosiba2020.zip"
_CLUSTERS = ("low-z", "hi-z")
#: Classes of the experts; the first two are galaxy clusters.
KOSIBA2020_CLASSES = (*_CLUSTERS, "galaxy", "point", "other")
_SIZE = 6 * u.arcmin
_REFERENCE = "2020MNRAS.496.4141K"
#: Bands of the images. They have names of their own, for they are neither the counts of ``xmm`` nor
#: the plates of ``dss2-red``, but gray levels from 0 to 255 made from them by an unknown stretch.
KOSIBA2020_BANDS = (
    Band(
        "kosiba2020-optical", "optical", "intensity", u.dimensionless_unscaled,
        _SIZE.to(u.arcsec) / 356, 3 * u.arcsec, detector="DSS2 plates", reference=_REFERENCE,
    ),
    Band(
        "kosiba2020-xray", "xray", "intensity", u.dimensionless_unscaled,
        _SIZE.to(u.arcsec) / 356, 6 * u.arcsec, detector="EPIC", reference=_REFERENCE,
    ),
)  # fmt: skip
#: Largest side of an image; those of the data set have 356 pixels.
_MAX_SIDE = 4096
#: What files raise that are missing, damaged or of another kind, in a zip file or not.
_READ_ERRORS = (
    OSError, KeyError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def load_kosiba2020(split: str = "train", path=None) -> tuple[xr.Dataset, QTable]:
    """Return the images and labels that Kosiba et al. (2020) published.

    They are X-ray selected galaxy cluster candidates of the X-CLASS survey: optical (DSS2) and
    X-ray (XMM-Newton) cut-outs of 356 x 356 pixels, saved as 8-bit PNG, and the class that experts
    gave them. The first call downloads 259 MB from Zenodo (record 7236582) into astropy's cache and
    compares their checksum with the published one; nothing is unpacked to disk.

    Parameters
    ----------
    split : {'train', 'test'}
        Which part.
    path : path, optional
        ``Kosiba2020.zip``, or the folder it was unpacked to, where there is no connection.

    Returns
    -------
    cutouts : `~xarray.Dataset`
        As from `astrocnn.cutouts.make_cutouts`, with the bands `KOSIBA2020_BANDS`; ``image`` is
        uint8 (0-255). There are no positions (``ra`` and ``dec`` are NaN), counts, or exposures.
        ``size``, 6 arcmin, is nominal. The upper edge of a PNG is the end of ``y``.
    labels : `~astropy.table.QTable`
        ``target_id`` (the ``image_id`` of the data set), ``class`` (see `KOSIBA2020_CLASSES`) and
        ``is_cluster``, in the same order.

    Raises
    ------
    ImportError
        If Pillow, which reads PNG images, is not installed; it comes with Matplotlib.
    ProviderError
        If the data cannot be downloaded.
    InvalidImageError
        If the archive is damaged, or not what it should be.

    Warns
    -----
    FailedTargetWarning
        If some images cannot be read; their ``valid`` is 0.

    References
    ----------
    Kosiba et al. 2020, MNRAS 496, 4141; doi:10.5281/zenodo.7236582.

    Examples
    --------
    >>> from astrocnn.datasets import load_kosiba2020
    >>> cutouts, labels = load_kosiba2020("test")  # doctest: +REMOTE_DATA
    """
    if split not in ("train", "test"):
        raise UnknownNameError(f"unknown split {split!r}; choices: train, test")
    _import_pillow()
    path = user_path(path) if path is not None else fetch_zip(_RECORD, _FILE)
    with open_folder(path) as root:
        root = _find_root(root, path)
        ids, classes = _read_labels(root / f"{split}.csv")
        images, seen, status = _read_images(root / f"{split}_images", ids)
    cutouts = _dataset(ids, images, seen, status)
    if path.is_file():
        cutouts.attrs["md5"] = md5(path)
    labels = QTable({"target_id": ids, "class": classes})
    labels["is_cluster"] = np.isin(classes, _CLUSTERS)
    labels.meta.update(split=split, source=cutouts.attrs["source"])
    return cutouts, labels


def _import_pillow():
    return import_optional("PIL.Image", "PNG images", "Pillow", "plot")


def _find_root(root, path: Path):
    """The folder with the tables: the one that was given, or ``Kosiba2020`` in it."""
    for folder in (root, root / "Kosiba2020"):
        if (folder / "train.csv").is_file() or (folder / "test.csv").is_file():
            return folder
    raise InvalidImageError(
        f"'{path}' is not the data set: there is neither train.csv nor Kosiba2020/train.csv in it"
    )


def _read_labels(file) -> tuple[np.ndarray, np.ndarray]:
    """Identifiers and classes of a table."""
    if not file.is_file():
        raise InvalidImageError(f"there is no {file.name} in the data set")
    try:
        content = file.read_bytes()
    except _READ_ERRORS as error:
        raise InvalidImageError(
            f"{file.name} cannot be read, perhaps the data set is damaged: get it anew "
            f"({str(error) or type(error).__name__})"
        ) from error
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        ids = np.array([row["image_id"].strip() for row in rows], dtype=str)
        classes = np.array([row["class"].strip() for row in rows], dtype=str)
    except (UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise InvalidImageError(
            f"{file.name} cannot be read as a table with the columns image_id and class"
        ) from error
    unknown = sorted(set(classes.tolist()) - set(KOSIBA2020_CLASSES))
    if unknown:
        raise InvalidImageError(
            f"{file.name} has the classes {unknown}, which are not among "
            f"{', '.join(KOSIBA2020_CLASSES)}"
        )
    for name in ids:
        if not name or name.startswith(".") or set(name) & set("/\\:\0"):
            raise InvalidImageError(f"{file.name} is refused: {name!r} is no name of an image")
    if len(ids) == 0 or len(set(ids)) < len(ids):
        raise InvalidImageError(f"{file.name} is empty, or names an image twice")
    return ids, classes


def _read_images(folder, ids) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gray levels (n, 2, ny, nx), which targets have some, and the flags of the others."""
    images, faults, odd = None, {}, 0
    for i, name in enumerate(
        tqdm(ids, desc="reading images", unit="", delay=2, disable=not conf.progress)
    ):
        try:
            picture = _read_png((folder / f"{name}.png").read_bytes())
            if images is None:
                images = np.zeros((len(ids), 2, *picture.shape[:2]), dtype=np.uint8)
            if picture.shape[:2] != images.shape[2:]:
                raise ValueError(f"{len(picture)} pixels wide, others have {images.shape[2]}")
            # Rows of a PNG go down, y goes up.
            images[i] = np.moveaxis(picture[::-1, :, 1:], -1, 0)
            odd += picture[..., 0].min() != picture[..., 0].max()
        except _READ_ERRORS as error:
            faults[i] = f"{name}.png: {str(error) or type(error).__name__}"
    if images is None:
        raise InvalidImageError(f"no image can be read; the first: {next(iter(faults.values()))}")
    _warn(len(ids), faults, odd)
    seen = ~np.isin(np.arange(len(ids)), list(faults))
    flags = [[f"failed:{band.name}" for band in KOSIBA2020_BANDS]]
    return images, seen, np.where(seen[:, np.newaxis], "", flags)


def _read_png(data: bytes) -> np.ndarray:
    """Decode an 8-bit color PNG, shape (ny, nx, 3)."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG image")
    width, height, depth, color = struct.unpack(">IIBB", data[16:26])
    if depth != 8 or color not in (2, 6):
        raise ValueError("not an image with three channels of 8 bits")
    if max(width, height) > _MAX_SIDE or width != height:
        raise ValueError(f"{width} x {height} pixels: not a square cut-out")
    with _import_pillow().open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.asarray(image)[..., :3]


def _warn(n: int, faults: dict, odd: int) -> None:
    """Say once, with counts, what is not as it should be."""
    if faults:
        warnings.warn(
            f"{len(faults)} of {n} images cannot be read; the first: {next(iter(faults.values()))}",
            FailedTargetWarning,
            stacklevel=4,
        )
    if odd:
        warnings.warn(
            f"{odd} of {n} images are not flat in the first of their channels [empty, optical, "
            "X-ray]: perhaps the channels are in another order",
            AstrocnnWarning,
            stacklevel=4,
        )


def _dataset(ids, images, seen, status) -> xr.Dataset:
    """Cut-outs as the rest of the package knows them."""
    n, _, ny, _ = images.shape
    names = [band.name for band in KOSIBA2020_BANDS]
    dims, missing = ("target", "band", "y", "x"), np.full(n, np.nan)
    # One number per image, seen as many: no memory for pixels that are all valid.
    valid = np.broadcast_to(seen.astype(np.uint8)[:, None, None, None], images.shape)
    return xr.Dataset(
        {
            "image": (dims, images),
            "valid": (dims, valid),
            "coverage": (("target", "band"), valid.mean(axis=(2, 3))),
            "status": (("target", "band"), status),
        },
        {
            "target_id": ("target", ids),
            "ra": ("target", missing, {"unit": "deg"}),
            "dec": ("target", missing.copy(), {"unit": "deg"}),
            "band": names,
            "waveband": ("band", [band.waveband for band in KOSIBA2020_BANDS]),
            "unit": ("band", [str(band.unit) for band in KOSIBA2020_BANDS]),
            "survey": (("target", "band"), np.tile(names, (n, 1))),
        },
        {
            "size": float(_SIZE.to_value(u.arcmin)),
            "pixel_scale": float((_SIZE / ny).to_value(u.arcsec)),
            "source": "Kosiba et al. 2020, doi:10.5281/zenodo.7236582",
        },
    )
