"""Point-spread functions of images, by camera and axis."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.cutouts import make_cutouts
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider, SkyImage
from astrocnn.providers._images._spread import camera_response
from astrocnn.providers._origin import Origin
from astrocnn.surveys import OPTICS, PointSpread, get_band

CENTER = SkyCoord(150.0, 2.0, unit="deg")
FIELD = CutoutGrid(CENTER, 28 * u.arcmin, 420)
Y, X = np.mgrid[:420, :420]
AXIS = FIELD.wcs.pixel_to_world(250, 180)
DISTANCE = np.hypot(X - 250, Y - 180) * 4.0
TARGET = SkyCoord(150.05, 1.9, unit="deg")


@pytest.fixture
def provider(tmp_path):
    """Make a provider of an image of ones, and of an exposure map if one is given."""

    def make(band="xmm", exposure=None, name="a", value=1.0, **header):
        card = FIELD.wcs.to_header()
        card.update(header)
        files = {"image": tmp_path / f"{name}.fits"}
        fits.writeto(files["image"], np.full((420, 420), value, "float32"), card)
        if exposure is not None:
            files["exposure"] = tmp_path / f"{name}_exp.fits"
            fits.writeto(files["exposure"], exposure.astype("float32"), FIELD.wcs.to_header())
        return FitsProvider(files, get_band(band))

    return make


@pytest.mark.parametrize(
    ("instrument", "response"),
    [("EPN", 1.0), ("EMOS1 EMOS2", OPTICS["epic-mos"].response), ("EMOS1 EMOS2 EPN", None)],
)
def test_response_of_cameras(instrument, response):
    assert camera_response(Origin(instrument=instrument)) == response


def psf(source, target=TARGET):
    return source.cutout(CutoutGrid(target, 6 * u.arcmin, 90)).psf


@pytest.mark.parametrize(
    ("instrument", "name"), [("EPN", "epic-pn"), ("EMOS1", "epic-mos"), ("", "epic-pn")]
)
def test_pointing(provider, instrument, name):
    optics = OPTICS[name]
    found = psf(provider(exposure=1e4 * optics.area(DISTANCE), INSTRUME=instrument, TELESCOP="XMM"))
    [expected] = optics.toward(TARGET.reshape(1), AXIS)
    assert found.half_radius == pytest.approx(expected.half_radius, rel=0.01)
    assert found.stretch == pytest.approx(expected.stretch, rel=0.01)
    assert np.cos(found.angle - expected.angle) > 0.99


def test_without_a_map_a_pointing_says_nothing(provider):
    assert psf(provider(TELESCOP="XMM", INSTRUME="EPN")) is None


def test_erosita_scans_or_points(provider):
    survey = psf(provider("erosita", np.full((420, 420), 150.0), "survey", TELESCOP="eROSITA"))
    assert survey == OPTICS["erosita-survey"].at(0.0)
    optics = OPTICS["erosita-pointed"]
    pointed = psf(provider("erosita", 1e4 * optics.area(DISTANCE), TELESCOP="eROSITA"))
    [expected] = optics.toward(TARGET.reshape(1), AXIS)
    assert pointed.half_radius == pytest.approx(expected.half_radius, rel=0.01)


def test_given():
    image = np.ones((420, 420), dtype="float32")
    given = PointSpread(5.0)
    source = FitsProvider(SkyImage(image, FIELD.wcs, "counts", psf=given), get_band("xmm"))
    assert psf(source) == given
    source = FitsProvider(
        SkyImage(image, FIELD.wcs, "counts", psf=lambda center: PointSpread(center.ra.deg)),
        get_band("xmm"),
    )
    assert psf(source).half_radius == pytest.approx(150.05)
    assert source.identity == source.identity


def test_cameras_together_and_in_the_dataset(provider, tmp_path):
    """Their mean, weighted by photons; of one camera without an axis nothing is known."""
    exposure = 1e4 * OPTICS["epic-pn"].area(DISTANCE)
    for camera, n in (("EPN", 2), ("EMOS1", 1)):
        provider(exposure=exposure, name=camera, value=n, TELESCOP="XMM", INSTRUME=camera)
    files = {
        "image": [tmp_path / f"{name}.fits" for name in ("EPN", "EMOS1")],
        "exposure": [tmp_path / f"{name}_exp.fits" for name in ("EPN", "EMOS1")],
    }
    dataset = make_cutouts(TARGET, ["xmm"], {"xmm": files}, pixels=90)
    radii = [OPTICS[name].toward(TARGET, AXIS)[0].half_radius for name in ("epic-pn", "epic-mos")]
    expected = np.average(radii, weights=[2, 1])
    assert float(dataset["psf_half_radius"][0, 0]) == pytest.approx(expected, rel=0.01)
    dataset = make_cutouts(TARGET, ["xmm"], {"xmm": files["image"]}, pixels=90)
    assert "psf_half_radius" not in dataset


def test_exposures_of_cameras_of_different_response(provider, tmp_path):
    """Counts over exposure have no step at the edge of one of them, whatever is cut out."""
    whole, half = np.full((420, 420), 1000.0), np.where(X < 210, 1000.0, 0.0)
    for camera, map_, n in (("EPN", half, 20), ("EMOS1", 2 * whole, 12), ("EMOS2", whole, 6)):
        name = camera.lower()
        provider(exposure=map_, name=name, value=n * 1.0, TELESCOP="XMM", INSTRUME=camera)
    files = {
        key: [tmp_path / f"{name}{end}.fits" for name in ("epn", "emos1", "emos2")]
        for key, end in (("image", ""), ("exposure", "_exp"))
    }
    source = FitsProvider(files, get_band("xmm"))
    pixels = source.cutout(CutoutGrid(CENTER, 6 * u.arcmin, 90))
    # The map of the pn leaves half of the image without it, north up and east to the left.
    left, right = (slice(2, -2), slice(2, 43)), (slice(2, -2), slice(48, -2))
    assert pixels.exposure[left] == pytest.approx(1900)  # seconds of pn
    assert pixels.exposure[right] == pytest.approx(900)
    assert pixels.full_exposure == pytest.approx(1900)
    assert pixels.image[left] == pytest.approx(38)
    assert pixels.image[right] == pytest.approx(18)  # a camera that did not look there has none
    beside = FIELD.wcs.pixel_to_world(330, 210)  # where the pn sees nothing
    alone = source.cutout(CutoutGrid(beside, 3 * u.arcmin, 45))
    assert alone.exposure[3:-3, 3:-3] == pytest.approx(900)
    assert alone.full_exposure == pytest.approx(900)


def test_seconds_of_one_kind_of_camera_are_seconds(provider, tmp_path):
    for camera in ("EMOS1", "EMOS2"):
        provider(exposure=np.full((420, 420), 1e3), name=camera, TELESCOP="XMM", INSTRUME=camera)
    files = {
        key: [tmp_path / f"{name}{end}.fits" for name in ("EMOS1", "EMOS2")]
        for key, end in (("image", ""), ("exposure", "_exp"))
    }
    pixels = FitsProvider(files, get_band("xmm")).cutout(CutoutGrid(CENTER, 6 * u.arcmin, 90))
    assert pixels.exposure[2:-2, 2:-2] == pytest.approx(2000)


def test_real_cameras(real_data):
    folder = real_data / "a907_xmm"
    stem = str(folder / "0201903501_{}_exp1-0.50-2.00keV{}.fits.gz")
    center = SkyCoord(149.592, -11.064, unit="deg")
    radii = {}
    for camera in ("pn", "mos2"):
        files = {"image": stem.format(camera, "img"), "exposure": stem.format(camera, "expmap")}
        radii[camera] = psf(FitsProvider(files, get_band("xmm")), center).half_radius
    assert 7.4 <= radii["pn"] < 8
    assert 6.5 <= radii["mos2"] < 7
