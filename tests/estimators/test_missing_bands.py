"""Targets without an image in some bands: predicted from the others, where weights can do that."""

import numpy as np
import pytest

from astrocnn import ClusterClassifier
from astrocnn._registry import Registry
from astrocnn.estimators import _simulated, train_on_simulation
from astrocnn.estimators._outputs import class_probabilities, missing_wavebands
from astrocnn.estimators._recipe import Recipe
from astrocnn.exceptions import NoCoverageWarning
from astrocnn.networks import ModelDescription, read_description, save_model
from astrocnn.preprocessing import Preprocessing, centered_planes
from astrocnn.simulation import simulate_cutouts

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
        explained = classifier.explain(some.isel(target=[0, 1]), steps=8)
        assert np.isfinite(explained["attribution"].values).all()
        assert (explained["attribution"].values[0, 1] == 0).all()

    def test_goes_on_with_targets_that_lack_a_band(self, trained, cutouts):
        classifier = ClusterClassifier(trained / "both.keras", epochs=1, judge_novel=True)
        classifier.fit(without(cutouts, "dss2-red"), np.arange(12) % 2 == 0)
        assert classifier.n_targets_seen_ == 12

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

    def test_wavebands(self):
        cutouts = simulate_cutouts(2, 5, BANDS, pixels=16)[0]
        cutouts["signal"] = (("target", "band"), [[False, True], [True, False]])
        rows = np.ones(2, dtype=bool)
        assert missing_wavebands(cutouts, rows).tolist() == ["xray", "optical"]


def test_bands_that_may_be_missing_are_bands(tmp_path):
    from astrocnn.exceptions import WeightsError
    from astrocnn.networks import build_cn

    arguments = {"input_shape": [32, 32, 1], "n_classes": 2}
    description = ModelDescription(
        "cn", arguments, ["xmm"], 6.0, ["a", "b"], {}, optional_bands=["dss2-red"]
    )
    save_model(tmp_path / "wrong.keras", build_cn((32, 32, 1)), description)
    with pytest.raises(WeightsError, match="optional_bands"):
        read_description(tmp_path / "wrong.keras")
