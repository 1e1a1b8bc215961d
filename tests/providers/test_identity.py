"""What tells images from others, for results that are kept in a folder."""

import os
import shutil

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.grid import CutoutGrid
from astrocnn.providers import (
    ChainProvider,
    FitsProvider,
    HealpixProvider,
    HipsProvider,
    SkyImage,
    XMMArchiveProvider,
    open_provider,
)
from astrocnn.surveys import get_band

pytestmark = [
    pytest.mark.filterwarnings("ignore:.* shows the same sky as HDU 0"),
    pytest.mark.filterwarnings("ignore:.* what follows HDU 1 is no HDU"),
]

XMM = get_band("xmm")
FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.arcmin, 24)
DATA = np.arange(24.0 * 24).reshape(FIELD.shape)
HEADER = FIELD.wcs.to_header()


def fits_identity(*source, **settings):
    return FitsProvider(*source, XMM, **settings).identity


@pytest.fixture
def files(tmp_path):
    """Two files, each with two images, in a folder."""
    folder = tmp_path / "a"
    folder.mkdir()
    for k, name in enumerate(("x.fits", "y.fits")):
        hdus = [fits.PrimaryHDU(DATA + k, HEADER), fits.ImageHDU(DATA[::-1], HEADER)]
        fits.HDUList(hdus).writeto(folder / name)
    return folder


def test_the_same_files_are_the_same_wherever_they_are(files, tmp_path):
    kept = fits_identity(str(files / "*.fits"))
    assert kept.startswith("x.fits and 1 more ")
    assert fits_identity([files / "x.fits", files / "y.fits"]) == kept
    shutil.copytree(files, tmp_path / "b")  # with the times, as cp -p and rsync -t
    shutil.rmtree(files)
    assert fits_identity(str(tmp_path / "b")) == kept


def test_files_that_may_hold_something_else(files, tmp_path):
    x, y = files / "x.fits", files / "y.fits"
    (tmp_path / "b").mkdir()
    other = shutil.copyfile(x, tmp_path / "b" / "x.fits")
    os.utime(other, ns=(0, x.stat().st_mtime_ns + 1))
    identities = [
        fits_identity(x),
        fits_identity(y),
        fits_identity(other),  # of another folder
        fits_identity(x, hdu=1),
        fits_identity(x, quantity="rate"),
        fits_identity(x, quantity="counts"),
        fits_identity(x, background="estimate"),
        fits_identity({"image": x, "exposure": y}),
        fits_identity({"image": x, "background": y}),
        fits_identity({"image": x, "exposure": y}, hdu={"exposure": 1}),
        fits_identity([x, y]),
        fits_identity([y, x]),
        FitsProvider(x, XMM.with_(quantity="intensity")).identity,
    ]
    x.write_bytes(x.read_bytes() + b" " * 2880)  # a file that grew, in the same instant
    os.utime(x, ns=(0, y.stat().st_mtime_ns))
    identities.append(fits_identity(x))
    assert len(set(identities)) == len(identities)


def test_pixels_in_memory():
    def image(data=DATA, shift=0.0, **settings):
        header = HEADER.copy()
        header["CRPIX1"] += shift
        hdu = fits.PrimaryHDU(data, header)
        return SkyImage(hdu.data, FIELD.wcs, **settings) if settings else hdu

    assert fits_identity(image()) == fits_identity(image())
    assert fits_identity(image()) == fits_identity(image(DATA.astype(">f8")))
    one = DATA.copy()
    one[3, 5] += 1
    identities = [
        fits_identity(found)
        for found in (
            image(),
            image(one),
            image(DATA.astype("f4")),
            image(shift=1),
            image(quantity="rate"),
            image(exposure=DATA),
            image(exposure=one),
        )
    ]
    assert len(set(identities)) == len(identities)


def test_tiles(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    (a / "Norder3").mkdir(parents=True)  # without a tile
    (a / "properties").write_text("hips_order = 3\nhips_tile_width = 64\n")
    shutil.copytree(a, b)
    kept = open_provider(a, XMM).identity
    assert HipsProvider(a, XMM).identity == kept
    identities = [
        kept,
        HipsProvider(a, XMM, "nearest").identity,
        HipsProvider(a, XMM, exposure=b).identity,
        HipsProvider(a, XMM, pixel_area=2 * u.arcsec**2).identity,
        HipsProvider([a, b], XMM).identity,
        open_provider(b, XMM).identity,
    ]
    properties = a / "properties"
    os.utime(properties, ns=(0, properties.stat().st_mtime_ns + 1))  # made anew
    identities.append(open_provider(a, XMM).identity)
    assert len(set(identities)) == len(identities)


def test_healpix_maps():
    values = np.arange(12.0 * 4**2)

    def identity(values=values, **settings):
        return HealpixProvider(values, XMM, **settings).identity

    assert identity() == identity(values.copy())
    others = [identity(values + 1), identity(nested=True), identity(frame="galactic")]
    assert len({identity(), *others}) == 4


def test_healpix_files(tmp_path):
    column = fits.Column("T", "E", array=np.arange(12.0 * 4**2))
    table = fits.BinTableHDU.from_columns([column, fits.Column("U", "E", array=column.array)])
    table.header.update(PIXTYPE="HEALPIX", ORDERING="RING", NSIDE=4, COORDSYS="C")
    table.writeto(tmp_path / "a.fits")
    kept = open_provider(tmp_path / "a.fits", XMM).identity
    assert open_provider(str(tmp_path / "a.fits"), XMM).identity == kept
    assert HealpixProvider(tmp_path / "a.fits", XMM, column=1).identity != kept
    os.utime(tmp_path / "a.fits", ns=(0, 0))
    assert open_provider(tmp_path / "a.fits", XMM).identity != kept


def test_services_and_chains(files):
    service, local = open_provider(None, XMM), FitsProvider(files / "x.fits", XMM)
    assert service.identity == service.description
    chain = ChainProvider(XMM, [local, service])
    assert chain.identity == f"{local.identity}, then {service.identity}"
    assert XMMArchiveProvider(most=5).identity != XMMArchiveProvider(most=6).identity


def test_files_are_not_read(files, monkeypatch):
    provider = FitsProvider(files, XMM)
    monkeypatch.setattr("builtins.open", None)
    assert provider.identity.startswith("x.fits and 1 more ")
