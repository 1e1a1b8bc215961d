"""Origin of images: what contradicts a band, and what says nothing."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import FailedTargetWarning, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider, HealpixProvider, Origin, SkyImage, open_provider
from astrocnn.providers._origin import check_origin, is_coarse, is_hips_of
from astrocnn.surveys import BANDS, SURVEYS, Band, get_band, xmm_band

CENTER = SkyCoord(150, 2, unit="deg")
GRID = CutoutGrid(CENTER, 6 * u.arcmin, 32)
UV = get_band("dss2").with_(name="my-uvw1", waveband="ultraviolet", hips=(), filters=())
DEEP = get_band("dss2").with_(name="my-deep-r", hips=())


def hdu(pixel=4.0, **cards):
    """Image of ones, of pixels of some arcsec."""
    field = CutoutGrid(CENTER, 10 * u.arcmin, round(600 / pixel))
    header = field.wcs.to_header()
    header.update(cards)
    return fits.PrimaryHDU(np.ones(field.shape, dtype="int16"), header)


def origin(**cards):
    return Origin.from_headers([fits.Header(cards)])


@pytest.mark.parametrize(
    ("band", "cards"),
    [
        ("xmm", {"TELESCOP": "XMM", "INSTRUME": "EPN", "FILTER": "Thin1"}),
        ("xmm", {"TELESCOP": "XMM", "INSTRUME": "EMOS2", "BUNIT": "Primary Array"}),
        ("xmm", {"TELESCOP": "XMM-Newton", "INSTRUME": "EPIC", "FILTER": "Medium"}),
        ("xmm", {"BUNIT": "photon/cm2/s"}),
        ("xmm", {"BUNIT": "counts", "TELESCOP": "unknown"}),
        ("xmm", {"TELESCOP": "SIMULATION"}),
        ("xmm", {}),
        ("erosita", {"TELESCOP": "eROSITA", "INSTRUME": "TM0", "BUNIT": "cts"}),
        ("erosita", {"TELESCOP": "SRG", "INSTRUME": "MERGED"}),
        ("rass", {"TELESCOP": "ROSAT", "INSTRUME": "PSPCB"}),
        ("dss2-red", {"TELESCOP": "UK Schmidt (new optics)", "FILTER": "OG590"}),
        ("dss2-red", {"TELESCOP": "Palomar 48-in Schmidt", "FILTER": "RG610"}),
        ("dss2-blue", {"FILTER": "J"}),
        ("dss2-blue", {"TELESCOP": "Oschin Schmidt - D", "SURVEY": "POSSII-J", "FILTER": "GG385"}),
        ("dss2-red", {"SURVEY": "AAO-SES"}),
        ("dss2-red", {"SURVEY": "ESO-R"}),
        ("dss2-red", {"SURVEY": "POSS-II"}),
        ("dss2-red", {"SURVEY": "POSS-I Red"}),
        ("dss2-red", {"SURVEY": "POSSII-F", "BANDPASS": 35}),
        ("dss2-blue", {"SURVEY": "SERC-EJ"}),
        ("dss2-red", {"TELESCOP": "UKST", "EMULSION": "IIIaF", "FILTER": "OG 590"}),
        ("legacy-r", {"SURVEY": "LegacySurvey", "BANDS": "r", "BAND0": "r"}),
        ("legacy-r", {"SURVEY": "LegacySurvey", "BANDS": "griz"}),
        ("sdss-g", {"TELESCOP": "2.5m", "FILTER": "g", "BUNIT": "nanomaggy"}),
        ("panstarrs-r", {"TELESCOP": "PS1", "FILTER": "r.00000"}),
        ("legacy-r", {"TELESCOP": "CTIO 4.0-m telescope", "FILTER": "r DECam SDSS c0002"}),
        ("legacy-r", {"TELESCOP": "CTIO 4.0-m telescope", "INSTRUME": "DECam"}),
        (DEEP, {"TELESCOP": "Backyard", "FILTER": "R", "BUNIT": "adu"}),
        (DEEP, {"TELESCOP": "VISTA"}),
        (UV, {"TELESCOP": "SWIFT", "INSTRUME": "UVOTA", "FILTER": "UVW1"}),
        (UV, {"TELESCOP": "XMM", "INSTRUME": "OM"}),
        ("xmm", {"TELESCOP": "XMM", "INSTRUME": "EPX"}),
        ("xmm", {"TELESCOP": "XMM", "INSTRUME": "EPN", "FILTER": "UVIS-I"}),
        ("erosita", {"TELESCOP": "Spektr-RG", "INSTRUME": "EROSITA"}),
    ],
)
def test_what_agrees_or_says_nothing_is_used(band, cards):
    check_origin("a.fits", origin(**cards), get_band(band))


@pytest.mark.parametrize(
    ("band", "cards", "word"),
    [
        ("xmm", {"TELESCOP": "Spitzer", "BUNIT": "MJy/sr"}, "Spitzer"),
        ("xmm", {"TELESCOP": "CHANDRA", "INSTRUME": "ACIS"}, "CHANDRA"),
        ("xmm", {"TELESCOP": "NuSTAR"}, "NuSTAR"),
        ("xmm", {"TELESCOP": "Some Dish"}, "Some Dish"),
        ("xmm", {"MISSION": "AXAF"}, "AXAF"),
        ("xmm", {"INSTRUME": "ACIS"}, "ACIS"),
        ("xmm", {"TELESCOP": "XMM", "INSTRUME": "OM"}, "XMM OM"),
        ("erosita", {"TELESCOP": "SRG", "INSTRUME": "ART-XC"}, "ART-XC"),
        ("erosita", {"TELESCOP": "SRG/ART-XC"}, "ART-XC"),
        ("erosita", {"TELESCOP": "ARTXC"}, "ARTXC"),
        ("xmm", {"TELESCOP": "XMM", "INSTRUME": "RGS1"}, "RGS1"),
        (UV.with_(waveband="xray"), {"TELESCOP": "SWIFT", "INSTRUME": "UVOTA"}, "SWIFT"),
        (UV, {"TELESCOP": "SWIFT", "INSTRUME": "XRT"}, "SWIFT"),
        ("rass", {"TELESCOP": "ROSAT", "INSTRUME": "HRI"}, "HRI"),
        ("xmm", {"SURVEY": "eRASS1"}, "eRASS1"),
        ("rass", {"SURVEY": "4XMM-DR13"}, "4XMM"),
        ("rass", {"TELESCOP": "AstroSat"}, "AstroSat"),  # which has ROSAT in its name
        ("xmm", {"CTYPE3": "FREQ", "CRVAL3": 1.4e9}, "radio"),
        ("legacy-r", {"CTYPE3": "STOKES", "CTYPE4": "FREQ", "CRVAL4": 1.5e8}, "radio"),
        ("xmm", {"BUNIT": "km/s"}, "km/s"),
        ("xmm", {"BUNIT": "MJy/sr"}, "MJy/sr"),
        ("xmm", {"BUNIT": "Jy/beam"}, "Jy/beam"),
        ("xmm", {"BUNIT": "nanomaggy"}, "nanomaggy"),
        ("xmm", {"BUNIT": "mK"}, "mK"),
        ("xmm", {"BUNIT": "K_CMB"}, "K_CMB"),
        ("xmm", {"BUNIT": "ADU"}, "ADU"),
        ("xmm", {"BUNIT": "mag/arcsec2"}, "mag"),
        ("xmm", {"FILTER": "r"}, "passband r"),
        ("xmm", {"FILTER": "UVW1"}, "UVW1"),
        ("xmm", {"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, "F814W"),
        ("sdss-r", {"TELESCOP": "2.5m", "FILTER": "g"}, "passband g"),
        ("dss2-red", {"FILTER": "K"}, "passband K"),
        ("dss2-red", {"SURVEY": "POSSII-J"}, "passband POSSII-J"),
        ("dss2-blue", {"SURVEY": "POSSII-F", "TELESCOP": "UK Schmidt"}, "passband POSSII-F"),
        ("dss2-red", {"SURVEY": "SERC-I"}, "passband SERC-I"),
        ("dss2-red", {"TELESCOP": "UKST", "FILTER": "GG 395"}, "passband GG 395"),
        ("legacy-r", {"FILT": "g"}, "passband g"),
        ("legacy-r", {"FILTERID": "g"}, "passband g"),
        ("legacy-r", {"PHYSFILT": "g_03"}, "passband g_03"),
        ("legacy-r", {"FILTER": "MegaPrime g"}, "passband MegaPrime g"),
        ("legacy-r", {"FILTER": "F606W;CLEAR2L"}, "F606W"),
        ("xmm", {"BUNIT": "sigma"}, "pixels in sigma"),
        (DEEP, {"TELESCOP": "HEAO-2", "INSTRUME": "IPC"}, "HEAO-2"),
        (DEEP.with_(waveband="xray"), {"TELESCOP": "ESO-VLT-U1"}, "ESO-VLT-U1"),
        ("dss2-red", {"SURVEY": "POSSII-J", "FILTER": "GG385"}, "GG385"),
        ("dss2-red", {"TELESCOP": "UK Schmidt", "FILTER": "RG715"}, "RG715"),
        ("dss2-red", {"TELESCOP": "Palomar 48-inch", "INSTRUME": "ZTF/MOSAIC"}, "ZTF"),
        ("legacy-r", {"SURVEY": "LegacySurvey", "BANDS": "g", "BAND0": "g"}, "passband g"),
        ("legacy-r", {"FILTER": "HSC-I2"}, "passband HSC-I2"),
        ("legacy-r", {"SURVEY": "AllWISE"}, "AllWISE"),
        ("xmm", {"SURVEY": "NVSS"}, "NVSS"),
        ("xmm", {"SURVEY": "GALEX"}, "GALEX"),
        ("dss2-red", {"TELESCOP": "2.5m", "FILTER": "r"}, "2.5m"),
        ("dss2-red", {"BUNIT": "Jy/beam"}, "Jy/beam"),
        ("dss2-red", {"BUNIT": "/cm**2 /s"}, "/cm"),
        (DEEP, {"TELESCOP": "CHANDRA"}, "CHANDRA"),
        (DEEP, {"TELESCOP": "VLA"}, "VLA"),
        (DEEP, {"BUNIT": "K"}, "pixels in K"),
        (DEEP, {"FILTER": "g'"}, "passband g"),
    ],
)
def test_what_contradicts_is_left_out_unless_it_is_vouched_for(band, cards, word, tmp_path):
    band = get_band(band)
    with pytest.raises(ProviderError, match="band") as caught:
        FitsProvider(hdu(**cards), band)
    assert word in str(caught.value)
    assert "'trusted': True" in str(caught.value)
    provider = FitsProvider({"image": hdu(**cards), "trusted": True}, band)
    assert provider.cutout(GRID).origin_known
    path = tmp_path / "a.fits"
    hdu(**cards).writeto(path)
    with pytest.raises(ProviderError, match="trusted"):
        FitsProvider(path, band)
    assert FitsProvider({"image": path, "trusted": True}, band).cutout(GRID).origin_known


def test_sky_image_is_compared_too():
    image = hdu()
    wcs = CutoutGrid(CENTER, 10 * u.arcmin, 150).wcs
    with pytest.raises(ProviderError, match="MJy/sr"):
        FitsProvider(SkyImage(image.data, wcs, unit="MJy/sr"), get_band("xmm"))
    with pytest.raises(ProviderError, match="Spitzer"):
        FitsProvider(SkyImage(image.data, wcs, origin=Origin("Spitzer")), get_band("xmm"))
    with pytest.raises(ProviderError, match="MJy / sr"):
        FitsProvider(SkyImage(image.data * (u.MJy / u.sr), wcs), get_band("xmm"))
    mute = FitsProvider(SkyImage(image.data, wcs), get_band("xmm"))
    assert not mute.cutout(GRID).origin_known
    told = FitsProvider(SkyImage(image.data, wcs, origin=Origin("XMM")), get_band("xmm"))
    assert told.cutout(GRID).origin_known


def test_energies_of_the_header_are_compared():
    for cards in ({"EMIN": 2.0, "EMAX": 10.0}, {"SLCTEXPR": "PI in [2000:10000]"}):
        with pytest.raises(ProviderError, match=r"2-10 keV, and xmm is 0.5-2 keV"):
            FitsProvider(hdu(TELESCOP="XMM", **cards), get_band("xmm"))
        FitsProvider(hdu(TELESCOP="XMM", **cards), xmm_band([2, 10] * u.keV))
    FitsProvider(hdu(TELESCOP="XMM", EMIN=1.0, EMAX=2.0), get_band("xmm"))


@pytest.mark.parametrize("band", ["legacy-r", "dss2-red"])
def test_photon_energies_are_none_of_light(band, tmp_path):
    """Of the header, of names with their unit, and of names of files that follow one another."""
    for name, cards in (("a", {"EMIN": 0.5, "EMAX": 2.0}), ("b_0.5-2keV", {})):
        hdu(**cards).writeto(tmp_path / f"{name}.fits")
        with pytest.raises(ProviderError, match=f"0.5-2 keV, and {band} is optical"):
            FitsProvider(tmp_path / f"{name}.fits", get_band(band))
    for name in ("img_0300_0600", "img_0600_1100", "expmap_0300_0600", "mask"):
        hdu().writeto(tmp_path / f"c_{name}.fits")
    with pytest.raises(ProviderError, match=r"no image .*of photon energies 0.3-0.6 keV, by its n"):
        FitsProvider(tmp_path / "c_*.fits", get_band(band))
    # Other numbers of a name may be anything: pixels, tiles.
    for name in ("img_0300_0600", "img_10.5_12.3", "img_2000_4000"):
        hdu().writeto(tmp_path / f"{name}.fits")
        assert FitsProvider(tmp_path / f"{name}.fits", get_band(band)).cutout(GRID).valid.all()


def test_of_several_files_one_can_be_vouched_for(tmp_path):
    for name, telescope in (("a", "XMM"), ("b", "ROSAT"), ("c", "CHANDRA")):
        image = hdu(TELESCOP=telescope)
        image.data += ord(name)  # no copies
        image.writeto(tmp_path / f"{name}.fits")
    with pytest.warns(FailedTargetWarning, match=r"2 of 3 .*b.fits is an image of ROSAT"):
        provider = FitsProvider(tmp_path, get_band("xmm"))
    assert [image.name for image in provider._images] == ["a.fits"]
    source = {"image": tmp_path, "trusted": tmp_path / "c.fits"}
    with pytest.warns(FailedTargetWarning, match="1 of 3"):
        provider = FitsProvider(source, get_band("xmm"))
    assert sorted(image.name for image in provider._images) == ["a.fits", "c.fits"]
    provider = FitsProvider({"image": tmp_path, "trusted": True}, get_band("xmm"))
    assert len(provider._images) == 3
    assert (
        provider.identity != FitsProvider({"image": tmp_path / "a.fits"}, get_band("xmm")).identity
    )


def test_vouching_for_nothing_is_an_error():
    for source in ({"trusted": True}, {"image": hdu(), "exposure": hdu(), "trusted": True}):
        with pytest.raises(ProviderError, match="vouch for images as"):
            FitsProvider(source, get_band("xmm"))


def test_mute_images_taint_those_they_are_added_to(tmp_path):
    hdu(TELESCOP="XMM").writeto(tmp_path / "a.fits")
    assert FitsProvider(tmp_path, get_band("xmm")).cutout(GRID).origin_known
    mute = hdu()
    mute.data += 1  # no copy
    mute.writeto(tmp_path / "b.fits")
    assert not FitsProvider(tmp_path, get_band("xmm")).cutout(GRID).origin_known


def test_names_of_pipeline_products_say_where_they_come_from(tmp_path):
    hdu().writeto(tmp_path / "P0098010101M2U009IMAGE_3000.FTZ")
    assert FitsProvider(tmp_path, get_band("xmm")).cutout(GRID).origin_known


@pytest.mark.parametrize("pixel", [4.0, 8.0, 15.0])
def test_much_coarser_pixels_are_told(pixel):
    pixels = FitsProvider(hdu(pixel, TELESCOP="XMM"), get_band("xmm")).cutout(GRID)
    assert pixels.coarse == (pixel == 15.0)


@pytest.mark.parametrize(("beam", "coarse"), [(10 / 3600, False), (60 / 3600, True), (60, True)])
def test_much_wider_beam_is_told(beam, coarse):
    """BMAJ is in degrees; a few programs write arcsec."""
    pixels = FitsProvider(hdu(TELESCOP="XMM", BMAJ=beam), get_band("xmm")).cutout(GRID)
    assert pixels.coarse == coarse


def test_vouching_does_not_make_pixels_finer():
    image = {"image": hdu(15.0), "trusted": True}
    assert FitsProvider(image, get_band("xmm")).cutout(GRID).coarse


def test_own_pixels_of_a_band_are_never_coarse():
    for band in BANDS.values():
        assert not is_coarse(band.pixel_scale, band, band.psf.to_value(u.arcsec))


def test_healpix_maps_are_compared(tmp_path):
    import healpy

    path = tmp_path / "map.fits"
    values = np.full(12 * 64**2, 3.0, dtype="float32")
    healpy.write_map(
        path, values, coord="C", column_units="mK", extra_header=[("TELESCOP", "WMAP")]
    )
    with pytest.raises(ProviderError, match="WMAP"):
        open_provider(path, get_band("rass"))
    provider = open_provider({"image": path, "trusted": True}, get_band("rass"))
    pixels = provider.cutout(GRID)
    assert pixels.origin_known
    assert pixels.coarse
    healpy.write_map(path, values, coord="C", column_units="mK", overwrite=True)
    with pytest.raises(ProviderError, match="pixels in mK"):
        open_provider(path, get_band("rass"))
    assert not HealpixProvider(values, get_band("rass")).cutout(GRID).origin_known


def test_weights_of_surveys_are_those_that_come_with_the_package():
    from astrocnn.networks import read_description, weights_names

    for survey in SURVEYS.values():
        bands = {band.name for band in survey.bands}
        needed = [name for name in weights_names() if bands & set(read_description(name).bands)]
        assert sorted(survey.weights) == needed


def test_no_survey_contradicts_itself():
    for survey in SURVEYS.values():
        for band in survey.bands:
            for telescope in survey.telescopes:
                for instrument in survey.instruments or ("",):
                    for passband in band.filters or ("",):
                        known = Origin(telescope, instrument, passband)
                        check_origin("a.fits", known, band)
                        assert known.told(band)


def test_images_of_one_survey_are_refused_for_another():
    for survey in SURVEYS.values():
        for other in SURVEYS.values():
            if other is not survey:
                with pytest.raises(ProviderError, match="is an image of"):
                    check_origin("a.fits", Origin(survey.telescopes[0]), other.default)


def test_band_of_ones_own_has_no_telescope():
    band = Band("mine", "xray", "counts", u.ct, 4 * u.arcsec, 6 * u.arcsec)
    check_origin("a.fits", Origin("CHANDRA", "ACIS"), band)
    with pytest.raises(ProviderError, match="Spitzer"):
        check_origin("a.fits", Origin("Spitzer"), band)


def test_hips_of_another_survey_is_not_known():
    for band in BANDS.values():
        assert all(is_hips_of(hips, band) for hips in band.hips)
        for name in ("CDS/P/2MASS/J", "CDS/P/NVSS"):
            assert not is_hips_of(name, band.with_(hips=(name,)))
    hard = xmm_band([2, 4.5] * u.keV)
    assert [is_hips_of(hips, hard) for hips in hard.hips] == [True]
    assert is_hips_of("CDS/P/2MASS/J", DEEP)
