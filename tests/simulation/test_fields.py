"""Fields and their truth: reproducible, consistent, and what the images show."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from scipy import ndimage, stats

from astrocnn.exceptions import UnknownNameError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import resample_image
from astrocnn.simulation import (
    CAMERAS,
    KINDS,
    LIMITS,
    OPTICAL_CAMERAS,
    TRUTH_CLASSES,
    VERSION,
    simulate_cutouts,
    simulate_field,
    truth_table,
)

CENTER = SkyCoord(150, 2, unit="deg")


def same(a, b):
    return (
        np.array_equal(a.data, b.data, equal_nan=True)
        and np.array_equal(a.wcs.wcs.crpix, b.wcs.wcs.crpix)
        and np.array_equal(a.wcs.wcs.cd, b.wcs.wcs.cd)
        and ((a.exposure is None and b.exposure is None) or np.array_equal(a.exposure, b.exposure))
    )


@pytest.fixture(scope="module")
def truth():
    """Truth of 400 targets, without their images."""
    return truth_table([simulate_field(i, 11, bands=()).truth for i in range(400)], 11)


class TestSameSeedSameField:
    @pytest.mark.parametrize("number", [0, 3])
    @pytest.mark.parametrize("bands", [("xmm",), ("dss2-red",), ("dss2-red", "xmm")])
    def test_whichever_bands_are_asked_for(self, number, bands):
        whole, part = simulate_field(number, 7), simulate_field(number, 7, bands)
        assert list(part.images) == list(bands)
        assert str(part.truth) == str(whole.truth)
        for band in bands:
            assert same(part.images[band], whole.images[band])

    def test_whatever_else_is_in_the_list(self):
        together, _ = simulate_cutouts(4, 7, pixels=16)
        alone, _ = simulate_cutouts([3], 7, pixels=16)
        assert np.array_equal(together["image"].values[3], alone["image"].values[0], equal_nan=True)

    @pytest.mark.parametrize("other", [{"number": 1}, {"random_state": 8}])
    def test_other_numbers_other_fields(self, other):
        first = simulate_field(**({"number": 0, "random_state": 7} | other), kind="blank")
        second = simulate_field(0, 7, kind="blank")
        for band in first.images:
            assert not same(first.images[band], second.images[band])

    def test_streams_are_independent(self, truth):
        """What a field holds must not be written in where its pixels lie."""
        phases, turned = [], []
        for i in range(60):
            image = simulate_field(i, 11, ("xmm",)).images["xmm"]
            phases.append(image.wcs.wcs.crpix % 1)
            turned.append(image.wcs.wcs.cd[0, 1] != 0)
        cluster = np.array(truth["is_cluster"][:60])
        east = truth["ra"][:60].value > 180
        for quantity in (*np.transpose(phases), np.array(turned, float), east.astype(float)):
            difference = quantity[cluster].mean() - quantity[~cluster].mean()
            assert abs(difference) < 4 * quantity.std() * np.sqrt(4 / 60)
        assert abs(np.mean(np.array(turned) == east) - 0.5) < 0.3


class TestTruth:
    def test_columns(self, truth):
        assert truth["flux"].unit == u.erg / u.s / u.cm**2
        assert truth["m500"].unit == u.Msun
        assert truth["r500"].unit == u.arcsec
        assert truth["exposure"].unit == u.s
        assert truth["ra"].unit == truth["dec"].unit == u.deg
        assert all(truth[name].info.description for name in truth.colnames)
        assert truth.meta == {
            "simulated": True, "simulation_version": VERSION, "random_state": 11,
            "cluster_limits": LIMITS,
        }  # fmt: skip

    def test_cluster_is_what_is_a_cluster(self, truth):
        """Those put at the target, and the few that the field holds by chance."""
        assert truth["is_cluster"][truth["kind"] == "cluster"].all()
        assert truth["is_cluster"][truth["kind"] != "cluster"].mean() < 0.1
        clusters = truth[truth["is_cluster"]]
        assert (clusters["m500"].value >= LIMITS["m500"]).all()
        assert (clusters["flux"].value >= LIMITS["flux"]).all()
        for name in ("z", "m500", "r500", "kt", "offset"):
            assert np.isfinite(clusters[name]).all()
            assert np.isnan(truth[name][~truth["is_cluster"]]).all()

    def test_shares_of_the_kinds(self, truth):
        for kind, share in KINDS.items():
            found = (truth["kind"] == kind).sum()
            assert stats.binomtest(int(found), len(truth), share).pvalue > 1e-4
        assert truth["exposure_map"].mean() == pytest.approx(0.6, abs=0.1)

    def test_positions_cover_the_sky(self, truth):
        assert stats.kstest(truth["ra"].value / 360, "uniform").pvalue > 1e-4
        assert stats.kstest((1 + np.sin(truth["dec"].to(u.rad).value)) / 2, "uniform").pvalue > 1e-4

    def test_classes(self, truth):
        classes, kinds = np.array(truth["truth_class"]), np.array(truth["kind"])
        assert set(classes) == set(TRUTH_CLASSES)
        assert np.array_equal(np.isin(classes, ["low-z", "hi-z"]), truth["is_cluster"])
        assert truth["z"][classes == "low-z"].max() < 0.3 <= truth["z"][classes == "hi-z"].min()
        assert set(kinds[classes == "point"]) == {"agn", "star", "pair"}
        assert set(kinds[classes == "galaxy"]) == {"galaxy"}

    def test_nuisances(self, truth):
        """Those that say what is hard: finite, in range, and they mean what they say."""
        assert (np.abs(truth["hardness"]) <= 1).all()
        assert ((truth["seeing"].value >= 2) & (truth["seeing"].value <= 3.8)).all()
        assert (truth["nh"].value >= 1e20).all()
        assert (truth["snr"] <= np.sqrt(truth["counts"].value) + 1e-9).all()
        classes = np.array(truth["truth_class"])
        assert (truth["extent"][truth["is_cluster"]] > 0).all()
        stars, bright = truth["kind"] == "star", truth["counts"].value > 60
        nuclei = np.isin(truth["kind"], ["agn", "pair"]) & (classes == "point")
        assert np.median(truth["hardness"][stars & bright]) < np.median(
            truth["hardness"][nuclei & bright]
        )

    def test_blank_fields_have_no_flux(self, truth):
        empty = np.isin(truth["kind"], ["blank", "artifact"]) & ~truth["is_cluster"]
        assert (truth["flux"][empty] == 0).all()
        assert (truth["counts"][empty] == 0).all()
        detected = ~np.isin(truth["kind"], ["blank", "artifact", "wing"])
        assert (truth["flux"][detected] > 0).all()

    def test_kind_and_position_can_be_chosen(self):
        for kind in KINDS:
            field = simulate_field(5, 3, (), center=CENTER, kind=kind)
            assert field.truth["kind"] == kind
            assert field.truth["ra"] == pytest.approx(150)

    def test_exposure_map_can_be_chosen(self):
        assert simulate_field(1, 3, ("xmm",), exposure_map=True).images["xmm"].exposure is not None
        assert simulate_field(1, 3, ("xmm",), exposure_map=False).images["xmm"].exposure is None

    def test_no_rows(self):
        assert len(truth_table([])) == 0


class TestCounts:
    """Counts in the image minus the background are those of the truth table."""

    @staticmethod
    def net(field, inner, outer):
        """Net counts within a radius, and their error, as with the exposure of the target.

        The background is measured in a ring.
        """
        image = field.images["xmm"]
        rows, columns = np.indices(image.data.shape)
        r = image.wcs.pixel_to_world(columns, rows).separation(field.center).arcsec
        live = image.exposure > 0
        aperture, ring = live & (r < inner), live & (r > outer[0]) & (r < outer[1])
        level = image.data[ring].sum() / image.exposure[ring].sum()
        filled = (r < inner).sum() / aperture.sum()
        total, sky = image.data[aperture].sum(), level * image.exposure[aperture].sum()
        mean = image.exposure[aperture].mean() / field.truth["exposure"]
        return filled * (total - sky) / mean, filled * np.sqrt(total) / mean

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("kind", "inner", "low", "high"),
        [
            ("agn", 60, 0.90, 1.00),  # 96 % of the point-spread function, some in the ring
            ("star", 60, 0.88, 1.02),
            ("cluster", 90, 0.85, 1.08),  # wide ones reach beyond the aperture
        ],
    )
    def test_bright_sources(self, kind, inner, low, high):
        ratio = []
        number = 0
        while len(ratio) < 12:
            number += 1
            field = simulate_field(number, 21, (), CENTER, kind, True)
            truth = field.truth
            compact = kind != "cluster" or truth["r500"] < 110
            if truth["counts"] < 400 or truth["exposure"] < 3000 or not compact:
                continue
            field = simulate_field(number, 21, ("xmm",), CENTER, kind, True)
            if not (field.images["xmm"].exposure > 0).all():
                continue
            ratio.append(self.net(field, inner, (160, 240))[0] / truth["counts"])
        assert low < np.median(ratio) < high
        # Field sources and groups in the aperture and the ring come on top of Poisson noise.
        assert np.std(ratio) < 0.25

    def test_blank_fields_have_no_net_counts(self):
        pulls = []
        for number in range(25):
            field = simulate_field(number, 31, ("xmm",), CENTER, "blank", True)
            if field.truth["off_axis"] < 8:
                net, noise = self.net(field, 40, (80, 200))
                pulls.append(net / max(noise, 1))
        assert len(pulls) > 5
        assert abs(np.median(pulls)) < 1.2

    def test_resampling_keeps_them(self):
        """Cut-outs go through the resampler of real images."""
        field = simulate_field(4, 5, ("xmm",), CENTER, "agn", True)
        image = field.images["xmm"]
        found = resample_image(image, CutoutGrid(CENTER, 6 * u.arcmin, 356)).image
        rows, columns = np.indices(image.data.shape)
        sky = image.wcs.pixel_to_world(columns, rows)
        east, north = CENTER.spherical_offsets_to(sky)
        inside = (np.abs(east) < 180 * u.arcsec) & (np.abs(north) < 180 * u.arcsec)
        total = image.data[inside].sum()
        assert found.sum(dtype=float) == pytest.approx(total, abs=4 * np.sqrt(total))


@pytest.fixture(scope="module")
def made():
    return simulate_cutouts(6, 9, pixels=32)


class TestCutouts:
    def test_dataset(self, made):
        dataset, truth = made
        assert dict(dataset.sizes) == {"target": 6, "band": 2, "y": 32, "x": 32}
        assert dataset["band"].values.tolist() == ["xmm", "dss2-red"]
        assert dataset.attrs["simulated"]
        assert dataset["target_id"].values.tolist() == truth["target_id"].tolist()
        assert np.allclose(dataset["ra"].values, truth["ra"].value)

    def test_exposure_goes_with_the_truth(self, made):
        dataset, truth = made
        known = np.isfinite(dataset["exposure"].values[:, 0]).all(axis=(1, 2))
        covered = dataset["coverage"].values[:, 0] > 0
        assert np.array_equal(known[covered], np.array(truth["exposure_map"])[covered])
        assert np.isnan(dataset["exposure"].values[:, 1]).all()

    def test_plates_are_whole(self, made):
        assert (made[0]["coverage"].values[:, 1] == 1).all()

    def test_field_is_wide_enough_for_any_rotation(self):
        """X-ray images are turned by any angle; 6 arcmin must fit in."""
        dataset, _ = simulate_cutouts(20, 2, ["xmm"], pixels=16, exposure_map=False)
        image, valid = dataset["image"].values, dataset["valid"].values
        counts = [s.startswith("exposure_unknown") for s in dataset["status"].values[:, 0]]
        assert sum(counts) > 3
        assert valid[counts].all()
        assert np.isfinite(image[counts]).all()


class TestSurveys:
    def test_every_band_can_be_made(self):
        bands = ("xmm", "erosita", "rass", *OPTICAL_CAMERAS)
        assert set(CAMERAS) == set(bands[:3])
        field = simulate_field(3, 1, bands, kind="cluster")
        for band in bands:
            image = field.images[band]
            assert np.isfinite(image.data).any()
            assert "simulated" in image.name

    @pytest.mark.parametrize("band", ["legacy-r", "sdss-i", "erosita"])
    def test_leaving_one_out_changes_no_other(self, band):
        bands = ("erosita", "legacy-r", "sdss-i", "dss2-red")
        whole = simulate_field(5, 2, bands).images[band]
        part = simulate_field(5, 2, tuple(dict.fromkeys(["erosita", band]))).images[band]
        assert same(whole, part)

    def test_the_first_xray_band_decides(self):
        truth = simulate_field(5, 2, ("legacy-r", "erosita")).truth
        assert truth["camera"].startswith("eROSITA")
        assert truth["off_axis"] == 0

    def test_unknown_band(self):
        with pytest.raises(UnknownNameError, match="rosat"):
            simulate_field(0, 0, ("rosat",))

    def test_deeper_surveys_see_more_sources(self):
        """Groups of pixels five times above the noise."""
        number = {}
        for band in ("dss2-red", "legacy-r"):
            image = simulate_field(6, 1, (band,), kind="blank").images[band].data
            noise = 1.4826 * np.median(np.abs(image - np.median(image)))
            number[band] = ndimage.label(image - np.median(image) > 5 * noise)[1]
        assert number["legacy-r"] > 2 * number["dss2-red"] > 20
