"""Images to a HiPS and back."""

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from astrocnn.exceptions import NoCoverageError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import HipsProvider, write_hips
from astrocnn.providers._tiles._hips_map import tile_path
from astrocnn.surveys import get_band

BAND = get_band("dss2-red")
COUNTS = BAND.with_(quantity="counts")


def image_at(lon, lat, size=24 * u.arcmin, pixels=180, sigma=1 * u.arcmin):
    """A Gaussian of height 100 on 5, and its WCS."""
    center = SkyCoord(lon, lat, unit="deg")
    grid = CutoutGrid(center, size, pixels)
    radius = SkyCoord(*grid.lonlat(), unit="deg").separation(center)
    return 5 + 100 * np.exp(-((radius / sigma).to_value(u.one) ** 2) / 2), grid.wcs


def grid_at(lon, lat, size=6 * u.arcmin, pixels=90):
    return CutoutGrid(SkyCoord(lon, lat, unit="deg"), size, pixels)


@pytest.mark.parametrize("frame", ["equatorial", "galactic"])
@pytest.mark.parametrize(("lon", "lat"), [(150, 2), (0.01, -0.05), (45, 41.81), (10, 89.97)])
def test_round_trip(tmp_path, frame, lon, lat):
    """Images of 8 arcsec pixels through HiPS pixels of 6.4 arcsec: within 1 % of the peak."""
    write_hips(tmp_path, [image_at(lon, lat)], order=8, frame=frame)
    grid = grid_at(lon, lat)
    pixels = HipsProvider(tmp_path, BAND).cutout(grid)
    radius = SkyCoord(*grid.lonlat(), unit="deg").separation(grid.center)
    wanted = 5 + 100 * np.exp(-(radius.to_value(u.arcmin) ** 2) / 2)
    assert pixels.valid.all()
    assert np.abs(pixels.image - wanted).max() < 1.0


def test_counts_are_kept(tmp_path):
    """From 8 arcsec pixels through a HiPS to 4 and 7 arcsec: the same counts of a source."""
    data, wcs = image_at(150, 2)
    write_hips(tmp_path, [(data - 5, wcs)], order=8, scale_area=True)
    for pixels in (90, 154):
        image = HipsProvider(tmp_path, COUNTS).cutout(grid_at(150, 2, 18 * u.arcmin, pixels)).image
        assert image.sum() == pytest.approx((data - 5).sum(), rel=2e-3)


def test_counts_are_not_rebinned(tmp_path):
    with pytest.raises(ValueError, match="order 5 has larger pixels than the images"):
        write_hips(tmp_path, [image_at(150, 2)], order=5, scale_area=True)
    assert not (tmp_path / "properties").exists()


def test_the_first_image_wins_and_holes_are_filled(tmp_path):
    data, wcs = image_at(150, 2)
    first = np.full_like(data, 1.0)
    first[:, :90] = np.nan
    write_hips(tmp_path, [(first, wcs), (np.full_like(data, 2.0), wcs)], order=8)
    provider = HipsProvider(tmp_path, BAND, "nearest")
    east, west = (provider.cutout(grid_at(150 + d, 2)).image for d in (0.1, -0.1))
    assert np.unique(east) == 2
    assert np.unique(west) == 1


def test_images_far_apart(tmp_path):
    numbers = write_hips(tmp_path, [image_at(150, 2), image_at(330, -40)], order=6)
    files = sorted(tmp_path.glob("Norder6/Dir*/Npix*.fits"))
    assert files == sorted(tile_path(tmp_path, 6, n) for n in numbers)
    provider = HipsProvider(tmp_path, BAND)
    assert provider.cutout(grid_at(330, -40)).valid.all()
    with pytest.raises(NoCoverageError):
        provider.cutout(grid_at(240, -20))


def test_nothing_outside_the_image(tmp_path):
    """HiPS pixels whose center is off the image are NaN, those on it are not."""
    data, wcs = image_at(150, 2, pixels=60)
    write_hips(tmp_path, [(data, wcs)], order=5, tile_width=64)
    nside = 64 * 2**5
    for file in tmp_path.glob("Norder5/*/*.fits"):
        number = fits.getheader(file)["NPIX"]
        assert f"Npix{number}.fits" == file.name
        pixels = np.arange(64**2) + number * 64**2
        x, y = wcs.world_to_pixel_values(*healpy.pix2ang(nside, pixels, nest=True, lonlat=True))
        inside = (np.abs(x - 29.5) < 30) & (np.abs(y - 29.5) < 30)
        assert np.isfinite(fits.getdata(file)).sum() == inside.sum() > 0


def test_image_in_galactic_coordinates(tmp_path):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["GLON-CAR", "GLAT-CAR"], [30, 0]
    wcs.wcs.cdelt, wcs.wcs.crpix = [-0.002, 0.002], [100.5, 100.5]
    lon = 30 - (np.arange(200) - 99.5) * 0.002
    write_hips(tmp_path, [(np.tile(lon, (200, 1)), wcs)], order=8)
    center = SkyCoord(30, 0, unit="deg", frame="galactic")
    grid = CutoutGrid(center, 6 * u.arcmin, 30)
    wanted = SkyCoord(*grid.lonlat(), unit="deg").galactic.l.deg
    image = HipsProvider(tmp_path, BAND).cutout(grid).image
    np.testing.assert_allclose(image, wanted, atol=5e-5)


def test_same_bytes_twice(tmp_path):
    for name in "ab":
        write_hips(tmp_path / name, [image_at(150, 2)], order=6)
    files = [p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()]
    assert len(files) > 1
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tile_width": 100}, "tile_width must be a power of two, not 100"),
        ({"frame": "ecliptic"}, "frame must be one of equatorial, galactic, not 'ecliptic'"),
        ({"order": 23}, "order 23 with tiles of 128 pixels is beyond HEALPix"),
        ({"order": -1}, "order -1"),
    ],
)
def test_no_hips_can_be_made(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        write_hips(tmp_path / "new", [image_at(150, 2)], **{"order": 6, **changes})
    assert not (tmp_path / "new").exists()
