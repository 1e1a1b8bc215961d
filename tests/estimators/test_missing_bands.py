"""Targets without an image in some bands: predicted from the others, where weights can do that."""

from dataclasses import replace

import numpy as np
import pytest

from astrocnn import ClusterClassifier
from astrocnn._registry import Registry
from astrocnn.estimators import _simulated, train_on_simulation
from astrocnn.estimators._outputs import class_probabilities, missing_wavebands
from astrocnn.estimators._recipe import Recipe
from astrocnn.exceptions import InvalidParameterError, NoCoverageWarning, WeightsError
from astrocnn.networks import ModelDescription, read_description, save_model
from astrocnn.preprocessing import Preprocessing, centered_planes
from astrocnn.simulation import simulate_cutouts, simulate_field

OUTPUTS = ("other", "point", "cluster")
SMALL = {"widths": (4, 8), "depths": (1, 1), "dense": 8}
PLANES = {
    "pixels": 90, "n": 40, "epochs": 1, "network": "two_branch", "turned": 0.0,
    "source_planes": True, "version": 3, "outputs": OUTPUTS, "calibration": "temperature",
}  # fmt: skip
BANDS = ("xmm", "dss2-red")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Weights for X-rays alone, and others whose X-ray part they are."""
    folder = tmp_path_factory.mktemp("weights")
    alone = Recipe(("xmm",), n_calibration=110, arguments=SMALL, **PLANES)
    both = Recipe(
        BANDS, n_calibration=110, xray_weights=str(folder / "xray.keras"),
        without=((1.0, ("xmm",)),),
        **(PLANES | {"network": "evidence", "arguments": {"alone": SMALL, "both": SMALL}}),
    )  # fmt: skip
    recipes = Registry("recipe", {"xray": alone, "both": both})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_simulated, "RECIPES", recipes)
        for name in recipes:
            classifier = train_on_simulation(name, n_test=40, n_jobs=1, folder=folder)
            classifier.save(folder / f"{name}.keras")
    return folder


@pytest.fixture(scope="module")
def cutouts():
    return simulate_cutouts(12, 5, BANDS, pixels=90, version=3)[0]


def without(cutouts, *bands):
    """The same cut-outs, but for some bands of every second target."""
    found = cutouts.drop_vars(["coverage", "signal"], errors="ignore").copy(deep=True)
    for band in bands:
        number = list(found["band"].values).index(band)
        found["image"][::2, number] = np.nan
        found["valid"][::2, number] = 0
    return found


@pytest.mark.slow
class TestTrained:
    def predict(self, trained, cutouts, name="both", **parameters):
        classifier = ClusterClassifier(trained / f"{name}.keras", judge_novel=True, **parameters)
        return classifier.predict(cutouts)

    def test_card(self, trained):
        card = read_description(trained / "both.keras").card
        assert set(card["area_under_curve_without"]) == {"optical", "xray"}
        found = read_description(trained / "both.keras")
        assert found.optional_bands == list(BANDS)
        assert set(found.calibration["without"]) == {"optical", "xray"}
        alone = read_description(trained / "xray.keras")
        assert found.calibration["without"]["optical"] == alone.calibration

    def test_xrays_alone_are_as_with_weights_for_them(self, trained, cutouts):
        with pytest.warns(NoCoverageWarning, match="6 of 12 targets have no DSS2-red coverage"):
            result = self.predict(trained, without(cutouts, "dss2-red"))
        alone = self.predict(trained, cutouts.isel(band=[0]), "xray")
        whole = self.predict(trained, cutouts)
        for column in ("proba_cluster", "proba_point"):
            np.testing.assert_allclose(result[column][::2], alone[column][::2], atol=1e-5)
            np.testing.assert_allclose(result[column][1::2], whole[column][1::2], atol=1e-5)
        assert (result["flag"][::2] == "no_coverage:dss2-red").sum() >= 4

    def test_optical_image_alone(self, trained, cutouts):
        with pytest.warns(NoCoverageWarning, match="no XMM coverage"):
            result = self.predict(trained, without(cutouts, "xmm"))
        assert np.isfinite(result["proba_cluster"].filled(np.nan)).all()
        whole = self.predict(trained, cutouts)
        np.testing.assert_allclose(
            result["proba_cluster"][1::2], whole["proba_cluster"][1::2], atol=1e-5
        )
        assert np.isnan(result["source_separation"].filled(np.nan)[::2]).all()

    def test_observed_without_a_photon_is_not_missing(self, trained, cutouts):
        some = without(cutouts)
        some["image"][0, 0] = 0
        result = self.predict(trained, some)
        assert "no_signal:xmm" in result["flag"][0]
        assert result["proba_cluster"].mask[0]
        assert not result["proba_cluster"].mask[1:].any()

    def test_gate_does_not_judge_what_is_missing(self, trained, cutouts):
        with pytest.warns(NoCoverageWarning):
            result = ClusterClassifier(trained / "both.keras").predict(
                without(cutouts, "dss2-red")
            )
        assert not any("dss2-red(" in flag for flag in result["flag"][::2])

    def test_nothing(self, trained, cutouts):
        with pytest.warns(NoCoverageWarning):
            result = self.predict(trained, without(cutouts, *BANDS))
        assert result["proba_cluster"].mask[::2].all()

    def test_kept_and_explained(self, trained, cutouts, tmp_path):
        some = without(cutouts, "dss2-red")
        classifier = ClusterClassifier(trained / "both.keras", judge_novel=True)
        for _ in range(2):  # made, then read
            with pytest.warns(NoCoverageWarning):
                result = classifier.predict(some, folder=tmp_path / "run")
        assert not np.ma.getmaskarray(result["proba_cluster"]).any()
        explained = classifier.explain(some.isel(target=[0, 1]), steps=64)
        assert np.isfinite(explained["attribution"].values).all()
        added = explained["attribution"].values[0].sum(axis=(1, 2))
        assert added[1] == 0
        change = float(explained["proba"][0]) - explained.attrs["baseline_proba"]
        assert added[0] == pytest.approx(change, abs=0.05)

    def test_goes_on_with_targets_that_lack_a_band(self, trained, cutouts):
        classifier = ClusterClassifier(trained / "both.keras", epochs=1, judge_novel=True)
        classifier.fit(without(cutouts, "dss2-red"), np.arange(12) % 2 == 0)
        assert classifier.n_targets_seen_ == 12

    def test_calibrated_apart_by_fit(self, trained):
        """Held-out targets without a band neither calibrate the others nor tell what is usual."""
        many, truth = simulate_cutouts(420, 8, BANDS, pixels=90, version=3)
        classifier = ClusterClassifier(
            trained / "both.keras", epochs=1, validation_fraction=0.5, random_state=0
        )
        classifier.fit(without(many, "dss2-red"), truth["is_cluster"])
        found = classifier._fitted.description
        assert set(found.calibration["without"]) == {"optical"}
        assert found.calibration["without"]["optical"] != found.calibration["temperature"]
        flags = classifier.predict(many.isel(target=slice(0, 100)))["flag"]
        assert np.mean(["dss2-red(" in flag for flag in flags]) < 0.1

    def test_fit_without_any_optical_image(self, trained):
        """Nothing is known of targets with all bands, and nothing that was trained is lost."""
        many, truth = simulate_cutouts(210, 8, BANDS, pixels=90, version=3)
        many = many.drop_vars(["coverage", "signal"])
        many["image"][:, 1], many["valid"][:, 1] = np.nan, 0
        classifier = ClusterClassifier(
            trained / "both.keras", epochs=1, validation_fraction=0.5, random_state=0
        )
        classifier.fit(many, truth["is_cluster"])
        found = classifier._fitted.description
        assert (found.domain, found.operating_points) == ({}, {})
        assert set(found.calibration["without"]) == {"optical"}
        with pytest.warns(NoCoverageWarning):
            result = classifier.predict(many.isel(target=slice(0, 10)))
        assert not np.ma.getmaskarray(result["proba_cluster"]).any()

    def test_planes_of_the_list_are_those_of_cutouts(self, trained, cutouts):
        """What is trained without X-rays is what a target without X-rays becomes."""
        steps = Preprocessing(source_planes=True)
        plain = steps.plain(cutouts)[::2, ..., 1:]
        found = steps(without(cutouts, "xmm"))[::2]
        np.testing.assert_array_equal(found[..., -1:], centered_planes(plain, 4.0))
        assert not found[..., :-1].any()


class TestCalibration:
    outputs = np.array([[[0.2, 0.8]], [[0.2, 0.8]], [[0.2, 0.8]]])
    description = ModelDescription(
        "cn", {"input_shape": [32, 32, 2], "n_classes": 2}, list(BANDS), 6.0,
        ["non_cluster", "cluster"], Preprocessing().to_config(),
        calibration={
            "method": "temperature", "n": 10, "temperature": 1.0,
            "without": {"optical": {"method": "temperature", "n": 10, "temperature": 2.0}},
        },
    )  # fmt: skip

    def test_own_one_without_a_waveband(self):
        missing = np.array(["", "optical", "xray"])
        proba = class_probabilities(self.description, self.outputs, missing=missing)[0]
        np.testing.assert_allclose(proba[:, 1], [0.8, 2 / 3, 0.8])

    def test_none_of_its_own(self):
        """The common one; and none at all is no error."""
        missing = np.array(["", "optical", "optical"])
        for calibration, expected in (
            ({"method": "temperature", "temperature": 2.0, "without": {"optical": {}}}, 2 / 3),
            ({"method": None, "without": {"xray": {"method": "temperature"}}}, 0.8),
        ):
            one = replace(self.description, calibration=calibration)
            proba = class_probabilities(one, self.outputs, missing=missing)[0]
            np.testing.assert_allclose(proba[:, 1], expected)

    def test_single_precision_in_double_precision_out(self):
        outputs = self.outputs.astype(np.float32)
        one, other = (
            class_probabilities(self.description, outputs, missing=missing)[0]
            for missing in (None, np.array(["", "", ""]))
        )
        assert one.dtype == other.dtype == np.float64
        np.testing.assert_array_equal(one, other)

    def test_wavebands(self):
        cutouts = simulate_cutouts(2, 5, BANDS, pixels=16)[0]
        cutouts["coverage"] = (("target", "band"), [[0.0, 1.0], [0.4, 0.0]])
        rows = np.ones(2, dtype=bool)
        assert missing_wavebands(cutouts, rows).tolist() == ["xray", "optical"]


def test_bands_that_may_be_missing_are_bands(tmp_path):
    from astrocnn.networks import build_cn

    arguments = {"input_shape": [32, 32, 1], "n_classes": 2}
    description = ModelDescription(
        "cn", arguments, ["xmm"], 6.0, ["a", "b"], {}, optional_bands=["dss2-red"]
    )
    save_model(tmp_path / "wrong.keras", build_cn((32, 32, 1)), description)
    with pytest.raises(WeightsError, match="optional_bands"):
        read_description(tmp_path / "wrong.keras")


def test_recipes_that_cannot_be():
    with pytest.raises(InvalidParameterError, match="list_pixels"):
        Recipe(BANDS, 178, list_pixels=90, source_planes=True, without=((1.0, ("xmm",)),))
    with pytest.raises(InvalidParameterError, match="source_planes"):
        Recipe(BANDS, 178, without=((1.0, ("xmm",)),))


@pytest.mark.slow
def test_xray_weights_of_another_kind(trained, tmp_path):
    """Weights whose outputs are in another order are no part of the network."""
    other = PLANES | {"outputs": ("point", "other", "cluster"), "network": "evidence"}
    recipe = Recipe(
        BANDS, n_calibration=0, xray_weights=str(trained / "xray.keras"),
        **(other | {"arguments": {"alone": SMALL, "both": SMALL}}),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_simulated, "RECIPES", Registry("recipe", {"other": recipe}))
        with pytest.raises(WeightsError, match="cannot be the X-ray part: their outputs"):
            train_on_simulation("other", n=8, n_test=4, n_jobs=1)


@pytest.mark.parametrize(
    ("joint", "alone", "optical"),
    [
        ("xmm-dss2-psf", "xmm-psf", ["dss2-red"]),
        ("erosita-legacy-psf", "erosita-psf", ["legacy-g", "legacy-r", "legacy-z"]),
    ],
)
def test_shipped_weights_without_optical_images(joint, alone, optical):
    """The predictions are those of X-rays alone; that there are no images is no news."""
    band = alone.removesuffix("-psf")
    field = simulate_field(3, 5, (band,), kind="cluster", exposure_map=True, version=3)
    images = {band: field.images[band]}
    expected = ClusterClassifier(alone, images=images).predict(field.center)
    found = ClusterClassifier(joint, images=images | dict.fromkeys(optical, "none")).predict(
        field.center
    )
    for name in ("proba_cluster", "proba_point", "proba_pair", "proba_other"):
        assert found[name][0] == pytest.approx(expected[name][0], abs=1e-3)  # half precision
    assert all(f"no_coverage:{name}" in found["flag"][0] for name in optical)
