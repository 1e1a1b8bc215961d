"""HEALPix maps in files of every kind, against healpy and reproject."""

import gzip
import shutil

import h5py
import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import NoCoverageError, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import HealpixProvider, open_provider
from astrocnn.surveys import get_band

BAND = get_band("dss2-red")
NSIDE = 64
GRID = CutoutGrid(SkyCoord(33, 41.8, unit="deg"), 12 * u.deg, 40)
#: Over the border of `around`.
GRID_ACROSS = CutoutGrid(SkyCoord(33, 51.8, unit="deg"), 8 * u.deg, 30)


def smooth(lon, lat):
    x, y, z = healpy.ang2vec(lon, lat, lonlat=True).T
    return 10 + 3 * x - 2 * y + z + 2 * x * y - 3 * y * z + x**3


def sky_map(nest=False, frame="icrs"):
    lon, lat = healpy.pix2ang(NSIDE, np.arange(12 * NSIDE**2), nest=nest, lonlat=True)
    place = SkyCoord(lon, lat, unit="deg", frame=frame).icrs
    return smooth(place.ra.deg, place.dec.deg).astype("float32")


def write_map(path, nest=False, frame="icrs", part=None, columns=1):
    values = sky_map(nest, frame)
    if part is not None:
        values = np.where(part, values, healpy.UNSEEN)
    healpy.write_map(
        path, [values * (k + 1) for k in range(columns)], nest=nest, partial=part is not None,
        coord="G" if frame == "galactic" else "C", dtype=["float32"] * columns,
    )  # fmt: skip
    return path


def write_hdf5(path, compression=None, part=None, nest=True):
    values = sky_map(nest)
    with h5py.File(path, "w") as file:
        chosen = slice(None) if part is None else part
        data = file.create_dataset("map", data=values[chosen], compression=compression)
        data.attrs["ordering"] = "NESTED" if nest else "RING"
        data.attrs["nside"], data.attrs["coordsys"] = NSIDE, "C"
        if part is not None:
            file["pixel"] = np.flatnonzero(part)
    return path


def around():
    """Pixels within ten degrees of the grid's center, rings first and then nested."""
    center = healpy.ang2vec(33, 41.8, lonlat=True)
    masks = []
    for nest in (False, True):
        mask = np.zeros(12 * NSIDE**2, dtype=bool)
        mask[healpy.query_disc(NSIDE, center, np.radians(10), nest=nest)] = True
        masks.append(mask)
    return masks


def check(provider, atol=2e-3):
    pixels = provider.cutout(GRID)
    assert pixels.valid.all()
    np.testing.assert_allclose(pixels.image, smooth(*GRID.lonlat()), rtol=0, atol=atol)


@pytest.mark.parametrize("frame", ["icrs", "galactic"])
@pytest.mark.parametrize("nest", [False, True])
def test_whole_maps(tmp_path, nest, frame):
    check(HealpixProvider(write_map(tmp_path / "a.fits", nest, frame), BAND))


@pytest.mark.parametrize("nest", [False, True])
def test_part_of_the_sky(tmp_path, nest):
    provider = HealpixProvider(write_map(tmp_path / "a.fits", nest, part=around()[nest]), BAND)
    check(provider)
    with pytest.raises(NoCoverageError):
        provider.cutout(CutoutGrid(SkyCoord(200, -50, unit="deg"), 1 * u.deg, 10))


def test_numbers_of_pixels_in_any_order(tmp_path):
    path = write_map(tmp_path / "a.fits", part=around()[0])
    with fits.open(path) as hdus:
        table = hdus[1].data.copy()
        fits.BinTableHDU(table[::-1].copy(), hdus[1].header).writeto(tmp_path / "b.fits")
    check(HealpixProvider(tmp_path / "b.fits", BAND))


def test_columns_and_sums(tmp_path):
    path = write_map(tmp_path / "a.fits", columns=3)
    first = HealpixProvider(path, BAND).cutout(GRID).image
    third = HealpixProvider(path, BAND, column=2).cutout(GRID).image
    both = HealpixProvider([path, str(path)], BAND).cutout(GRID).image
    np.testing.assert_allclose(third, 3 * first, rtol=1e-5)
    np.testing.assert_allclose(both, 2 * first, rtol=1e-5)


def test_compressed_files(tmp_path):
    path = write_map(tmp_path / "a.fits")
    with open(path, "rb") as raw, gzip.open(tmp_path / "a.fits.gz", "wb") as packed:
        shutil.copyfileobj(raw, packed)
    check(HealpixProvider(tmp_path / "a.fits.gz", BAND))


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("nest", [False, True])
def test_hdf5(tmp_path, compression, nest):
    check(HealpixProvider(write_hdf5(tmp_path / "a.h5", compression, nest=nest), BAND))
    part = write_hdf5(tmp_path / "b.hdf5", compression, around()[nest], nest)
    check(HealpixProvider(part, BAND, column="map"))


@pytest.mark.parametrize("nest", [False, True])
def test_arrays(nest):
    check(HealpixProvider(sky_map(nest), BAND, nested=nest))


def test_small_maps():
    for nside in (1, 2):
        values = np.arange(12.0 * nside**2)
        provider = HealpixProvider(values, BAND, "nearest", nested=True)
        grid = CutoutGrid(SkyCoord(10, -70, unit="deg"), 30 * u.deg, 20)
        wanted = healpy.ang2pix(nside, *grid.lonlat(), nest=True, lonlat=True)
        assert np.mean(provider.cutout(grid).image == wanted) > 0.98


def test_agrees_with_reproject():
    from reproject import reproject_from_healpix

    values = sky_map()
    image = HealpixProvider(values, BAND).cutout(GRID).image
    wanted, _ = reproject_from_healpix((values, "icrs"), GRID.wcs, GRID.shape, nested=False)
    np.testing.assert_allclose(image, wanted, rtol=0, atol=2e-3)


def test_counts_and_exposure(tmp_path):
    counts = BAND.with_(quantity="counts")
    exposure = np.where(around()[0], 1000.0, 0.0)
    pixels = HealpixProvider(np.ones(12 * NSIDE**2), counts, exposure=exposure).cutout(GRID)
    ratio = GRID.pixel_area / healpy.nside2pixarea(NSIDE) / u.sr
    np.testing.assert_allclose(pixels.image, ratio.to_value(u.one), rtol=1e-5)
    assert pixels.exposure_known
    np.testing.assert_array_equal(pixels.valid, pixels.exposure > 50)
    given = HealpixProvider(np.ones(12 * NSIDE**2), counts, pixel_area=GRID.pixel_area)
    assert given.cutout(GRID).image[20, 20] == pytest.approx(1)


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ks", 1000), ("", 1), ("cm**2 s", None)])
def test_unit_of_the_exposure(tmp_path, unit, factor):
    path = tmp_path / "e.fits"
    healpy.write_map(path, np.full(12, 2.0), coord="C", column_units=unit, dtype="float64")
    hdf5 = tmp_path / "e.h5"
    with h5py.File(hdf5, "w") as file:
        file["map"] = np.full(12, 2.0)
        file["map"].attrs.update({"coordsys": "C", "unit": unit})
    for exposure in (path, hdf5):
        source = np.ones(12 * NSIDE**2), BAND.with_(quantity="counts")
        if factor is None:
            with pytest.raises(ProviderError, match=r"e\.\w+ has the unit 'cm.*effective area"):
                HealpixProvider(*source, exposure=exposure)
        else:
            pixels = HealpixProvider(*source, exposure=exposure).cutout(GRID)
            assert np.allclose(pixels.exposure, 2 * factor)


def test_packed_by_a_tool_that_is_not_understood(tmp_path):
    """The advice of a map that cannot be unpacked names it."""
    path = tmp_path / "map.fits.zst"
    path.write_bytes(bytes.fromhex("28b52ffd") + bytes(50))
    with pytest.raises(ProviderError, match=r"map\.fits\.zst is packed with zstd: unpack it"):
        HealpixProvider(path, BAND)


@pytest.mark.parametrize("pixels", [15, 150])
def test_counts_by_area(pixels):
    counts = BAND.with_(quantity="counts")
    values = np.random.default_rng(1).poisson(3, 12 * NSIDE**2).astype(float)
    values[~around()[0]] = 0
    wide = CutoutGrid(SkyCoord(33, 41.8, unit="deg"), 30 * u.deg, pixels)
    image = HealpixProvider(values, counts, "area").cutout(wide).image
    assert image.sum(dtype=float) == pytest.approx(values.sum(), rel=1e-6)
    half = healpy.nside2pixarea(NSIDE) / 2 * u.sr
    twice = HealpixProvider(values, counts, "area", pixel_area=half)
    assert twice.cutout(wide).image.sum() == pytest.approx(2 * values.sum(), rel=1e-5)
    with pytest.raises(ProviderError, match="interpolation='area' is for counts"):
        HealpixProvider(values, BAND, "area")


def test_missing_values_are_no_pixels(tmp_path):
    values = sky_map()
    values[~around()[0]] = healpy.UNSEEN
    wide = CutoutGrid(SkyCoord(33, 41.8, unit="deg"), 30 * u.deg, 40)
    pixels = HealpixProvider(values, BAND).cutout(wide)
    assert 0.1 < pixels.valid.mean() < 0.9
    assert np.isnan(pixels.image[~pixels.valid]).all()


def test_found_by_their_content(tmp_path):
    whole = write_map(tmp_path / "a.fits")
    assert isinstance(open_provider(whole, BAND), HealpixProvider)
    assert isinstance(open_provider([whole, write_hdf5(tmp_path / "b.h5")], BAND), HealpixProvider)


class TestFrame:
    """A file that does not name its frame could be read at wrong places: it is refused."""

    def test_file_of_healpy(self, tmp_path):
        path = tmp_path / "a.fits"
        healpy.write_map(path, sky_map(frame="galactic"))
        with pytest.raises(ProviderError, match=r"map a\.fits does not say its frame .*='icrs"):
            open_provider(path, BAND)
        check(HealpixProvider(path, BAND, frame="galactic"))
        with fits.open(path, "update") as hdus:
            hdus[1].header["COORDSYS"] = "G"
        check(open_provider(path, BAND))

    def test_primary_header(self, tmp_path):
        path = tmp_path / "a.fits"
        healpy.write_map(path, sky_map(frame="galactic"))
        with fits.open(path, "update") as hdus:
            hdus[0].header["COORDSYS"] = "GALACTIC"
        check(HealpixProvider(path, BAND))

    def test_hdf5(self, tmp_path):
        path = write_hdf5(tmp_path / "a.h5")
        with h5py.File(path, "a") as file:
            file["map"].attrs["coordsys"] = " "
        with pytest.raises(ProviderError, match=r"a\.h5 does not say its frame"):
            HealpixProvider(path, BAND)
        check(HealpixProvider(path, BAND, frame="icrs"))

    def test_real_map(self, real_data):
        """WMAP is in Galactic coordinates, and its file does not say so."""
        path = real_data / "healpix_wmap" / "wmap_band_iqumap_r9_7yr_W_v4_udgraded32.fits"
        with pytest.raises(ProviderError, match="does not say its frame"):
            HealpixProvider(path, BAND)
        grid = CutoutGrid(SkyCoord(0, 0, unit="deg", frame="galactic").icrs, 10 * u.deg, 8)
        place = SkyCoord(*grid.lonlat(), unit="deg").galactic
        numbers = healpy.ang2pix(32, place.l.deg, place.b.deg, lonlat=True)
        image = HealpixProvider(path, BAND, "nearest", frame="galactic").cutout(grid).image
        assert np.mean(image == healpy.read_map(path)[numbers]) > 0.95


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda p: p.write_text("<html>"), "cannot be read as a HEALPix map"),
        (lambda p: fits.PrimaryHDU(np.ones((4, 4))).writeto(p), "no table with PIXTYPE"),
        (lambda p: None, "cannot be read"),
    ],
)
def test_bad_files(tmp_path, make, match):
    make(tmp_path / "a.fits")
    with pytest.raises(ProviderError, match=match):
        HealpixProvider(tmp_path / "a.fits", BAND)


def test_other_mistakes(tmp_path):
    with pytest.raises(ProviderError, match="no whole HEALPix map"):
        HealpixProvider(np.ones(100), BAND)
    with pytest.raises(ProviderError, match="frame 'X'"):
        HealpixProvider(np.ones(12), BAND, frame="X")
    with pytest.raises(ProviderError, match="at least one map"):
        HealpixProvider([], BAND)
    with pytest.raises(ProviderError, match="interpolation must be one of"):
        HealpixProvider(np.ones(12), BAND, "cubic")
    (tmp_path / "a.h5").write_bytes(b"\x89HDF nothing")
    with pytest.raises(ProviderError, match=r"a\.h5 cannot be read"):
        HealpixProvider(tmp_path / "a.h5", BAND)
    path = write_hdf5(tmp_path / "b.h5", part=around()[1])
    with h5py.File(path, "a") as file:
        file["pixel"][0] = 12 * NSIDE**2
    with pytest.raises(ProviderError, match="numbers of pixels that do not belong"):
        HealpixProvider(path, BAND)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("nside", "", "no whole HEALPix map"),
        ("nside", [1, 2], "no whole HEALPix map"),
        ("nside", 10.0**300, "no whole HEALPix map"),
        ("coordsys", [1, 2], r"in the frame '\[1 2\]'"),
        ("coordsys", b"\xff", "in the frame"),
    ],
)
def test_attributes_that_mean_nothing(tmp_path, key, value, message):
    path = write_hdf5(tmp_path / "a.h5", part=around()[1])
    with h5py.File(path, "a") as file:
        file["map"].attrs[key] = value
    with pytest.raises(ProviderError, match=message):
        HealpixProvider(path, BAND)


def test_card_that_cannot_be_parsed(tmp_path):
    path = tmp_path / "a.fits"
    healpy.write_map(path, sky_map(nest=False), coord="C", dtype="float64")
    raw = path.read_bytes()
    at = raw.index(b"LASTPIX =")
    path.write_bytes(raw[: at + 10] + b"1_000".rjust(20) + raw[at + 30 :])
    with pytest.raises(ProviderError, match="cannot be read as a HEALPix map: Unparsable card"):
        HealpixProvider(path, BAND)


class TestMissing:
    """Values that a file states to stand for none."""

    def holed(self, blank, dtype="float32"):
        values = 100 + 50 * sky_map(nest=True)
        return np.where(around()[1], blank, values).astype(dtype)

    def check(self, path, **options):
        pixels = HealpixProvider(path, BAND, frame="icrs", **options).cutout(GRID_ACROSS)
        assert 0.05 < pixels.valid.mean() < 0.95
        assert np.nanmin(pixels.image) > 0
        assert np.nanmax(pixels.image) < 1000

    @pytest.mark.parametrize(
        ("key", "blank"),
        [("BAD_DATA", -9999), ("BLANK", -32768.0), ("MISSING", 1e20), ("UNSEEN", -1.6375e30),
         ("OBJECT", healpy.UNSEEN), ("OBJECT", -9999), ("OBJECT", -999), ("OBJECT", np.inf)],
    )  # fmt: skip
    def test_header(self, tmp_path, key, blank):
        path = tmp_path / "a.fits"
        healpy.write_map(path, self.holed(blank), nest=True, dtype="float32")
        with fits.open(path, "update") as hdus:
            hdus[1].header[key] = blank if key != "OBJECT" else "sky"
        self.check(path)

    def test_whole_numbers(self, tmp_path):
        column = fits.Column("counts", "J", array=self.holed(-9999, "int32"))
        hdu = fits.BinTableHDU.from_columns([column])
        hdu.header.update({"PIXTYPE": "HEALPIX", "ORDERING": "NESTED", "NSIDE": NSIDE})
        hdu.writeto(tmp_path / "a.fits")
        self.check(tmp_path / "a.fits")

    def test_null_of_a_column(self, tmp_path):
        column = fits.Column("counts", "J", null=-7, array=self.holed(-7, "int32"))
        hdu = fits.BinTableHDU.from_columns([column])
        hdu.header.update({"PIXTYPE": "HEALPIX", "ORDERING": "NESTED", "NSIDE": NSIDE})
        hdu.writeto(tmp_path / "a.fits")
        self.check(tmp_path / "a.fits")

    @pytest.mark.parametrize("how", ["fill", "_FillValue", "missing_value"])
    def test_hdf5(self, tmp_path, how):
        path = tmp_path / "a.h5"
        with h5py.File(path, "w") as file:
            options = {"fillvalue": -5.0} if how == "fill" else {}
            data = file.create_dataset("map", data=self.holed(-5.0), **options)
            data.attrs["ordering"] = "NESTED"
            if how != "fill":
                data.attrs[how] = np.float32(-5.0)
        self.check(path)


def test_text_is_no_map(tmp_path):
    column = fits.Column("names", "4A", array=np.full(12 * NSIDE**2, "none"))
    hdu = fits.BinTableHDU.from_columns([column])
    hdu.header.update({"PIXTYPE": "HEALPIX", "ORDERING": "NESTED", "NSIDE": NSIDE})
    hdu.writeto(tmp_path / "a.fits")
    with pytest.raises(ProviderError, match=r"a.fits holds no numbers \(.*\): name another column"):
        HealpixProvider(tmp_path / "a.fits", get_band("xmm"))


@pytest.mark.parametrize(("word", "frame"), [("GAL", "galactic"), ("CEL", "icrs")])
def test_frames_of_gammapy(tmp_path, word, frame):
    path = write_map(tmp_path / "a.fits", frame=frame)
    with fits.open(path, "update") as hdus:
        hdus[1].header["COORDSYS"] = word
    check(HealpixProvider(path, BAND))
