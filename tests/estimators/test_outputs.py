"""Networks whose outputs are parts of a class: points, other sources, clusters."""

from dataclasses import replace

import numpy as np
import pytest

from astrocnn import ClusterClassifier
from astrocnn._registry import Registry
from astrocnn.estimators import RECIPES, _simulated, train_on_simulation
from astrocnn.estimators._outputs import class_probabilities
from astrocnn.estimators._recipe import Recipe
from astrocnn.exceptions import InvalidParameterError, WeightsError
from astrocnn.networks import ModelDescription, read_description
from astrocnn.preprocessing import Preprocessing
from astrocnn.simulation import simulate_cutouts

NAMES = ["other", "point", "cluster"]


def description(**changes):
    one = ModelDescription(
        "cn", {"input_shape": [32, 32, 1], "n_classes": 3}, ["xmm"], 6.0,
        ["non_cluster", "cluster"], Preprocessing().to_config(), outputs=NAMES,
        card={"trained_prior": {"other": 0.2, "point": 0.3, "cluster": 0.5}},
    )  # fmt: skip
    return replace(one, **changes)


class TestProbabilities:
    outputs = np.array([[[0.2, 0.3, 0.5], [0.4, 0.1, 0.5]], [[0.1, 0.8, 0.1], [0.1, 0.6, 0.3]]])

    def test_parts_are_added_up(self):
        proba, error, apart = class_probabilities(description(), self.outputs)
        np.testing.assert_allclose(proba, [[0.5, 0.5], [0.8, 0.2]])
        np.testing.assert_allclose(apart, [[0.3, 0.2], [0.1, 0.7]])
        np.testing.assert_allclose(error, [0.0, np.std([0.1, 0.3], ddof=1)], atol=1e-12)

    def test_prior_of_each_part(self):
        """Bayes: each output times its share over that of the training."""
        wanted = {"cluster": 0.1, "point": 0.8, "other": 0.1}
        proba, _, apart = class_probabilities(description(), self.outputs, wanted)
        mean = self.outputs.mean(axis=1) * [0.1 / 0.2, 0.8 / 0.3, 0.1 / 0.5]
        mean /= mean.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(proba[:, 1], mean[:, 2])
        np.testing.assert_allclose(apart, mean[:, :2])

    def test_prior_of_the_clusters_leaves_proportions(self):
        one, _, apart = class_probabilities(description(), self.outputs, 0.1)
        other, _, _ = class_probabilities(
            description(), self.outputs, {"cluster": 0.1, "non_cluster": 0.9}
        )
        np.testing.assert_allclose(one, other)
        before = class_probabilities(description(), self.outputs)[2]
        np.testing.assert_allclose(apart[:, 0] / apart[:, 1], before[:, 0] / before[:, 1])

    def test_unknown_part(self):
        with pytest.raises(InvalidParameterError, match="'other', 'point', 'cluster'"):
            class_probabilities(description(), self.outputs, {"cluster": 0.1, "star": 0.9})

    def test_networks_without_parts_are_as_they_were(self):
        plain = description(
            outputs=[],
            arguments={"input_shape": [32, 32, 1], "n_classes": 2},
            card={"trained_prior": {"non_cluster": 0.5, "cluster": 0.5}},
        )
        proba, error, apart = class_probabilities(plain, self.outputs[:, :1, 1:])
        np.testing.assert_allclose(proba, self.outputs[:, 0, 1:])
        assert np.isnan(error).all()
        assert apart.shape == (2, 0)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    recipe = Recipe(
        ("xmm",), 90, n=40, epochs=1, n_calibration=110, network="cn", turned=0.0,
        source_planes=True, version=3, outputs=tuple(NAMES),
        beside=((1.0, {"bands": ("erosita",)}),),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_simulated, "RECIPES", Registry("recipe", {"tiny": recipe}))
        classifier = train_on_simulation("tiny", n_test=40, n_jobs=1)
    path = tmp_path_factory.mktemp("weights") / "tiny.keras"
    classifier.save(path)
    return path


def test_two_recipes_train_on_one_list(tmp_path):
    """Their networks differ in nothing but the calibration, if the seed is the same."""
    found = [RECIPES[name].sample(4, 1, tmp_path, 1) for name in ("xmm-psf", "erosita-psf")]
    assert len(found[0]) == 2 * (4 + 2 + 2)
    for attribute in ("images", "numbers", "outputs"):
        np.testing.assert_array_equal(*(getattr(sample, attribute) for sample in found))
    assert (found[0].plain != found[1].plain).any()  # what a domain is fitted to


@pytest.fixture(scope="module")
def cutouts():
    return simulate_cutouts(12, 5, ["xmm"], pixels=90, version=3)


@pytest.mark.slow
class TestTrained:
    def test_archive(self, weights):
        found = read_description(weights)
        assert found.outputs == NAMES
        assert found.pixels == 90
        assert found.arguments["input_shape"] == [64, 64, 12]
        assert set(found.card["trained_prior"]) == set(NAMES)
        assert found.card["cluster_limits"]["counts"] == 12.0
        assert found.domain["n_bands"] == 1

    def test_predict(self, weights, cutouts, tmp_path):
        classifier = ClusterClassifier(weights, judge_novel=True)
        result = classifier.predict(cutouts[0])
        total = sum(result[f"proba_{name}"] for name in NAMES)
        np.testing.assert_allclose(total, 1, atol=1e-6)
        assert set(result["label"]) <= {"cluster", "non_cluster"}
        assert result["source_separation"].unit == "arcsec"
        assert np.nanmax(result["source_separation"].filled(np.nan).value) < 70
        assert classifier.predict_proba(cutouts[0]).shape == (12, 2)
        for _ in range(2):  # made, then read
            kept = classifier.predict(cutouts[0], folder=tmp_path / "run")
            np.testing.assert_array_equal(kept["proba_point"], result["proba_point"])

    def test_thresholds_know_no_prior_of_parts(self, weights):
        classifier = ClusterClassifier(weights, prior={"cluster": 0.1, "point": 0.8, "other": 0.1})
        with pytest.raises(InvalidParameterError, match="give prior as the fraction of cluster"):
            classifier.thresholds([0.5])
        assert len(ClusterClassifier(weights, prior=0.1).thresholds([0.5])) == 1

    def test_explain(self, weights, cutouts):
        some = cutouts[0].isel(target=[0, 1])
        classifier = ClusterClassifier(weights)
        explained = classifier.explain(some, steps=64, label="point")
        sums = explained["attribution"].sum(("band", "y", "x"))
        added = explained["proba"] - explained.attrs["baseline_proba"]
        np.testing.assert_allclose(sums, added, atol=0.03)
        with pytest.raises(InvalidParameterError, match="other and point together"):
            classifier.explain(some, label="non_cluster")

    def test_goes_on_from_labels_of_two_classes(self, weights, cutouts):
        prior = {"cluster": 0.3, "point": 0.5, "other": 0.2}
        classifier = ClusterClassifier(
            weights, judge_novel=True, epochs=1, random_state=0, prior=prior
        )
        classifier.fit(cutouts[0], cutouts[1]["is_cluster"])
        result = classifier.predict(cutouts[0])
        total = sum(result[f"proba_{name}"] for name in NAMES)
        np.testing.assert_allclose(total, 1, atol=1e-6)

    def test_other_numbers_of_outputs_are_damage(self, weights, tmp_path):
        import json
        import zipfile

        with zipfile.ZipFile(weights) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        content = json.loads(members["astrocnn.json"])
        for change in ({"outputs": ["point", "cluster"]}, {"cutout_pixels": 180}):
            members["astrocnn.json"] = json.dumps(content | change)
            path = tmp_path / "changed.keras"
            with zipfile.ZipFile(path, "w") as archive:
                for name, data in members.items():
                    archive.writestr(name, data)
            if "outputs" in change:
                with pytest.raises(WeightsError, match="outputs"):
                    read_description(path)
            else:  # finer cut-outs: the X-ray planes are the same
                assert ClusterClassifier(path).classes_.tolist() == [False, True]


@pytest.mark.slow
def test_new_network_on_planes(cutouts):
    classifier = ClusterClassifier(
        None, bands=["xmm"], preprocessing=Preprocessing(source_planes=True), epochs=1,
        network_arguments={"widths": (4, 8), "depths": (1, 1)},
    )  # fmt: skip
    classifier.fit(cutouts[0], cutouts[1]["is_cluster"])
    assert len(classifier.predict(cutouts[0])) == 12
