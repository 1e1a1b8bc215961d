"""Folders as people have them: what is an image, what belongs to it, whose photons count."""

import os
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import FailedTargetWarning, ProviderError
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import FitsProvider, SkyImage
from astrocnn.surveys import get_band

XMM, EROSITA = get_band("xmm"), get_band("erosita")
CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 6 * u.arcmin, 90)
OBSERVATION = {"TELESCOP": "XMM", "OBS_ID": "0201903501", "INSTRUME": "EPN", "EXPIDSTR": "S003",
               "DATE-OBS": "2004-06-17T11:30:44", "DATE-END": "2004-06-17T14:38:43"}  # fmt: skip


def write(path, value, field=FIELD, **cards):
    """A file of one image; a number fills it with photons of as many counts per pixel."""
    data = value
    if np.isscalar(value):
        data = np.random.default_rng(int(value)).poisson(value, field.shape).astype("int16")
    header = field.wcs.to_header()
    header.update(cards)
    path.parent.mkdir(exist_ok=True, parents=True)
    fits.PrimaryHDU(data, header).writeto(path)
    return path


def seconds(value):
    return np.full(FIELD.shape, value, "float32")


def east(arcmin):
    """A field of the same size, farther east."""
    return CutoutGrid(CENTER.directional_offset_by(90 * u.deg, arcmin * u.arcmin), FIELD.size, 90)


def counts(source, band=XMM, **options):
    pixels = FitsProvider(source, band, **options).cutout(FIELD)
    return round(float(pixels.image.sum(dtype=float)))


def open_folder(folder, band):
    """The provider of a folder, and all that it says of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FailedTargetWarning)
        provider = FitsProvider(folder, band)
    return provider, " ".join(str(one.message) for one in caught)


class TestCopies:
    """Photons of one file count once, by whatever path or name it is given."""

    WORDS = "1 copies of other files left out, so that no photon counts twice"

    @pytest.fixture
    def path(self, tmp_path):
        return write(tmp_path / "one" / "a.fits", 4)

    def test_relative_and_absolute_path(self, path, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        once = counts(path)
        with pytest.warns(FailedTargetWarning, match=self.WORDS):
            assert counts(["one/a.fits", str(path)]) == once
        with pytest.warns(FailedTargetWarning, match=self.WORDS):
            assert counts({"image": ["one/a.fits", path]}) == once

    @pytest.mark.parametrize("how", ["symlink_to", "hardlink_to"])
    def test_link(self, path, how):
        once = counts(path)
        getattr(path.with_name("latest.fits"), how)(path)
        with pytest.warns(FailedTargetWarning, match=f"{self.WORDS}.*latest.fits, of which a.fits"):
            assert counts(path.parent) == once

    def test_renamed_copy(self, path, tmp_path):
        once = counts(path)
        (tmp_path / "two").mkdir()
        copy = shutil.copy(path, tmp_path / "two" / "b.fits")
        for source in ([path, copy], {"image": [path, copy]}):
            with pytest.warns(FailedTargetWarning, match=self.WORDS):
                assert counts(source) == once


class TestSamePhotons:
    """Photons of one observation, camera, exposure, time and energy count once."""

    def test_selections_of_one_exposure(self, tmp_path):
        a = write(tmp_path / "a.fits", 4, **OBSERVATION)
        write(tmp_path / "b.fits", 5, **OBSERVATION)
        with pytest.warns(FailedTargetWarning, match=r"b.fits \(of the exposure of a.fits by its"):
            assert counts(tmp_path) == counts(a)

    def test_tiles_overlap(self, tmp_path):
        sky = np.random.default_rng(1).poisson(3, (90, 150)).astype("int16")
        a = write(tmp_path / "a.fits", sky[:, 60:], **OBSERVATION)
        write(tmp_path / "b.fits", sky[:, :90], east(4), **OBSERVATION)
        with pytest.warns(FailedTargetWarning, match=r"copies of photons .*: b.fits, besid"):
            provider = FitsProvider(tmp_path, XMM)
        assert round(float(provider.cutout(FIELD).image.sum())) == counts(a)
        whole = provider.cutout(CutoutGrid(east(2).center, 4 * u.arcmin, 60)).image.sum()
        assert whole == pytest.approx(sky[15:75, 45:105].sum(), rel=0.01)

    @pytest.mark.parametrize(
        "cards",
        [
            {"INSTRUME": "EMOS1", "EXPIDSTR": "S001"},
            {"OBS_ID": "0201903502"},
            {"EXPIDSTR": "U004"},
            {"DATE-OBS": "2004-06-17T14:38:43", "DATE-END": "2004-06-17T18:00:00"},
            {"EMIN1": 500, "EMAX1": 1000},
        ],
    )
    def test_other_photons_add(self, tmp_path, cards):
        own = {"EMIN1": 1000, "EMAX1": 2000}
        a = write(tmp_path / "a.fits", 4, **OBSERVATION, **own)
        b = write(tmp_path / "b.fits", 5, **(OBSERVATION | own | cards))
        assert counts(tmp_path) == counts(a) + counts(b)

    def test_energies_that_overlap(self, tmp_path):
        for k, (low, high) in enumerate(((500, 1000), (1000, 2000), (500, 2000))):
            write(tmp_path / f"{k}.fits", 4 + k, EMIN1=low, EMAX1=high, **OBSERVATION)
        with pytest.warns(FailedTargetWarning, match=r"0\.5-1 keV, which shares photons with 2"):
            assert counts(tmp_path) == counts(tmp_path / "2.fits")

    def test_the_user_has_the_last_word(self, tmp_path):
        paths = [write(tmp_path / f"{k}.fits", 4 + k, **OBSERVATION) for k in range(2)]
        assert counts({"image": paths}) == sum(map(counts, paths))


class TestNames:
    """Names are names; patterns are what the user wrote as such."""

    @pytest.mark.parametrize("name", ["A1835 [v2]", "obs?", "ob*", "[obs]"])
    def test_folder(self, tmp_path, monkeypatch, name):
        for k, folder in enumerate(("obs1", "obs", "o", name)):
            write(tmp_path / folder / "a.fits", 3 + k)
        wanted = counts(tmp_path / name / "a.fits")
        monkeypatch.chdir(tmp_path)
        patterns = [f"{name}/*.fits", [f"{name}/?.fits"], f"../{tmp_path.name}/{name}/*"]
        for source in (name, tmp_path / name, f"{name}/a.fits", *patterns):
            assert counts(source) == wanted, source

    def test_pattern_of_folders(self, tmp_path):
        for k, folder in enumerate(("obs1", "obs?", "other")):
            write(tmp_path / folder / "a.fits", 3 + k)
        assert counts(f"{tmp_path}/obs*/a.fits") == sum(
            counts(tmp_path / name / "a.fits") for name in ("obs1", "obs?")
        )

    def test_pattern_that_means_folders(self, tmp_path):
        for k, folder in enumerate(("obs1", "obs2", "other")):
            write(tmp_path / folder / "a.fits", 3 + k)
        assert counts(f"{tmp_path}/obs*") == sum(
            counts(tmp_path / name) for name in ("obs1", "obs2")
        )

    def test_tilde_is_a_name_too(self, tmp_path, monkeypatch):
        write(tmp_path / "~a.fits", 3)
        monkeypatch.chdir(tmp_path)
        assert counts("~a.fits") > 0
        with pytest.raises(ProviderError, match="no file matches '~b.fits'"):
            FitsProvider("~b.fits", XMM)


class TestXga:
    """A folder as XGA writes it."""

    @pytest.fixture
    def folder(self, tmp_path):
        """Three cameras, two energies, images and maps; merged, corrected and smoothed ones."""
        for k, camera in enumerate(("pn", "mos1", "mos2")):
            for energies, photons in (("0.5-2.0", 3 + k), ("2.0-10.0", 7 + k)):
                name = f"0201903501_{camera}_{energies}keV"
                write(tmp_path / f"{name}img.fits", photons)
                write(tmp_path / f"{name}expmap.fits", seconds(1000.0 * (k + 1)))
        write(tmp_path / "4711_0.5-2.0keVmerged_img.fits", 12)
        write(tmp_path / "4711_0.5-2.0keVmerged_expmap.fits", seconds(6000.0))
        corrected = "0201903501_pn_4bin_20iter_ELLBETAmod_rlalgo_0.5-2.0keVpsfcorr_img.fits"
        write(tmp_path / corrected, 3)
        write(tmp_path / "0201903501_pn_815_0.5-2.0keV_img.fits", 3 * np.ones(FIELD.shape) + 0.1)
        return tmp_path

    def test_cameras_are_summed(self, folder):
        names = [f"0201903501_{camera}_0.5-2.0keVimg.fits" for camera in ("pn", "mos1", "mos2")]
        provider, told = open_folder(folder, XMM)
        pixels = provider.cutout(FIELD)
        total = sum(int(fits.getdata(folder / name).sum()) for name in names)
        assert pixels.image.sum(dtype=float) == pytest.approx(total, rel=1e-6)
        assert (pixels.exposure == 6000).all()
        assert pixels.full_exposure == 6000
        for word in ("4711_0.5-2.0keVmerged_img.fits (merged over cameras",
                     "(corrected for the point-spread", "keV"):  # fmt: skip
            assert word in told

    def test_only_what_is_merged(self, folder):
        pixels = FitsProvider(f"{folder}/*merged*", XMM).cutout(FIELD)
        assert pixels.image.sum() == fits.getdata(folder / "4711_0.5-2.0keVmerged_img.fits").sum()
        assert (pixels.exposure == 6000).all()

    def test_real_folder(self, real_data):
        """RXC J0958.3-1103: three cameras in 0.5-2 keV; the files of 2-10 keV are left out."""
        folder = real_data / "a907_xmm"
        names = [f"0201903501_{camera}_exp1-0.50-2.00keV" for camera in ("mos1", "mos2", "pn")]
        images, maps = (
            [fits.getdata(folder / f"{name}{kind}.fits.gz") for name in names]
            for kind in ("img", "expmap")
        )
        provider, told = open_folder(folder, XMM)
        assert "2-10 keV" in told
        center = SkyCoord(149.592, -11.064, unit="deg")
        pixels = provider.cutout(CutoutGrid(center, 45 * u.arcmin, 600))
        assert np.nansum(pixels.image, dtype=float) == pytest.approx(np.sum(images), rel=1e-6)
        # In seconds of pn, which is the last.
        weights = (0.3, 0.3, 1.0)
        longest = sum(w * x.max() for w, x in zip(weights, maps, strict=True))
        assert pixels.full_exposure == pytest.approx(longest)
        assert pixels.exposure_known


class TestPipelines:
    """Folders with all products: only images of the sky are images."""

    def test_esass(self, tmp_path):
        image = write(tmp_path / "em01_164087_024_Image_c010.fits", 2)
        write(tmp_path / "em01_164087_024_ExposureMap_c010.fits", seconds(200.0))
        for kind in ("SrcMap", "PSFMap", "BackgrImage", "DetMask", "SensMap", "UnvExpMap"):
            write(tmp_path / f"em01_164087_024_{kind}_c010.fits", 50)
        pixels = FitsProvider(tmp_path, EROSITA).cutout(FIELD)
        assert pixels.image.sum() == fits.getdata(image).sum()
        assert (pixels.exposure == 200).all()

    def test_esass_under_names_of_ones_own(self, tmp_path):
        image = write(tmp_path / "Image_024.fits", 2)
        write(tmp_path / "ExposureMap_024.fits", seconds(200.0))
        for kind in ("SrcMap_024", "PSFMap_024", "BackgrImage_024", "DetMask_020", "SensMap_024"):
            write(tmp_path / f"{kind}.fits", 50)
        events = fits.BinTableHDU.from_columns([fits.Column("PI", "E", array=[1.0])], name="EVENTS")
        events.writeto(tmp_path / "EventList_020.fits")
        with pytest.warns(FailedTargetWarning):
            pixels = FitsProvider(tmp_path, EROSITA).cutout(FIELD)
        assert pixels.image.sum() == fits.getdata(image).sum()
        assert (pixels.exposure == 200).all()

    def test_telescope_modules_and_all_of_them(self, tmp_path):
        for module in (0, 1, 2):
            write(tmp_path / f"em01_164087_{module}24_Image_c010.fits", 7 - module)
        with pytest.warns(FailedTargetWarning, match="2 of 3 files"):
            found = counts(tmp_path, EROSITA)
        assert found == counts(tmp_path / "em01_164087_024_Image_c010.fits", EROSITA)

    def test_ciao(self, tmp_path):
        band = XMM.with_(name="chandra", energy=[0.5, 7] * u.keV)
        for obsid in ("3838", "4385"):
            write(tmp_path / f"{obsid}_broad_thresh.img", int(obsid[0]))
            write(tmp_path / f"{obsid}_broad_thresh.expmap", seconds(1e4), BUNIT="s")
            write(tmp_path / f"{obsid}_broad_flux.img", 1e-8 * np.ones(FIELD.shape))
            write(tmp_path / f"{obsid}_soft_thresh.img", int(obsid[0]) - 2)
            write(tmp_path / f"{obsid}_broad_thresh.psfmap", 2 * np.ones(FIELD.shape))
        with pytest.warns(FailedTargetWarning, match="divided by the exposure"):
            pixels = FitsProvider(tmp_path, band).cutout(FIELD)
        wanted = sum(fits.getdata(tmp_path / f"{k}_broad_thresh.img").sum() for k in (3838, 4385))
        assert pixels.image.sum() == wanted
        assert (pixels.exposure == 2e4).all()

    def test_ciao_merged(self, tmp_path):
        """What merge_obs made of several observations says so in its header."""
        band = XMM.with_(name="chandra", energy=[0.5, 7] * u.keV)
        name = "m87_{}_broad_thresh.img"
        paths = [write(tmp_path / name.format(k), 2 + k, OBS_ID=f"{k}") for k in (1, 2)]
        write(tmp_path / "m87_broad_thresh.img", 9, OBS_ID="Merged")
        with pytest.warns(FailedTargetWarning, match=r"m87_broad_thresh\.img \("):
            assert counts(tmp_path, band) == sum(counts(path, band) for path in paths)

    def test_rosat(self, tmp_path):
        for k in (1, 2, 3):
            write(tmp_path / f"rp180296n00_im{k}.fits", 10 - k)
        write(tmp_path / "rp180296n00_mex.fits", seconds(5000.0))
        write(tmp_path / "rp180296n00_bk1.fits", seconds(1.0))
        with pytest.warns(FailedTargetWarning, match="2 of 3 files .* which shares photons with"):
            pixels = FitsProvider(tmp_path, get_band("rass")).cutout(FIELD)
        assert pixels.image.sum() == fits.getdata(tmp_path / "rp180296n00_im1.fits").sum()
        assert (pixels.exposure == 5000).all()

    def test_xmm_with_everything(self, tmp_path):
        """Cameras and energies are added; spectra, masks and mosaics are no images."""
        name, total = "P0201903501{}{}{}000.FTZ", 0
        for camera in ("PNS003", "M1S001"):
            for code in "123458":
                path = write(tmp_path / name.format(camera, "IMAGE_", code), int(code))
                total += fits.getdata(path).sum() if code in "23" else 0
                for kind in ("EXPMAP", "BKGMAP", "DETMSK"):
                    write(tmp_path / name.format(camera, kind, code), seconds(1000.0))
            write(tmp_path / name.format(camera, "SRSPEC", "0"), 90)
        write(tmp_path / name.format("EPX000", "OIMAGE", "8"), 90)
        (tmp_path / "P0201903501EPX000OIMAGE8000.PNG").write_text("picture")
        pixels = FitsProvider(tmp_path, XMM).cutout(FIELD)
        assert pixels.image.sum() == total
        assert (pixels.exposure == 2000).all()

    def test_legacy_surveys(self, tmp_path):
        name = "legacysurvey-1501p020-{}.fits"
        for kind, value in (("image-g", 9), ("image-r", 5), ("invvar-r", 50), ("maskbits", 60),
                            ("psfsize-r", 70)):  # fmt: skip
            write(tmp_path / name.format(kind), value * np.ones(FIELD.shape, "float32"))
        with pytest.warns(FailedTargetWarning, match=r"image-g\.fits \(passband g, by its name\)"):
            pixels = FitsProvider(tmp_path, get_band("legacy-r")).cutout(FIELD)
        assert (pixels.image == 5).all()

    def test_sdss(self, tmp_path):
        write(tmp_path / "frame-r-003918-3-0213.fits", 5 * np.ones(FIELD.shape, "float32"))
        write(tmp_path / "frame-g-003918-3-0213.fits", 9 * np.ones(FIELD.shape, "float32"))
        write(tmp_path / "fpM-003918-r3-0213.fits", 50)
        with pytest.warns(FailedTargetWarning, match="passband g"):
            assert (FitsProvider(tmp_path, get_band("sdss-r")).cutout(FIELD).image == 5).all()


class TestSubBands:
    """Energy bands of one observation, by the names of the files."""

    def test_photons_add_and_exposures_are_averaged(self, tmp_path):
        for k, energies in enumerate(("0300_0600", "0600_1100")):
            write(tmp_path / f"img_{energies}.fits", 2 + k)
            write(tmp_path / f"expmap_norm_{energies}.fits", seconds(1000.0 + 10 * k))
        pixels = FitsProvider(tmp_path, EROSITA).cutout(FIELD)
        paths = sorted(tmp_path.glob("img*"))
        assert pixels.image.sum() == sum(fits.getdata(path).sum() for path in paths)
        assert np.allclose(pixels.exposure, 1005)

    def test_real_folder(self, real_data):
        folder = real_data / "efeds_cluster"
        with pytest.warns(FailedTargetWarning, match=r"mask\.fits\.gz \(mask by its name\)"):
            provider = FitsProvider(folder, EROSITA)
        center = SkyCoord(140.338, 3.291, unit="deg")
        pixels = provider.cutout(CutoutGrid(center, 60 * u.arcmin, 900))
        total = sum(fits.getdata(path).sum() for path in folder.glob("img_*"))
        assert np.nansum(pixels.image, dtype=float) == pytest.approx(total, rel=1e-3)
        assert 2900 < pixels.exposure.max() < 2960


class TestExposures:
    def test_map_of_the_same_name_is_paired(self, tmp_path):
        write(tmp_path / "a.fits", 3)
        write(tmp_path / "a_expmap.fits", seconds(700.0))
        assert (FitsProvider(tmp_path, XMM).cutout(FIELD).exposure == 700).all()

    def test_map_that_does_not_fit_is_left_out(self, tmp_path):
        write(tmp_path / "a.fits", 3)
        write(tmp_path / "a_expmap.fits", seconds(700.0)[1:])
        with pytest.warns(FailedTargetWarning, match=r"a_expmap\.fits \(has shape \(89, 90\)"):
            pixels = FitsProvider(tmp_path, XMM).cutout(FIELD)
        assert not pixels.exposure_known

    def test_map_of_one_exposure_by_header(self, tmp_path):
        write(tmp_path / "photons.fits", 3, **OBSERVATION)
        write(tmp_path / "time.fits", seconds(700.0), CONTENT="EPIC EXPOSURE MAP", **OBSERVATION)
        pixels = FitsProvider(tmp_path, XMM).cutout(FIELD)
        assert (pixels.exposure == 700).all()

    @pytest.mark.parametrize(
        ("unit", "factor"),
        [("s", 1), ("sec", 1), ("ks", 1e3), ("KSEC", 1e3), ("min", 60), ("h", 3600), ("d", 86400),
         ("Primary Array", 1), ("", 1)],
    )  # fmt: skip
    def test_units_of_time(self, tmp_path, unit, factor):
        source = {
            "image": write(tmp_path / "a.fits", 3),
            "exposure": write(tmp_path / "e.fits", seconds(200.0), BUNIT=unit),
        }
        pixels = FitsProvider(source, XMM).cutout(FIELD)
        assert np.allclose(pixels.exposure, 200 * factor)
        assert pixels.full_exposure == pytest.approx(200 * factor)

    @pytest.mark.parametrize(
        ("unit", "words"),
        [("cm**2 s", "a time multiplied by an effective area"), ("count", "no time"),
         ("s cm2 count / photon", "an effective area"), ("1/s", "no time"),
         ("dex(s)", "no plain time"), ("log(s)", "no plain time"), ("normalized", "no plain time"),
         ("exposure in ks", "no plain time"), ("1e999", "no plain time"),
         ("1e308 ks", "no plain time"), ("-1 s", "no plain time")],
    )  # fmt: skip
    def test_other_units_are_refused_by_name(self, tmp_path, unit, words):
        image = write(tmp_path / "a.fits", 3)
        exposure = write(tmp_path / "a_exp.fits", seconds(2e6), BUNIT=unit)
        with pytest.raises(ProviderError, match=rf"a_exp\.fits has the unit .*{words}"):
            FitsProvider({"image": image, "exposure": exposure}, XMM)
        with pytest.warns(FailedTargetWarning, match=r"a_exp\.fits \(has the unit"):
            assert not FitsProvider(tmp_path, XMM).cutout(FIELD).exposure_known


    def test_map_in_memory_with_a_unit(self):
        image = SkyImage(seconds(1.0), FIELD.wcs, "counts", seconds(2.0) * u.ks)
        assert (FitsProvider(image, XMM).cutout(FIELD).exposure == 2000).all()
        with pytest.raises(ProviderError, match="the exposure map has the unit 'cm2 s', a time"):
            SkyImage(seconds(1.0), FIELD.wcs, "counts", seconds(2.0) * u.s * u.cm**2)

    @pytest.mark.parametrize("empty", [0.0, -1.0, np.nan])
    def test_map_without_exposure(self, tmp_path, empty):
        """Named; beside another camera its image is left out, alone it is the row's fault."""
        source = {"image": [], "exposure": []}
        for k, value in enumerate((empty, 700.0)):
            source["image"].append(write(tmp_path / f"i{k}.fits", 3 + k))
            source["exposure"].append(write(tmp_path / f"e{k}.fits", seconds(value)))
        first = {key: paths[0] for key, paths in source.items()}
        with pytest.raises(ProviderError, match=r"e0\.fits holds no exposure"):
            FitsProvider(first, XMM).cutout(FIELD)
        grids = CutoutGrids([150.0], [2.0], FIELD.size, FIELD.pixels)
        with ThreadPoolExecutor(1) as pool:
            fault = FitsProvider(first, XMM).cutouts(grids, pool)[0]
            assert "e0.fits holds no exposure" in str(fault)
            with pytest.warns(FailedTargetWarning, match=r"e0\.fits holds no exposure; its image"):
                many = FitsProvider(source, XMM).cutouts(grids, pool)[0]
        with pytest.warns(FailedTargetWarning, match=r"e0\.fits holds no exposure; its image"):
            one = FitsProvider(source, XMM).cutout(FIELD)
        for pixels in (many, one):
            assert pixels.image.sum() == fits.getdata(source["image"][1]).sum()
            assert (pixels.exposure == 700).all()


def test_nothing_is_written_beside_the_files(tmp_path):
    write(tmp_path / "a.fits", 3)
    counts(tmp_path)
    assert os.listdir(tmp_path) == ["a.fits"]


def test_copies_of_another_type_or_camera_name_count_once(tmp_path):
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.arcmin, 150)
    counts = np.random.default_rng(3).poisson(1.0, field.shape)
    for k, (dtype, camera) in enumerate([("int16", "EPN"), ("float64", "EPN"), ("int32", "PN")]):
        header = field.wcs.to_header()
        header.update({"TELESCOP": "XMM", "OBS_ID": "0123456789", "INSTRUME": camera})
        hdu = fits.PrimaryHDU(counts.astype(dtype), header)
        hdu.writeto(tmp_path / f"{'abc'[k]}.fits")
    with pytest.warns(FailedTargetWarning, match="2 copies of other files"):
        provider = FitsProvider(tmp_path, get_band("xmm"))
    pixels = provider.cutout(CutoutGrid(field.center, 12 * u.arcmin, 180))
    assert np.nansum(pixels.image) == pytest.approx(counts.sum())
