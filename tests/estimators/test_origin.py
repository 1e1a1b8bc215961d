"""Images whose origin is another, is not known, or is too coarse: flags, predictions, advice."""

import re
import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn import ClusterClassifier
from astrocnn.exceptions import FailedTargetWarning, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import make_hips, open_provider, read_image
from astrocnn.surveys import get_band, xmm_band
from astrocnn.tables import has_flag

CENTER = SkyCoord(150, 2, unit="deg")
ROSAT = {"TELESCOP": "ROSAT", "INSTRUME": "PSPCB"}


def counts(pixel=4.0, seed=0, **cards):
    """Poisson counts around a bright, broad source."""
    field = CutoutGrid(CENTER, 12 * u.arcmin, round(720 / pixel))
    y, x = (np.indices(field.shape) - field.shape[0] / 2) * pixel
    mean = 5 * (1 + (x**2 + y**2) / 30**2) ** -1.5 + 0.2
    header = field.wcs.to_header()
    header.update(cards)
    pixels = np.random.default_rng(seed).poisson(mean * (pixel / 4) ** 2)
    return fits.PrimaryHDU(pixels.astype("int16"), header)


def predict(image, **parameters):
    return ClusterClassifier("xmm", images={"xmm": image}, **parameters).predict(CENTER)


def test_mute_image_is_used_and_its_flag_changes_no_label():
    known, mute = predict(counts(TELESCOP="XMM")), predict(counts())
    assert not has_flag(known["flag"], "origin_unknown:xmm").any()
    assert has_flag(mute["flag"], "origin_unknown:xmm").all()
    assert mute["label"][0] == known["label"][0]
    assert mute["proba_cluster"][0] == known["proba_cluster"][0]
    vouched = predict({"image": counts(), "trusted": True})
    assert not has_flag(vouched["flag"], "origin_unknown:xmm").any()
    assert vouched.meta["trusted"] == ["xmm: the given HDU"]
    assert "trusted" not in known.meta


def test_no_prediction_of_coarse_pixels_unless_it_is_wanted():
    coarse = counts(15.0, TELESCOP="XMM")
    result = predict(coarse)
    assert has_flag(result["flag"], "coarse_pixels:xmm").all()
    assert result["label"].mask.all()
    assert result["proba_cluster"].mask.all()
    result = predict(coarse, judge_novel=True)
    assert has_flag(result["flag"], "coarse_pixels:xmm").all()
    assert not result["label"].mask.any()
    classifier = ClusterClassifier("xmm", images={"xmm": coarse}, threshold=0.0)
    truth = ["cluster"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # scikit-learn: one class
        assert classifier.score(CENTER, truth) == 0
        assert classifier.set_params(judge_novel=True).score(CENTER, truth) == 1


def test_advice_for_rosat_works():
    with pytest.raises(ProviderError, match="no weights for ROSAT come with astrocnn") as caught:
        predict(counts(**ROSAT))
    advice = str(caught.value)
    assert "with_(" not in advice
    found = re.search(r"ClusterClassifier\((.*), images=\.\.\.\)\.fit\(targets", advice)
    assert found[1] == "weights=None, bands=['rass']"
    targets = SkyCoord(150 + np.arange(12) / 200, np.full(12, 2.0), unit="deg")
    images = {"rass": counts(45.0, **ROSAT)}
    classifier = ClusterClassifier(
        weights=None, bands=["rass"], images=images, pixels=16, epochs=1, random_state=0
    )
    classifier.fit(targets, np.arange(12) % 2 == 1)
    result = classifier.set_params(judge_novel=True).predict(targets)
    assert not result["label"].mask.any()


def test_advice_for_a_telescope_with_weights_works():
    erosita = counts(TELESCOP="eROSITA", INSTRUME="TM0")
    with pytest.raises(ProviderError, match="with weights 'erosita' or 'erosita-legacy'") as caught:
        predict(erosita)
    assert "give it as 'erosita'" in str(caught.value)
    result = ClusterClassifier("erosita", images={"erosita": erosita}).predict(CENTER)
    assert not has_flag(result["flag"], "origin_unknown").any()


def test_hips_of_another_band_is_refused_and_own_ones_keep_their_origin(tmp_path):
    provider = open_provider(counts(TELESCOP="XMM"), get_band("xmm"))
    make_hips(tmp_path / "known", provider, tile_width=64)
    make_hips(tmp_path / "mute", open_provider(counts(), get_band("xmm")), tile_width=64)
    grid = CutoutGrid(CENTER, 6 * u.arcmin, 64)
    for name in ("known", "mute"):
        pixels = open_provider(tmp_path / name, get_band("xmm")).cutout(grid)
        assert pixels.origin_known == (name == "known")
        assert not pixels.coarse
    with pytest.raises(ProviderError, match="is an image of band xmm"):
        open_provider(tmp_path / "known", get_band("erosita"))
    trusted = {"image": tmp_path / "known", "trusted": True}
    assert open_provider(trusted, get_band("erosita")).cutout(grid).origin_known


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ("creator_did = ivo://CDS/P/DSS2/blue", "band dss2-blue"),
        ("creator_did = ivo://CDS/P/SDSS9/g", "band sdss-g"),
        ("creator_did = ivo://CDS/P/2MASS/J\nobs_regime = Infrared", "CDS/P/2MASS/J"),
        ("creator_did = ivo://xcatdb/P/XMM/PN/eb3\nobs_regime = X-ray", "band xmm"),
        ("creator_did = ivo://CDS/P/NVSS\nobs_regime = Radio", "CDS/P/NVSS"),
        ("creator_did = ivo://CDS/P/DSS2/red\nobs_regime = Optical", None),
        ("creator_did = ivo://UNK.AUTH/P/mine", ""),
    ],
)
def test_properties_of_a_hips_are_compared_with_the_band(tmp_path, lines, word):
    provider = open_provider(counts(2.0), get_band("dss2"))
    make_hips(tmp_path / "hips", provider, tile_width=64)
    path = tmp_path / "hips" / "properties"
    kept = [x for x in path.read_text().split("\n") if not x.startswith("creator_did")]
    path.write_text("\n".join([*kept, lines, ""]))
    if word:
        with pytest.raises(ProviderError, match=word):
            open_provider(tmp_path / "hips", get_band("dss2"))
        return
    provider = open_provider(tmp_path / "hips", get_band("dss2"))
    pixels = provider.cutout(CutoutGrid(CENTER, 3 * u.arcmin, 64))
    assert pixels.origin_known == (word is None)


def test_hips_of_other_energies_is_refused(tmp_path):
    provider = open_provider(counts(), get_band("xmm"))
    make_hips(tmp_path / "hips", provider, tile_width=64)
    path = tmp_path / "hips" / "properties"
    assert "em_min" in path.read_text()
    open_provider(tmp_path / "hips", get_band("xmm"))
    with pytest.raises(ProviderError, match=r"0.5-2 keV, and xmm is 2-10 keV"):
        open_provider(tmp_path / "hips", xmm_band([2, 10] * u.keV))


@pytest.mark.parametrize(
    ("file", "telescope"),
    [
        ("ngc2207/spitzer.fits.gz", "Spitzer"),
        ("ngc2207/chandra_merge_broad_flux_crop_asm.fits", "CHANDRA"),
        ("sdss_gri/reprojected_sdss_g.fits.bz2", "2.5m"),
    ],
)
@pytest.mark.parametrize("how", ["file", "HDU", "SkyImage"])
def test_real_images_of_other_telescopes_are_left_out(real_data, file, telescope, how):
    path = real_data / file
    image = path
    if how == "HDU":
        with fits.open(path, memmap=False) as hdus:
            image = fits.PrimaryHDU(hdus[0].data, hdus[0].header)
    elif how == "SkyImage":
        image = read_image(path)
    with pytest.raises(ProviderError, match=f"is an image of {telescope}, and not of band xmm"):
        ClusterClassifier("xmm", images={"xmm": image}).predict(CENTER)


def test_real_sdss_headers_that_say_the_wrong_passband_can_be_vouched_for(real_data):
    for name in "gri":
        path = real_data / "sdss_gri" / f"reprojected_sdss_{name}.fits.bz2"
        band = get_band(f"sdss-{name}")
        if name == "g":
            assert open_provider(path, band)._images[0].origin.told(band)
            continue
        with pytest.raises(ProviderError, match="it says passband g"):
            open_provider(path, band)
        assert open_provider({"image": path, "trusted": True}, band)._images[0].trusted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "band", "center", "counts"),
    [
        ("a907_xmm", "xmm", "149.592 -11.064", 29343),
        ("efeds_cluster", "erosita", "140.338 3.291", 1760),
    ],
)
def test_real_folders_are_clusters(real_data, folder, band, center, counts):
    """Three cameras, the files of 2-10 keV left out; four bands with energies in their names."""
    center = SkyCoord(center, unit="deg")
    with pytest.warns(FailedTargetWarning) as told:
        provider = open_provider(real_data / folder, get_band(band))
    words = " ".join(str(warning.message) for warning in told)
    assert ("it says 2-10 keV, and xmm is 0.5-2 keV" in words) == (band == "xmm")
    pixels = provider.cutout(CutoutGrid(center, 6 * u.arcmin, 90))
    assert pixels.image[pixels.valid].sum() == pytest.approx(counts, abs=1)
    result = ClusterClassifier(band, images={band: provider}).predict(center)
    assert result["proba_cluster"][0] > 0.9
    assert has_flag(result["flag"], "origin_unknown").all() == (band == "erosita")
