"""Which HDUs of a file are images of the sky: by name, content and place, not by their order."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import FailedTargetWarning, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider, read_image
from astrocnn.surveys import get_band

OPTICAL, XMM = get_band("dss2-red"), get_band("xmm")
FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
GRID = CutoutGrid(SkyCoord(150, 2, unit="deg"), 2 * u.arcmin, 30)


def image_hdu(value, name=None, field=FIELD, **cards):
    header = field.wcs.to_header()
    header.update(cards)
    return fits.ImageHDU(np.full(field.shape, value, np.float32), header, name=name)


def write(path, *hdus):
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


@pytest.mark.parametrize(
    "beside",
    [{"name": "WHT"}, {"name": "MASK"}, {"name": "ERR"}, {"name": "DQ"}, {"name": "VAR_POISSON"},
     {"name": "VARIANCE"}, {"name": "BKG"}, {"name": "EXPMAP"}, {"name": "WEIGHT"}, {"BUNIT": "s"},
     {"HDUCLAS2": "ERROR"}, {"HDUCLAS2": "EXPOSURE MAP"}],
)  # fmt: skip
@pytest.mark.parametrize("name", ["SCI", None, "IMAGE"])
def test_what_lies_beside_is_not_taken(tmp_path, beside, name):
    path = write(tmp_path / "a.fits", image_hdu(777, **beside), image_hdu(5, name))
    assert (read_image(path).data == 5).all()
    assert np.allclose(FitsProvider(path, OPTICAL).cutout(GRID).image, 5)
    with fits.open(path) as hdus:
        assert np.allclose(FitsProvider(hdus, OPTICAL).cutout(GRID).image, 5)
    assert (read_image(path, hdu=1).data == 777).all()


@pytest.mark.parametrize(
    ("hdu", "words"),
    [
        (fits.BinTableHDU.from_columns([fits.Column("X", "E", array=[1.0])], name="EVENTS"),
         "it is a list of events: make an image of them first"),
        (fits.BinTableHDU.from_columns([fits.Column("RA", "E", array=[1.0])]), "holds tables"),
        (fits.ImageHDU(np.ones((9, 9)), fits.Header({"CTYPE1": "DETX", "CTYPE2": "DETY"})),
         "its axis is DETX: give an image made on the sky"),
        (fits.ImageHDU(np.ones((9, 9))), "give an image made on the sky$"),
    ],
)  # fmt: skip
def test_what_is_in_place_of_an_image(tmp_path, hdu, words):
    with pytest.raises(ProviderError, match=words):
        read_image(write(tmp_path / "a.fits", hdu))


@pytest.mark.parametrize("quantity", ["counts", "intensity"])
def test_all_chips(tmp_path, quantity):
    fields = [
        CutoutGrid(SkyCoord(150 + k * 0.08, 2, unit="deg"), 4 * u.arcmin, 60) for k in range(3)
    ]
    chips = [image_hdu(k + 1, "SCI", field, EXTVER=k + 1) for k, field in enumerate(fields)]
    weights = [image_hdu(777, "WHT", field) for field in fields]
    path = write(
        tmp_path / "a.fits", *[hdu for pair in zip(weights, chips, strict=True) for hdu in pair]
    )
    providers = [FitsProvider(path, XMM, quantity)]
    with fits.open(path) as hdus:
        providers += [
            FitsProvider(hdus, XMM, quantity),
            FitsProvider(hdus, XMM, quantity, hdu="sci"),
        ]
    for provider in providers:
        for k, field in enumerate(fields):
            grid = CutoutGrid(field.center, 2 * u.arcmin, 30)
            assert np.allclose(provider.cutout(grid).image, k + 1)
    assert (read_image(path, ("SCI", 2)).data == 2).all()


def test_maps_of_chips(tmp_path):
    fields = [
        CutoutGrid(SkyCoord(150 + k * 0.08, 2, unit="deg"), 4 * u.arcmin, 60) for k in range(2)
    ]
    image = write(tmp_path / "a.fits", *(image_hdu(3, None, f) for f in fields))
    times = write(
        tmp_path / "e.fits", *(image_hdu(100 * (k + 1), None, f) for k, f in enumerate(fields))
    )
    provider = FitsProvider({"image": image, "exposure": times}, XMM)
    for k, field in enumerate(fields):
        pixels = provider.cutout(CutoutGrid(field.center, 2 * u.arcmin, 30))
        assert np.allclose(pixels.exposure, 100 * (k + 1))
    one = write(tmp_path / "o.fits", image_hdu(100, None, fields[0]))
    with pytest.raises(ProviderError, match=r"a.fits has 2 chips, its exposure map o.fits 1"):
        FitsProvider({"image": image, "exposure": one}, XMM)


def test_the_same_sky_twice(tmp_path):
    """Never silently another image: the first is used, and the other one is named."""
    path = write(tmp_path / "a.fits", image_hdu(1), image_hdu(2, "SECOND"))
    with pytest.warns(FailedTargetWarning, match=r"a.fits: HDU 2 shows the same sky as HDU 1"):
        provider = FitsProvider(path, OPTICAL)
    assert np.allclose(provider.cutout(GRID).image, 1)
    assert np.allclose(FitsProvider(path, OPTICAL, hdu=2).cutout(GRID).image, 2)
    assert np.allclose(FitsProvider(path, OPTICAL, hdu="second").cutout(GRID).image, 2)


def test_planes_of_a_cube(tmp_path):
    path = tmp_path / "cube.fits"
    cube = np.arange(3, dtype=np.float32)[:, None, None] * np.ones(FIELD.shape, np.float32)
    fits.PrimaryHDU(cube, FIELD.wcs.to_header()).writeto(path)
    with pytest.raises(ProviderError, match=r"cube of 3 planes .* FitsProvider\(..., plane=0\)"):
        FitsProvider(path, OPTICAL)
    identities = set()
    for plane in range(3):
        provider = FitsProvider(path, OPTICAL, plane=plane)
        assert np.allclose(provider.cutout(GRID).image, plane)
        identities.add(provider.identity)
    assert len(identities) == 3


def test_sky_along_other_axes(tmp_path):
    header = fits.Header({"CTYPE1": "FREQ", "CTYPE2": "RA---TAN", "CTYPE3": "DEC--TAN"})
    header.update({"CRVAL2": 150.0, "CRVAL3": 2.0, "CDELT2": -0.001, "CDELT3": 0.001, "CRPIX2": 9})
    fits.PrimaryHDU(np.zeros((20, 20, 4)), header).writeto(tmp_path / "a.fits")
    with pytest.raises(ProviderError, match=r"sky coordinates along the axes 2 and 3, not 1 and 2"):
        read_image(tmp_path / "a.fits", plane=0)


class TestLeftoverDistortion:
    """SIP terms without -SIP in CTYPE: of another solution, and not used."""

    @pytest.fixture
    def path(self, tmp_path):
        terms = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-2, "B_0_2": 1e-2}
        return write(tmp_path / "a.fits", image_hdu(0, None, FIELD, **terms))

    def test_source_is_where_the_plain_wcs_says(self, path):
        with fits.open(path, mode="update") as hdus:
            hdus[1].data[50, 52] = 1000
        field = CutoutGrid(FIELD.center, 4 * u.arcmin, 60)
        with pytest.warns(FailedTargetWarning, match=r"a.fits has SIP distortion terms"):
            image = FitsProvider(path, OPTICAL).cutout(field).image
        assert np.unravel_index(image.argmax(), image.shape) == (50, 52)
        with pytest.warns(FailedTargetWarning, match=r"a.fits has SIP .* write -SIP at the end"):
            assert read_image(path).wcs.sip is None

    def test_advice_works(self, path):
        with fits.open(path, mode="update") as hdus:
            for axis in ("CTYPE1", "CTYPE2"):
                hdus[1].header[axis] += "-SIP"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert read_image(path).wcs.sip.a_order == 2


@pytest.mark.parametrize(
    "name",
    [
        "RMS_MAP",
        "STDDEV",
        "SKYSUB_ERR",
        "NPIX",
        "CHI2",
        "SCI_WHT",
        "flux_mask",
        "SKY",
        "BITMASK",
        "CONFIDENCE",
        "SEGMENTATION_MAP",
        "DEPTH",
    ],
)
def test_more_names_of_what_lies_beside_an_image(name):
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
    header = field.wcs.to_header()
    hdus = [fits.ImageHDU(np.full(field.shape, 7.0), header, name=name)]
    hdus.append(fits.ImageHDU(np.full(field.shape, 5.0), header, name="x"))
    pixels = FitsProvider(fits.HDUList([fits.PrimaryHDU(), *hdus]), get_band("legacy")).cutout(
        field
    )
    assert pixels.image == pytest.approx(5)


def test_file_of_weights_alone(tmp_path):
    """It is no image of the sky, unless it is said to be one."""
    path = write(tmp_path / "a.fits", image_hdu(777, "WHT"))
    with pytest.raises(ProviderError, match=r"a.fits \(weights, errors or the like by its header"):
        FitsProvider(path, OPTICAL)
    assert np.allclose(FitsProvider(path, OPTICAL, hdu=1).cutout(GRID).image, 777)
    with pytest.warns(FailedTargetWarning, match="weights.*by its header, and taken for an image"):
        named = FitsProvider({"image": path}, OPTICAL)
    assert np.allclose(named.cutout(GRID).image, 777)


def test_planes_that_say_their_passband():
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
    header = field.wcs.to_header()
    header.update({"SURVEY": "LegacySurvey", "BANDS": "gr", "BAND0": "g", "BAND1": "r"})
    hdu = fits.PrimaryHDU(np.stack([np.full(field.shape, v) for v in (7.0, 5.0)]), header)
    pixels = FitsProvider(hdu, get_band("legacy-r"), plane=1).cutout(field)
    assert pixels.image == pytest.approx(5)
    with pytest.raises(ProviderError, match="passband g"):
        FitsProvider(hdu, get_band("legacy-r"), plane=0)


@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize(
    ("cards", "right"),
    [
        ([{"E_MIN": 2.0, "E_MAX": 10.0}, {"E_MIN": 0.5, "E_MAX": 2.0}], 2),
        ([{"E_MIN": 0.5, "E_MAX": 1.0}, {"E_MIN": 1.0, "E_MAX": 2.0}], 3),  # together the band
        ([{"E_MIN": 0.5, "E_MAX": 1.0}, {"E_MIN": 0.5, "E_MAX": 2.0}], 2),  # which share photons
        ([{"EXTNAME": "HARD"}, {"EXTNAME": "SOFT"}], 2),
    ],
)
def test_energies_of_the_images_of_a_file(tmp_path, cards, right, in_memory):
    hdus = [image_hdu(k + 1, None, FIELD, **c) for k, c in enumerate(cards)]
    path = write(tmp_path / "a.fits", *hdus)
    source = fits.HDUList([fits.PrimaryHDU(), *hdus]) if in_memory else path
    assert np.allclose(FitsProvider(source, XMM).cutout(GRID).image, right)


def test_energies_of_a_file_share_one_map(tmp_path):
    cards = [{"E_MIN": 0.5, "E_MAX": 1.0}, {"E_MIN": 1.0, "E_MAX": 2.0}]
    image = write(tmp_path / "a.fits", *(image_hdu(1, None, FIELD, **c) for c in cards))
    times = write(tmp_path / "e.fits", image_hdu(500, None, FIELD))
    pixels = FitsProvider({"image": image, "exposure": times}, XMM).cutout(GRID)
    assert np.allclose(pixels.image, 2)
    assert np.allclose(pixels.exposure, 500)


def test_file_of_other_energies_only(tmp_path):
    cards = [{"E_MIN": 2.0, "E_MAX": 5.0}, {"E_MIN": 5.0, "E_MAX": 10.0}]
    image = write(tmp_path / "a.fits", *(image_hdu(1, None, FIELD, **c) for c in cards))
    with pytest.raises(ProviderError, match="it says 2-5 keV, and xmm is 0.5-2 keV"):
        FitsProvider(image, XMM)


@pytest.mark.parametrize(
    "name", ["NVAR", "N_EXP", "IVAR_IMAGE", "SIGNIFICANCE", "SNRMAP", "SMOOTH", "VALID", "THETA"]
)
def test_names_of_x_ray_maps(tmp_path, name):
    path = write(tmp_path / "a.fits", image_hdu(7, name), image_hdu(2, "IMAGE"))
    assert np.allclose(FitsProvider(path, XMM).cutout(GRID).image, 2)
