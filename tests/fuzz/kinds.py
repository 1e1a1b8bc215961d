"""Kinds of input that a user hands over: small valid ones, and who reads them.

A kind has variants, each a folder of files. ``read`` gets a folder in which something was changed,
and a number that picks one of several ways to read. What it returns, if anything, is compared with
what it returned before the change, where a checksum promises that numbers are the same or refused.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from astrocnn.grid import CutoutGrid

__all__ = ["KINDS", "Kind", "counts_hdu", "known", "make_some"]

CENTER = SkyCoord(150, 2, unit="deg")
TARGETS = SkyCoord([150, 150.01, 150.5], [2, 2.01, 2], unit="deg")
SIZE, PIXELS = 2 * u.arcmin, 12
FIELD = CutoutGrid(CENTER, 4 * u.arcmin, 60)


@dataclass
class Kind:
    """A kind of input.

    Attributes
    ----------
    make : callable
        Writes the variants, each into a folder below the one it is given.
    read : callable
        Reads a changed folder; returns what must not change silently, or None.
    checked : bool
        Whether a change of raw bytes must be noticed, if it changes what is read.
    """

    make: Callable[[Path], None]
    read: Callable[[Path, int], dict[str, np.ndarray] | None]
    checked: bool = False


def make_some(images, band="xmm", targets=TARGETS):
    """Cut-outs of a few targets, one of them outside."""
    from astrocnn.cutouts import make_cutouts

    return make_cutouts(targets, [band], {band: images}, size=SIZE, pixels=PIXELS)


# ---- images --------------------------------------------------------------------------------------


def _counts(seed=1):
    return np.random.default_rng(seed).poisson(3.0, FIELD.shape).astype("int16")


def counts_hdu():
    """An image that is in no file."""
    return fits.PrimaryHDU(_counts(), _header())


def _header(sip=False, **cards):
    header = FIELD.wcs.to_header(relax=True)
    header.update(TELESCOP="XMM", INSTRUME="EPN", BUNIT="ct", CONTENT="COUNTS", EXPOSURE=1e4)
    if sip:
        header.update(CTYPE1="RA---TAN-SIP", CTYPE2="DEC--TAN-SIP", A_ORDER=2, B_ORDER=2)
        header.update(A_2_0=1e-5, B_0_2=1e-5, A_1_1=1e-6)
    header.update(cards)
    return header


def _make_images(folder):
    for variant in ("plain", "float", "sip", "scaled", "several", "exposure", "gz", "rice", "gzip",
                    "hcompress", "pair"):  # fmt: skip
        (folder / variant).mkdir()
    counts, real = _counts(), _counts().astype("float32")
    real[:5] = np.nan
    fits.PrimaryHDU(counts, _header()).writeto(folder / "plain/image.fits")
    fits.PrimaryHDU(real, _header()).writeto(folder / "float/image.fits")
    fits.PrimaryHDU(real.astype(float), _header(sip=True)).writeto(folder / "sip/image.fits")
    scaled = fits.PrimaryHDU(counts, _header(BLANK=0, BSCALE=0.5, BZERO=1.0))
    scaled.writeto(folder / "scaled/image.fits")
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(real, _header(), name=n) for n in ("WHT", "SCI"))]
    fits.HDUList(hdus).writeto(folder / "several/image.fits")
    fits.PrimaryHDU(counts, _header()).writeto(folder / "exposure/image.fits")
    exposure = fits.PrimaryHDU(np.full(FIELD.shape, 1e4, "float32"), _header(BUNIT="s"))
    exposure.writeto(folder / "exposure/exposure.fits")
    fits.PrimaryHDU(counts, _header()).writeto(folder / "gz/image.fits.gz")
    for variant, form in {"rice": "RICE_1", "gzip": "GZIP_2", "hcompress": "HCOMPRESS_1"}.items():
        packed = fits.CompImageHDU(real if variant == "gzip" else counts, _header(), None, form)
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(folder / variant / "image.fits.fz")
    for name in ("a", "b"):
        fits.PrimaryHDU(_counts(ord(name)), _header()).writeto(folder / f"pair/{name}.fits")


def _read_images(folder, way):
    from astrocnn.providers import read_image

    files = sorted(folder.glob("*.fits*"))
    if way % 3 == 0 and files:
        read_image(files[0])
    elif (folder / "exposure.fits").exists():
        maps = {"image": str(folder / "image.fits"), "exposure": str(folder / "exposure.fits")}
        make_some(maps)
    else:
        make_some(str(folder) if way % 3 == 1 else [str(file) for file in files])


def _make_checked_images(folder):
    for variant in ("plain", "rice", "exposure"):
        (folder / variant).mkdir()
    counts = _counts()
    fits.PrimaryHDU(counts, _header()).writeto(folder / "plain/image.fits", checksum=True)
    packed = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(counts, _header())])
    packed.writeto(folder / "rice/image.fits", checksum=True)
    fits.PrimaryHDU(counts, _header()).writeto(folder / "exposure/image.fits", checksum=True)
    exposure = fits.PrimaryHDU(np.full(FIELD.shape, 1e4, "float32"), _header(BUNIT="s"))
    exposure.writeto(folder / "exposure/exposure.fits", checksum=True)


def _read_checked_images(folder, way):
    images = str(folder / "image.fits")
    if (folder / "exposure.fits").exists():
        images = {"image": images, "exposure": str(folder / "exposure.fits")}
    return known(make_some(images))


def known(dataset):
    """Pixels of the targets whose status says that all is well, others as NaN."""
    well = (dataset["status"] == "ok").values
    names = [name for name in ("image", "valid", "exposure") if name in dataset]
    found = {name: dataset[name].values.astype(float) for name in names}
    for values in found.values():
        values[~well] = np.nan
    return found


# ---- tiles ---------------------------------------------------------------------------------------


def _make_hips(folder):
    from astrocnn.providers import write_hips

    images = [(_counts().astype("float32"), FIELD.wcs)]
    for variant, frame in {"plain": "equatorial", "galactic": "galactic"}.items():
        write_hips(folder / variant, images, order=9, tile_width=16, frame=frame)
    for place in ("exposure", "exposure/exposure"):
        write_hips(folder / place, images, order=9, tile_width=16)
    shutil.copytree(folder / "plain", folder / "packed")
    for file in (folder / "packed").rglob("*.fits"):
        packed = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(fits.getdata(file))])
        packed.writeto(file, overwrite=True)


def _read_folder(folder, way):
    make_some(str(folder))


def _make_healpix(folder):
    import h5py
    import healpy

    for variant in ("whole", "part", "nested", "hdf5", "hdf5_part"):
        (folder / variant).mkdir()
    values = np.random.default_rng(3).normal(size=12 * 16**2).astype("float32")
    healpy.write_map(folder / "whole/map.fits", values, coord="C", dtype="float32")
    healpy.write_map(folder / "nested/map.fits", values, nest=True, coord="G", dtype="float32")
    near = healpy.query_disc(16, healpy.ang2vec(150, 2, lonlat=True), 0.3)
    part = np.full(values.shape, healpy.UNSEEN, "float32")
    part[near] = values[near]
    healpy.write_map(folder / "part/map.fits", part, coord="C", partial=True, dtype="float32")
    with h5py.File(folder / "hdf5/map.h5", "w") as file:
        file["map"] = values
        file.attrs.update(ordering="RING", coordsys="C", nside=16)
    with h5py.File(folder / "hdf5_part/map.h5", "w") as file:
        file.create_dataset("map", data=values[near], compression="gzip")
        file["pixel"] = near
        file.attrs.update(ordering="RING", coordsys="C", nside=16)


def _read_healpix(folder, way):
    make_some(str(next(folder.iterdir(), folder / "map.fits")))


# ---- tables, regions, MOCs -----------------------------------------------------------------------

TABLE = {
    "name": ["A1", "B22", "C333", "0004"],
    "ra": [150.0, 151.5, 0.001, 359.9],
    "dec": [2.0, -2.5, 89.9, -45.0],
    "z": [0.1, 0.25, -99.0, 1.2],
    "n": [1, 2, 3, 40_000],
}
SUFFIXES = {
    ".csv": "ascii.csv", ".ecsv": "ascii.ecsv", ".tsv": "ascii.tab", ".dat": "ascii.basic",
    ".txt": "ascii.commented_header", ".fits": "fits", ".parquet": "parquet",
    ".vot": "votable", ".csv.gz": "ascii.csv",
}  # fmt: skip


def _make_tables(folder):
    from astrocnn.tables import read_targets, write_result

    table = Table(TABLE)
    for suffix, form in SUFFIXES.items():
        (folder / suffix[1:]).mkdir()
        path = folder / suffix[1:] / f"list{suffix}"
        if form == "parquet":
            write_result(read_targets(table), path)
            continue
        table.write(path, format=form)
    (folder / "binary").mkdir()
    table.write(folder / "binary/list.vot", format="votable", tabledata_format="binary2")
    (folder / "ours").mkdir()
    for suffix in (".fits", ".ecsv", ".vot"):
        write_result(read_targets(table), folder / f"ours/list{suffix}")


def _read_table(folder, way):
    from astrocnn.catalogs import read_catalog
    from astrocnn.tables import read_file, read_targets

    for path in sorted(folder.iterdir()):
        (read_targets, read_catalog, read_file)[way % 3](path)


REGIONS = """# Region file format: DS9
global color=green
fk5
circle(150.0,2.0,60") # text={A} tag={x}
-ellipse(150.1,2.1,30",20",45)
box(10:00:00,+02:00:00,1',2',30)
polygon(149,1,151,1,151,3,149,3)
annulus(150.2,2.2,10",20")
galactic;circle(120.5,-30.1,0.1)
icrs;point(150,2) # point=x
line(150,2,151,2)
"""
CASA = """#CRTF
global coord=ICRS, color=green
circle[[150.0deg, 2.0deg], 60.0arcsec], label="A"
ellipse[[150.1deg, 2.1deg], [30arcsec, 20arcsec], 45deg]
centerbox[[10:00:00.0, +02.00.00.0], [60arcsec, 120arcsec]]
poly[[149deg, 1deg], [151deg, 1deg], [151deg, 3deg]]
"""


def _make_regions(folder):
    for name, text in {"ds9": REGIONS, "crtf": CASA}.items():
        (folder / name).mkdir()
        (folder / name / f"field.{'reg' if name == 'ds9' else name}").write_text(text)


def _read_field(folder, way):
    from astrocnn.matching import Field
    from astrocnn.tables import read_targets

    for path in folder.iterdir():
        if way % 3 == 0 and path.suffix == ".reg":
            read_targets(path)
        else:
            without = way % 3 == 1 and path.suffix != ".reg"  # where one region has a minus sign
            field = Field(exclude=path) if without else Field(include=path)
            field.contains(TARGETS)
            if way == 29 or path.suffix not in (".reg", ".crtf"):  # to count takes half a second
                field.area.to_value(u.deg**2)


def _make_mocs(folder):
    from mocpy import MOC

    moc = MOC.from_string("5/10-30 6/400 8/9000-9010 9/", format="ascii")
    for suffix, form in {"fits": "fits", "json": "json", "txt": "ascii"}.items():
        (folder / suffix).mkdir()
        moc.save(folder / suffix / f"moc.{suffix}", form)


KINDS = {
    "images": Kind(_make_images, _read_images),
    "checked-images": Kind(_make_checked_images, _read_checked_images, checked=True),
    "hips": Kind(_make_hips, _read_folder),
    "healpix": Kind(_make_healpix, _read_healpix),
    "tables": Kind(_make_tables, _read_table),
    "regions": Kind(_make_regions, _read_field),
    "mocs": Kind(_make_mocs, _read_field),
}
