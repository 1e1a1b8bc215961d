"""A local HiPS against analytic skies, healpy, reproject, and real tiles of CDS."""

import gzip
import os
import shutil
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.config import conf
from astrocnn.exceptions import NoCoverageError, ProviderError
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import HipsProvider, read_image
from astrocnn.providers._tiles._hips_map import HipsMap, tile_path
from astrocnn.surveys import get_band

BAND = get_band("dss2-red")
COUNTS = BAND.with_(quantity="counts")
ORDER, WIDTH = 2, 32
FRAMES = {"equatorial": "icrs", "galactic": "galactic"}
POINTS = [
    (0.0, 90.0), (123.0, -90.0), (0.0, 0.0), (359.999, 45.0), (45.0, 41.8103149), (45.0, 0.0),
    (90.0, -41.8103149), (90.0, 60.0), (266.4, -28.9), (192.86, 27.13), (315.0, 0.0),
]  # fmt: skip


def smooth(sky):
    """A smooth function of the sky, in any frame."""
    x, y, z = sky.icrs.cartesian.xyz.value
    return 10 + 3 * x - 2 * y + z + 2 * x * y - 3 * y * z + x**3


def split(index):
    """Even and odd bits of a nested sub-index, the slow way."""
    bits = f"{index:012b}"
    return int(bits[1::2], 2), int(bits[0::2], 2)


def write_tile(path, number, data, order=ORDER):
    file = tile_path(path, order, number)
    file.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(data).writeto(file, overwrite=True)
    return file


def write_properties(path, **changes):
    lines = {
        "hips_order": ORDER,
        "hips_frame": "equatorial",
        "hips_tile_width": WIDTH,
        "hips_tile_format": "jpeg fits",
        "hips_pixel_scale": "2.236E-4",
    } | changes
    text = "# a comment = 3\n\n" + "".join(f"{k:20}= {v}\n" for k, v in lines.items())
    path.mkdir(parents=True, exist_ok=True)
    (path / "properties").write_text(text + "an odd line\n")
    return path


def write_all(path, values, **changes):
    """Write a whole sky, tile by tile and pixel by pixel, from a nested HEALPix map."""
    write_properties(path, **changes)
    place = np.array([split(i) for i in range(WIDTH**2)])
    for number, tile in enumerate(values.reshape(-1, WIDTH**2)):
        data = np.empty((WIDTH, WIDTH), dtype=np.float32)
        data[WIDTH - 1 - place[:, 0], place[:, 1]] = tile
        write_tile(path, number, data)
    return path


@pytest.fixture(scope="module", params=FRAMES)
def whole_sky(request, tmp_path_factory):
    """A HiPS of the whole sky: folder, astropy frame, HEALPix map in nested order."""
    nside = WIDTH * 2**ORDER
    lonlat = healpy.pix2ang(nside, np.arange(12 * nside**2), nest=True, lonlat=True)
    frame = FRAMES[request.param]
    values = smooth(SkyCoord(*lonlat, unit="deg", frame=frame)).astype(np.float32)
    path = write_all(tmp_path_factory.mktemp("hips"), values, hips_frame=request.param)
    return SimpleNamespace(path=path, frame=frame, values=values, nside=nside)


@pytest.fixture
def patch(tmp_path):
    """A HiPS of the four tiles that meet at (45, 0), all sevens."""
    write_properties(tmp_path / "patch")
    for number in patch_tiles():
        write_tile(tmp_path / "patch", number, np.full((WIDTH, WIDTH), 7.0, dtype="float32"))
    return tmp_path / "patch"


def patch_tiles():
    around = [45, 45, 42, 48], [3, -3, 0, 0]
    return {int(n) for n in healpy.ang2pix(2**ORDER, *around, nest=True, lonlat=True)}


def grid_at(lon, lat, size=3 * u.deg, pixels=21):
    return CutoutGrid(SkyCoord(lon, lat, unit="deg"), size, pixels)


def positions(grid, frame):
    sky = SkyCoord(*grid.lonlat(), unit="deg").transform_to(frame).spherical
    return sky.lon.deg, sky.lat.deg


# Values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lon", "lat"), POINTS)
def test_bilinear_is_the_analytic_sky(whole_sky, lon, lat):
    """Pixels are 27 arcmin; a bilinear error is of the order of their square."""
    grid = grid_at(lon, lat)
    pixels = HipsProvider(whole_sky.path, BAND).cutout(grid)
    error = np.abs(pixels.image - smooth(SkyCoord(*grid.lonlat(), unit="deg")))
    assert np.all(error < 8e-4)
    assert pixels.valid.all()
    assert pixels.image.dtype == np.float32
    assert (pixels.exposure, pixels.exposure_known) == (None, True)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0.001, 20), st.integers(1, 24))
def test_nearest_is_healpys(whole_sky, lon, lat, size, pixels):
    """Tiles, bits and borders: the same pixels as a lookup in the whole map, but for places
    within a hundredth of a pixel from the next one.
    """
    grid = grid_at(lon, lat, size * u.deg, pixels)
    image = HipsProvider(whole_sky.path, BAND, "nearest").cutout(grid).image
    sky = SkyCoord(*grid.lonlat(), unit="deg")
    hair = 0.01 * healpy.nside2resol(whole_sky.nside) * u.rad
    near = [sky, *(sky.directional_offset_by(angle * u.deg, hair) for angle in range(0, 360, 45))]
    wanted = []
    for place in near:
        place = place.transform_to(whole_sky.frame).spherical
        number = healpy.ang2pix(whole_sky.nside, place.lon.deg, place.lat.deg, True, lonlat=True)
        wanted.append(whole_sky.values[number])
    assert np.any(image == np.array(wanted), axis=0).all()
    assert np.mean(image == wanted[0]) > 0.97 or image.size < 64


def test_threads_share_a_provider(whole_sky):
    provider = HipsProvider(whole_sky.path, BAND)
    grids = [grid_at(lon, lat) for lon, lat in POINTS] * 3
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(provider.cutout, grids))
    alone = HipsProvider(whole_sky.path, BAND)
    for grid, pixels in zip(grids, together, strict=True):
        np.testing.assert_array_equal(pixels.image, alone.cutout(grid).image)


def test_a_chunk_is_the_same_as_one_by_one(whole_sky):
    lon, lat = np.transpose(POINTS)
    grids = CutoutGrids(lon, lat, 3 * u.deg, 21)
    with ThreadPoolExecutor(2) as pool:
        together = HipsProvider(whole_sky.path, BAND).cutouts(grids, pool)
    for i, pixels in enumerate(together):
        alone = HipsProvider(whole_sky.path, BAND).cutout(grids[i])
        np.testing.assert_array_equal(pixels.image, alone.image)


def test_each_tile_is_read_once(whole_sky, monkeypatch):
    read = []
    monkeypatch.setattr(HipsMap, "_fill_tile", lambda *_: False)
    monkeypatch.setattr(
        HipsMap, "_read_tile", lambda self, order, number: read.append(number) or np.ones((32, 32))
    )
    provider = HipsProvider(whole_sky.path, BAND)
    lon, lat = np.transpose(POINTS * 4)
    for _ in range(2):
        provider.cutouts(CutoutGrids(lon, lat, 3 * u.deg, 21))
    assert len(read) == len(set(read)) > 10


# Footprint ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_missing_tiles_and_nan(patch, interpolation):
    """Valid where all pixels that are needed exist: next to a hole, nothing is made up."""
    here = int(healpy.ang2pix(2**ORDER, 45, 3, nest=True, lonlat=True))
    data = np.full((WIDTH, WIDTH), 7.0, dtype="float32")
    data[:, 10] = np.nan
    write_tile(patch, here, data)
    nside = WIDTH * 2**ORDER
    whole = np.full(12 * nside**2, np.nan)
    for number in patch_tiles():
        whole[number * WIDTH**2 : (number + 1) * WIDTH**2] = 7.0
    columns = np.array([split(i)[1] for i in range(WIDTH**2)])
    whole[here * WIDTH**2 + np.flatnonzero(columns == 10)] = np.nan

    grid = grid_at(45, 0, 30 * u.deg, 60)
    pixels = HipsProvider(patch, BAND, interpolation).cutout(grid)
    lon, lat = grid.lonlat()
    number = healpy.ang2pix(nside, lon, lat, nest=True, lonlat=True)
    if interpolation == "nearest":
        np.testing.assert_array_equal(pixels.valid, np.isfinite(whole[number]))
    else:
        around = whole[healpy.get_all_neighbours(nside, number, nest=True)]
        assert not pixels.valid[np.isnan(whole[number])].any()
        assert pixels.valid[np.isfinite(whole[number]) & np.isfinite(around).all(axis=0)].all()
    assert 0.1 < pixels.valid.mean() < 0.9
    assert np.isnan(pixels.image[~pixels.valid]).all()
    np.testing.assert_allclose(pixels.image[pixels.valid], 7, rtol=1e-6)


def test_missing_pixel_without_weight(patch):
    """At the very center of a pixel its neighbors do not matter."""
    number = min(patch_tiles())
    data = np.full((WIDTH, WIDTH), np.nan, dtype="float32")
    data[WIDTH - 1 - 20, 13] = 3.0
    write_tile(patch, number, data)
    index = next(i for i in range(WIDTH**2) if split(i) == (20, 13))
    center = healpy.pix2ang(WIDTH * 2**ORDER, number * WIDTH**2 + index, nest=True, lonlat=True)
    provider = HipsProvider(patch, BAND)
    assert provider.cutout(grid_at(*center, 1 * u.arcmin, 1)).image == 3
    with pytest.raises(NoCoverageError):
        provider.cutout(grid_at(center[0] + 0.05, center[1] + 0.03, 1 * u.arcmin, 1))


def test_no_coverage(patch):
    with pytest.raises(NoCoverageError, match=r"^no dss2-red pixels at 13h.*-60d.* in HiPS patch$"):
        HipsProvider(patch, BAND).cutout(grid_at(200, -60))


def test_exposure(patch, tmp_path):
    """Valid above a fraction of the largest exposure on the grid; the exposure is not scaled."""
    path = write_properties(tmp_path / "exposure")
    for number, seconds in zip(sorted(patch_tiles()), (1000, 40, 40, 40), strict=True):
        write_tile(path, number, np.full((WIDTH, WIDTH), seconds, dtype="float32"))
    grid = grid_at(45, 0, 8 * u.deg, 41)
    provider = HipsProvider(patch, COUNTS, exposure=path)
    pixels = provider.cutout(grid)
    assert pixels.exposure_known
    assert pixels.exposure.max() == pytest.approx(1000)
    assert pixels.exposure.min() == pytest.approx(40)
    np.testing.assert_array_equal(pixels.valid, pixels.exposure > 50)
    with conf.set_temp("min_exposure", 0.03):
        assert provider.cutout(grid).valid.all()
    shutil.rmtree(path / f"Norder{ORDER}")
    (path / f"Norder{ORDER}").mkdir()
    with pytest.raises(NoCoverageError):
        HipsProvider(patch, COUNTS, exposure=path).cutout(grid)


# Counts, sums, orders -----------------------------------------------------------------------------


def test_counts_scale_with_the_pixel_area(patch):
    grid = grid_at(45, 0, 2 * u.deg, 40)
    pixels = HipsProvider(patch, COUNTS).cutout(grid)
    area = healpy.nside2pixarea(WIDTH * 2**ORDER, degrees=True) * u.deg**2
    wanted = 7 * ((2 * u.deg) ** 2 / area).to_value(u.one)
    assert pixels.image.sum() == pytest.approx(wanted, rel=1e-5)
    assert not pixels.exposure_known
    native = HipsProvider(patch, COUNTS, pixel_area=(30 * u.arcmin) ** 2).cutout(grid)
    assert native.image.sum() == pytest.approx(7 * 16, rel=1e-5)


def test_sum_of_several(patch, tmp_path):
    other = shutil.copytree(patch, tmp_path / "other")
    gone = max(patch_tiles())
    tile_path(other, ORDER, gone).unlink()
    grid = grid_at(45, 0, 6 * u.deg, 40)
    one, both = (HipsProvider(p, BAND).cutout(grid) for p in (other, [patch, other]))
    np.testing.assert_allclose(both.image, 7 + one.image, rtol=1e-6)
    np.testing.assert_array_equal(both.valid, one.valid)
    assert 0 < one.valid.mean() < 1
    assert HipsProvider([patch, other], BAND).description == "HiPS patch + HiPS other"


def test_order_follows_the_grid(tmp_path):
    """The shallowest order whose pixels are not larger than the grid's; counts per deep pixel."""
    write_properties(tmp_path, hips_order=4)
    for order in (1, 2, 4):
        for number in range(12 * 4**order):
            if number in healpy.query_disc(
                2**order, healpy.ang2vec(45, 0, lonlat=True), 0.2, inclusive=True, nest=True
            ):
                data = np.full((WIDTH, WIDTH), float(order), dtype="float32")
                write_tile(tmp_path, number, data, order)
    (tmp_path / "Norder7").mkdir()
    scale = {n: (healpy.nside2resol(WIDTH * 2**n) * u.rad).to(u.arcmin) for n in (1, 2, 4)}
    for factor, wanted in [(0.1, 4), (0.99, 4), (1.01, 4), (3.99, 4), (4.01, 2), (7.9, 2), (9, 1)]:
        pixel = factor * scale[4]
        grid = grid_at(45, 0, 8 * pixel, 8)
        assert np.unique(HipsProvider(tmp_path, BAND).cutout(grid).image) == wanted
        counts = HipsProvider(tmp_path, COUNTS).cutout(grid).image
        np.testing.assert_allclose(counts, wanted * factor**2, rtol=1e-5)


# What is not a HiPS -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hips_tile_format": "jpeg png"}, r"jpeg png; PNG/JPEG tiles hold no pixel values: get"),
        ({"hips_frame": "ecliptic"}, r"frame 'ecliptic'; only equatorial and galactic"),
        ({"hips_order": "deep"}, r"has 'deep' for hips_order; a number is needed"),
        ({"hips_order": "1"}, r"has no tiles: no Norder\* folder up to 1"),
        ({"hips_tile_width": "500"}, r"hips_tile_width = 500 is no power of two"),
    ],
)
def test_properties_of_no_use(patch, changes, message):
    write_properties(patch, **changes)
    with pytest.raises(ProviderError, match=message):
        HipsProvider(patch, BAND)


def test_no_properties(patch):
    with pytest.raises(ProviderError, match=r"is no HiPS: its file 'properties' .*Give the folder"):
        HipsProvider(patch / "Norder2", BAND)
    with pytest.raises(ProviderError, match=r"is no HiPS: .*No such file"):
        HipsProvider(patch / "nowhere", BAND)
    with pytest.raises(ProviderError, match="at least one map: a HiPS folder"):
        HipsProvider([], BAND)
    with pytest.raises(ProviderError, match="one of bilinear, nearest, area, not 'cubic'"):
        HipsProvider(patch, BAND, "cubic")


def test_old_properties(patch):
    """Keys of HiPS before version 1.0."""
    text = "\ufeffmaxOrder=2\r\ncoordsys=G\r\nformat=jpeg fits\r\nhips_tile_width=32\r\n"
    (patch / "properties").write_text(text, encoding="utf-8")
    hips = HipsMap(patch)
    assert (hips.order, hips.frame, hips.tile_width) == (2, "galactic", 32)


def tile_near(patch):
    """The file of the tile at 45 and 3 degrees, and a grid that needs it."""
    number = int(healpy.ang2pix(2**ORDER, 45, 3, nest=True, lonlat=True))
    return tile_path(patch, ORDER, number), grid_at(45, 3, 1 * u.deg, 10)


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "GZIP_2"])
def test_packed_tiles(patch, kind):
    file, grid = tile_near(patch)
    wanted = HipsProvider(patch, BAND).cutout(grid).image
    data = fits.getdata(file).astype("int16")
    fits.CompImageHDU(data, compression_type=kind).writeto(file, overwrite=True)
    np.testing.assert_array_equal(HipsProvider(patch, BAND).cutout(grid).image, wanted)
    file.write_bytes(gzip.compress(file.read_bytes()))
    np.testing.assert_array_equal(HipsProvider(patch, BAND).cutout(grid).image, wanted)


def test_links_out_of_the_folder_are_not_followed(patch, tmp_path):
    file, grid = tile_near(patch)
    other = shutil.move(file, tmp_path / "elsewhere.fits")
    file.symlink_to(other)
    with pytest.raises(ProviderError, match="leads out of its HiPS, to .*elsewhere.fits; put"):
        HipsProvider(patch, BAND).cutout(grid)
    file.unlink()
    inside = shutil.copy(other, file.with_name("other.fits"))
    file.symlink_to(inside)
    assert HipsProvider(patch, BAND).cutout(grid).valid.all()
    (tmp_path / "link").symlink_to(patch)  # the folder itself may be one
    assert HipsProvider(tmp_path / "link", BAND).cutout(grid).valid.all()


@pytest.mark.parametrize("kind", ["pipe", "device", "large", "bomb", "packed bomb"])
def test_what_could_fill_the_memory_is_refused(patch, kind, monkeypatch):
    file, grid = tile_near(patch)
    raw = file.read_bytes()
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "large":
        with open(file, "wb") as sparse:
            sparse.truncate(2**34)
    elif kind == "bomb":
        with gzip.open(file, "wb") as packed:
            packed.write(raw)
            for _ in range(64):
                packed.write(bytes(2**20))
    else:
        fits.CompImageHDU(np.zeros((4096, 4096), "uint8")).writeto(file)
    match = "leads out|no regular file|holds more than|4096 x 4096 pixels"
    tracemalloc.start()
    with pytest.raises(ProviderError, match=match):
        HipsProvider(patch, BAND).cutout(grid)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2e8  # the tiles kept in memory


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"hips_tile_width": "8192"}, "no power of two up to 4096"),
        ({"hips_tile_width": "0"}, "no power of two up to 4096"),
        ({"hips_order": "25"}, "beyond HEALPix"),
    ],
)
def test_absurd_properties(patch, changes, match):
    write_properties(patch, **changes)
    with pytest.raises(ProviderError, match=match):
        HipsProvider(patch, BAND)


def test_properties_without_an_end(patch):
    (patch / "properties").unlink()
    (patch / "properties").symlink_to("/dev/zero")
    with pytest.raises(ProviderError, match="leads out"):
        HipsProvider(patch, BAND)
    (patch / "properties").unlink()
    (patch / "properties").write_bytes(b"#" * 2**21)
    with pytest.raises(ProviderError, match="holds more than"):
        HipsProvider(patch, BAND)


@pytest.mark.parametrize("fault", ["truncated", "garbage", "empty", "gzip", "width", "folder"])
def test_corrupt_tile(patch, fault):
    """The error names the file; targets on other tiles are not harmed."""
    north = int(healpy.ang2pix(2**ORDER, 45, 3, nest=True, lonlat=True))
    file = tile_path(patch, ORDER, north)
    raw = file.read_bytes()
    if fault == "folder":
        file.unlink()
        file.mkdir()
    elif fault == "width":
        write_tile(patch, north, np.ones((WIDTH, WIDTH // 2)))
    else:
        file.write_bytes(
            {
                "truncated": raw[:5000],
                "garbage": b"<html>",
                "empty": b"",
                "gzip": gzip.compress(raw)[:60],
            }[fault]
        )
    provider = HipsProvider(patch, BAND)
    with pytest.raises(ProviderError, match=f"Npix{north}.fits ") as caught:
        provider.cutout(grid_at(45, 3))
    assert not isinstance(caught.value, NoCoverageError)
    assert provider.cutout(grid_at(45, -4)).valid.all()


def test_compressed_tile(patch):
    for number in patch_tiles():
        file = tile_path(patch, ORDER, number)
        file.write_bytes(gzip.compress(file.read_bytes()))
    np.testing.assert_allclose(HipsProvider(patch, BAND).cutout(grid_at(45, 0)).image, 7, rtol=1e-6)


# Orientation: real tiles and reproject ------------------------------------------------------------


@pytest.fixture
def dss(real_data):
    return real_data / "hips_dss2red"


def orientations(tile):
    """The eight ways to read a tile as ``[hx, hy]``, by name."""
    for transposed, data in ((False, tile), (True, tile.T)):
        for flips in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            yield (transposed, *flips), data[:: flips[0], :: flips[1]]


def test_border_of_real_tiles_fits_in_our_orientation_only(dss):
    """Tile 449 goes on where 448 ends in hx. A border cannot tell the direction of hy: of eight
    orientations, ours and its mirror image have adjacent rows alike.
    """
    from astrocnn.providers._images._decode import decode_image

    first, second = (
        np.log(np.clip(decode_image(tile_path(dss, 3, n).read_bytes(), "tile"), 1, None))
        for n in (448, 449)
    )
    alike = {
        name: np.corrcoef(a[-1], b[0])[0, 1]
        for (name, a), (_, b) in zip(orientations(first), orientations(second), strict=True)
    }
    fits_well = {name for name, value in alike.items() if value > 0.8}
    # row = width - 1 - hx, column = hy, or column = width - 1 - hy.
    assert fits_well == {(False, -1, 1), (False, -1, -1)}
    assert max(value for name, value in alike.items() if name not in fits_well) < 0.4


#: Bright stars and globular clusters on tiles 449 and 456 (ICRS, SIMBAD).
OBJECTS = {
    "theta Oph": (260.5024, -24.9995), "36 Oph": (258.8370, -26.6030),
    "delta Sgr": (275.2485, -29.8281), "epsilon Sgr": (276.0430, -34.3846),
    "gamma Sgr": (271.4520, -30.4241), "M 19": (255.6570, -26.2680), "M 69": (277.8460, -32.3480),
    "NGC 6293": (257.5430, -26.5820), "NGC 6624": (275.9190, -30.3610),
}  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_on_real_tiles_are_where_they_should_be(dss, name):
    """Within a third of a HiPS pixel (52 arcsec): the direction of hy, and half-pixel shifts."""
    grid = grid_at(*OBJECTS[name], 20 * u.arcmin, 41)
    image = HipsProvider(dss, BAND).cutout(grid).image
    level = np.median(image)
    light = np.where(image > (level + image.max()) / 2, image - level, 0)
    y, x = np.indices(image.shape) - 20
    offset = np.hypot((light * x).sum(), (light * y).sum()) / light.sum() * grid.pixel_scale
    assert image.max() > 2.5 * level
    assert offset < 17 * u.arcsec


def test_real_tiles_have_no_seam(dss):
    """Steps across the border of two tiles are like steps elsewhere."""
    grid = grid_at(272.8, -32.85, 2 * u.deg, 120)
    pixels = HipsProvider(dss, BAND, "nearest").cutout(grid)
    assert pixels.valid.all()
    tiles = healpy.ang2pix(8, *grid.lonlat(), nest=True, lonlat=True)
    assert set(np.unique(tiles)) == {448, 449}
    steps = np.abs(np.diff(pixels.image, axis=1))
    seam = np.diff(tiles, axis=1) != 0
    assert np.median(steps[seam]) < 1.5 * np.median(steps[~seam & (steps > 0)])


def test_missing_real_tile(dss):
    with pytest.raises(NoCoverageError):
        HipsProvider(dss, BAND).cutout(grid_at(10, 10))


def agreement(image, path, grid):
    """Pixels from a HiPS that reproject writes of an image, and reproject's own on the grid."""
    from reproject import reproject_interp
    from reproject.hips import reproject_to_hips

    reproject_to_hips(
        image,
        coord_system_out="equatorial",
        level=10,
        tile_size=256,
        reproject_function=reproject_interp,
        output_directory=str(path),
    )
    pixels = HipsProvider(path, BAND).cutout(grid)
    wanted, _ = reproject_interp(image, grid.wcs, shape_out=grid.shape)
    both = pixels.valid & np.isfinite(wanted)
    return pixels.image, wanted, both


def best_shift(image, wanted):
    """Whole-pixel shift at which two images correlate best."""
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    inner = np.s_[2:-2, 2:-2]
    return max(
        shifts,
        key=lambda s: np.corrcoef(np.roll(image, s, (0, 1))[inner].ravel(), wanted[inner].ravel())[
            0, 1
        ],
    )


def test_agrees_with_reproject_on_an_analytic_field(tmp_path):
    """Within 2 % of the peak for a Gaussian of 4 arcsec on 1.2 arcsec pixels."""
    sky = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 200)
    y, x = np.indices(sky.shape)
    image = sum(
        np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * 3.3**2))
        for x0, y0 in [(60, 140), (101, 99), (130, 77)]
    )
    grid = grid_at(150.003, 2.002, 3 * u.arcmin, 120)
    ours, wanted, both = agreement((image, sky.wcs), tmp_path / "hips", grid)
    assert both.all()
    assert np.abs(ours - wanted).max() < 0.02 * wanted.max()
    assert best_shift(ours, wanted) == (0, 0)


def test_agrees_with_reproject_on_a_real_field(tmp_path, real_data):
    """SDSS r at 1.19 arcsec per pixel. Interpolated once more than reproject's own, through pixels
    of 0.81 arcsec: smoother by a fifth of the noise; sum and position are kept.
    """
    field = read_image(real_data / "sdss_gri" / "reprojected_sdss_r.fits.bz2")
    part = np.s_[100:400, 200:500]
    image = field.data[part].astype(float), field.wcs[part]
    grid = CutoutGrid(image[1].pixel_to_world(150, 150), 4 * u.arcmin, 200)
    ours, wanted, both = agreement(image, tmp_path / "hips", grid)
    assert both.all()
    noise = 1.4826 * np.median(np.abs(wanted - np.median(wanted)))
    assert 1.4826 * np.median(np.abs(ours - wanted)) < 0.25 * noise
    assert np.corrcoef(ours.ravel(), wanted.ravel())[0, 1] > 0.97
    assert ours.sum() == pytest.approx(wanted.sum(), rel=2e-3)
    assert best_shift(ours, wanted) == (0, 0)


# Tiles in other clothes ---------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".fits.gz", ".fits.fz"])
def test_packed_names(patch, ending):
    wanted = HipsProvider(patch, COUNTS).cutout(grid_at(45, 0))
    for tile in patch.glob("Norder*/Dir*/*.fits"):
        if ending == ".fits.gz":
            tile.with_suffix(ending).write_bytes(gzip.compress(tile.read_bytes()))
        else:
            data = fits.getdata(tile)
            packed = fits.CompImageHDU(data, compression_type="GZIP_2", quantize_level=0)
            fits.HDUList([fits.PrimaryHDU(), packed]).writeto(tile.with_suffix(ending))
        tile.unlink()
    found = HipsProvider(patch, COUNTS).cutout(grid_at(45, 0))
    np.testing.assert_array_equal(found.image, wanted.image)


def test_an_order_with_an_overview_only(patch):
    """The next order is used."""
    (patch / "Norder1").mkdir()
    fits.PrimaryHDU(np.zeros((27, 29))).writeto(patch / "Norder1" / "Allsky.fits")
    coarse = grid_at(45, 0, 40 * u.deg, 4)
    provider = HipsProvider(patch, COUNTS)
    assert provider.cutout(coarse).valid.any()
    shutil.rmtree(patch / f"Norder{ORDER}")
    with pytest.raises(ProviderError, match=r"has no FITS tiles .* but Allsky.fits: get the HiPS"):
        HipsProvider(patch, COUNTS)


def test_tiles_of_no_use_are_named(patch):
    for tile in patch.glob("Norder*/Dir*/*.fits"):
        tile.rename(tile.with_suffix(".jpg"))
    with pytest.raises(ProviderError, match=r"has no FITS tiles .* but Npix\d+\.jpg"):
        HipsProvider(patch, COUNTS)


@pytest.mark.parametrize("where", ["hips_pixel_blank", "hips_blank", "BLANK", "BAD_DATA", "OBJECT"])
def test_values_that_stand_for_no_pixel(patch, where):
    for tile in patch.glob("Norder*/Dir*/*.fits"):
        data = fits.getdata(tile).astype(np.float32)
        data[: WIDTH // 2] = -9999
        hdu = fits.PrimaryHDU(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # astropy: BLANK is for integers
            if where.isupper():
                hdu.header[where] = {"BAD_DATA": -9999.0, "OBJECT": "sky"}.get(where, -9999)
            hdu.writeto(tile, overwrite=True)
    if not where.isupper():
        write_properties(patch, **{where: "-9999"})
    pixels = HipsProvider(patch, "dss2-red", "nearest").cutout(grid_at(45, 0))
    assert 0.2 < pixels.valid.mean() < 0.9
    assert np.nanmin(pixels.image) == 7


def test_damage_that_a_checksum_tells(patch):
    for tile in patch.glob("Norder*/Dir*/*.fits"):
        fits.PrimaryHDU(fits.getdata(tile)).writeto(tile, overwrite=True, checksum=True)
    assert HipsProvider(patch, COUNTS).cutout(grid_at(45, 0)).valid.all()
    for tile in patch.glob("Norder*/Dir*/*.fits"):
        raw = bytearray(tile.read_bytes())
        raw[2890] ^= 1
        tile.write_bytes(raw)
    with pytest.raises(ProviderError, match=r"Npix\d+.fits is damaged: .* its DATASUM"):
        HipsProvider(patch, COUNTS).cutout(grid_at(45, 0))
