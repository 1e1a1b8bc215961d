"""What `ClusterClassifier` makes of probabilities: calibration, prevalence, novelty, thresholds."""

import json
import pickle
import zipfile

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.estimators._sample import Sample, hold_out
from astrocnn.exceptions import InvalidParameterError, WeightsError
from astrocnn.providers import Pixels, Provider
from astrocnn.surveys import get_band
from astrocnn.tables import describe_result, has_flag, write_result
from astrocnn.training import adjust_prior

N, PIXELS = 360, 16


class BlobProvider(Provider):
    """Faint blobs in noise, wide ones (often) north of declination 0."""

    description = "made up"

    def __init__(self, white=False):
        super().__init__(get_band("xmm"))
        self.white = white

    def cutout(self, grid):
        rng = np.random.default_rng(round((grid.center.ra.deg + 360) * 1e6))
        y, x = np.indices(grid.shape) - (grid.pixels - 1) / 2
        width = 4.0 if (grid.center.dec.deg > 0) == (rng.random() < 0.85) else 1.2
        image = 8 * np.exp(-(x**2 + y**2) / 2 / width**2) + rng.normal(0, 1, grid.shape)
        if self.white:
            image = rng.normal(0, 1, grid.shape) * (-1.0) ** (x + y).round()
            image[::2] *= 9
        return Pixels(image.astype(np.float32), np.isfinite(image))


def cutouts_of(coords, **settings):
    return make_cutouts(coords, ["xmm"], {"xmm": BlobProvider(**settings)}, pixels=PIXELS)


def untrained(**changes):
    parameters = {
        "weights": None, "bands": ("xmm",), "pixels": PIXELS, "epochs": 4, "batch_size": 32,
        "learning_rate": 3e-3, "random_state": 0, "validation_fraction": 0.4,
    }  # fmt: skip
    return ClusterClassifier(**(parameters | changes))


@pytest.fixture(scope="module")
def coords():
    rng = np.random.default_rng(1)
    dec = np.where(np.arange(N) % 3 == 0, 1, -1) * rng.uniform(1, 50, N)
    return SkyCoord(rng.uniform(0, 360, N), dec, unit="deg")


@pytest.fixture(scope="module")
def cutouts(coords):
    return cutouts_of(coords)


@pytest.fixture(scope="module")
def labels(coords):
    return coords.dec.deg > 0


@pytest.fixture(scope="module")
def fitted(cutouts, labels):
    return untrained().fit(cutouts, labels)


@pytest.fixture(scope="module")
def ensemble(cutouts, labels):
    arguments = {"member": "cn", "n_members": 2}
    clf = untrained(network="ensemble", network_arguments=arguments, epochs=2)
    return clf.fit(cutouts, labels)


@pytest.fixture
def clf(fitted):
    return pickle.loads(pickle.dumps(fitted))


@pytest.fixture(scope="module")
def strange():
    return cutouts_of(SkyCoord(np.arange(6) + 0.5, np.full(6, 5.0), unit="deg"), white=True)


class TestCalibration:
    def test_fit_calibrates_on_held_out_targets(self, fitted):
        description = fitted._fitted.description
        assert description.calibration["method"] == "temperature"
        assert 100 <= description.calibration["n"] < 200
        assert fitted.n_targets_seen_ <= N
        assert "val_loss" in fitted.history_

    def test_calibration_is_applied(self, fitted, cutouts):
        raw = pickle.loads(pickle.dumps(fitted))
        raw._fitted.description.calibration = {"method": "temperature", "temperature": 1.0}
        temperature = fitted._fitted.description.calibration["temperature"]
        found = [np.log(c.predict_proba(cutouts)) for c in (raw, fitted)]
        odds = [logarithm[:, 1] - logarithm[:, 0] for logarithm in found]
        np.testing.assert_allclose(odds[1], odds[0] / temperature, rtol=1e-3, atol=1e-3)

    def test_meta_tells(self, fitted, cutouts):
        assert fitted.predict(cutouts).meta["calibration"] == "temperature"

    def test_few_targets_calibrate_nothing(self, cutouts, labels):
        few = untrained(epochs=1).fit(cutouts.isel(target=slice(0, 60)), labels[:60])
        description = few._fitted.description
        assert (description.calibration, description.domain) == ({}, {})
        assert few.n_targets_seen_ == 60
        result = few.predict(cutouts.isel(target=slice(0, 3)))
        assert "novelty" not in result.colnames
        assert result.meta["calibration"] == "none"
        with pytest.raises(WeightsError, match="at least 100 held-out"):
            few.thresholds()

    def test_other_methods_and_none(self, cutouts, labels):
        for method in ("beta", "isotonic", None):
            clf = untrained(epochs=1, calibration=method).fit(cutouts, labels)
            assert clf._fitted.description.calibration.get("method") == method
            assert len(clf.thresholds()) == 3


    def test_for_two_classes_is_said_before_training(self, cutouts):
        three = np.array(["agn", "cluster", "star"])[np.arange(N) % 3]
        with pytest.raises(InvalidParameterError, match="give calibration='temperature'"):
            untrained(calibration="beta", epochs=10**6).fit(cutouts, three)


class TestPrior:
    def test_share_of_the_training_is_kept(self, fitted, labels):
        prior = fitted._fitted.description.card["trained_prior"]
        assert prior["cluster"] == pytest.approx(labels.mean(), abs=0.08)
        assert sum(prior.values()) == pytest.approx(1)

    def test_balanced_classes_have_equal_shares(self, cutouts, labels):
        clf = untrained(epochs=1, class_weight="balanced").fit(cutouts, labels)
        assert clf._fitted.description.card["trained_prior"]["cluster"] == 0.5

    def test_class_weight_by_label(self, cutouts, labels):
        clf = untrained(epochs=6, class_weight={True: 1, False: 0.01}, validation_fraction=0)
        assert set(clf.fit(cutouts, labels).predict(cutouts)["label"]) == {"cluster"}

    def test_probabilities_follow_the_formula(self, clf, cutouts):
        trained = clf._fitted.description.card["trained_prior"]["cluster"]
        before = clf.predict_proba(cutouts)
        after = clf.set_params(prior=0.05).predict_proba(cutouts)
        np.testing.assert_allclose(after, adjust_prior(before, 0.05, trained))
        np.testing.assert_allclose(clf.set_params(prior=trained).predict_proba(cutouts), before)
        assert after[:, 1].mean() < before[:, 1].mean()

    def test_meta_and_file(self, clf, cutouts, tmp_path):
        result = clf.set_params(prior=0.05).predict(cutouts)
        assert result.meta["prior"] == 0.05
        assert "prior 0.05" in describe_result(result)
        write_result(result, tmp_path / "a.ecsv")
        assert QTable.read(tmp_path / "a.ecsv").meta["prior"] == 0.05
        assert "prior" not in clf.set_params(prior=None).predict(cutouts).meta

    def test_more_than_two_classes(self, cutouts, labels):
        names = np.where(labels, "cluster", np.where(np.arange(N) % 2, "agn", "star"))
        clf = untrained(epochs=1).fit(cutouts, names)
        before = clf.predict_proba(cutouts)
        shares = {"agn": 0.6, "star": 0.3, "cluster": 0.1}
        after = clf.set_params(prior=shares).predict_proba(cutouts)
        trained = clf._fitted.description.card["trained_prior"]
        order = list(clf.classes_)
        expected = adjust_prior(before, [shares[n] for n in order], [trained[n] for n in order])
        np.testing.assert_allclose(after, expected)
        np.testing.assert_allclose(clf.set_params(prior=0.1).predict_proba(cutouts).sum(axis=1), 1)
        with pytest.raises(ValueError, match="dict with the fraction of each"):
            clf.set_params(prior={"agn": 0.5, "cluster": 0.5}).predict_proba(cutouts)
        with pytest.raises(WeightsError, match="two classes"):
            clf.set_params(prior=None).thresholds()

    def test_weights_that_do_not_know_theirs(self, clf, cutouts):
        del clf._fitted.description.card["trained_prior"]
        with pytest.raises(WeightsError, match="leave prior out"):
            clf.set_params(prior=0.1).predict(cutouts)


class TestNovelty:
    def test_ordinary_images_are_judged(self, fitted, cutouts):
        result = fitted.predict(cutouts)
        assert result.colnames[4:7] == ["proba_cluster", "proba_err", "novelty"]
        assert np.mean(result["novelty"] > 1) < 0.05
        novel = has_flag(result["flag"], "out_of_domain")
        np.testing.assert_array_equal(novel, result["novelty"] > 1)
        np.testing.assert_array_equal(result["label"].mask, novel)

    def test_strange_images_are_flagged_instead(self, fitted, strange):
        result = fitted.predict(strange)
        assert has_flag(result["flag"], "out_of_domain:xmm").all()
        assert result["label"].mask.all()
        assert result["proba_cluster"].mask.all()
        assert np.all(result["novelty"] > 1)
        assert "out_of_domain:xmm(" in describe_result(result)

    def test_unless_a_verdict_is_wanted(self, clf, strange):
        result = clf.set_params(judge_novel=True).predict(strange)
        assert not result["label"].mask.any()
        assert has_flag(result["flag"], "out_of_domain").all()

    def test_array_has_probabilities_of_all_images(self, fitted, strange):
        assert np.isfinite(fitted.predict_proba(strange)).all()

    def test_score_is_that_of_the_labels(self, clf, strange):
        truth = np.arange(6) < 3
        assert clf.score(strange, truth) == 0
        assert clf.set_params(judge_novel=True).score(strange, truth) > 0

    def test_no_image_no_novelty(self, fitted, cutouts):
        blank = cutouts.isel(target=slice(0, 2)).copy(deep=True)
        blank["image"][0] = 3.0
        result = fitted.predict(blank)
        assert list(result["novelty"].mask) == [True, False]
        assert result["flag"][0] == "no_signal:xmm"


class TestThresholds:
    def test_at_the_prevalence_of_the_training(self, fitted):
        table = fitted.thresholds()
        trained = fitted._fitted.description.card["trained_prior"]["cluster"]
        assert list(table["purity"]) == [0.9, 0.95, 0.99]
        np.testing.assert_allclose(table["prevalence"], trained)

    def test_prior_moves_threshold_and_probability_together(self, clf, cutouts):
        before = clf.thresholds([0.8])[0]
        trained = clf._fitted.description.card["trained_prior"]["cluster"]
        called = clf.set_params(threshold=before["threshold"]).predict(cutouts)["label"]
        rare = clf.set_params(prior=0.5 * trained)
        after = rare.thresholds([0.8])[0]
        assert after["completeness"] <= before["completeness"]
        same = float(
            adjust_prior([[1 - before["threshold"], before["threshold"]]], 0.5 * trained, trained)[
                0, 1
            ]
        )
        again = rare.set_params(threshold=same).predict(cutouts)["label"]
        np.testing.assert_array_equal(called.filled(""), again.filled(""))

    def test_threshold_reaches_the_purity_on_other_targets(self, clf):
        rng = np.random.default_rng(8)
        dec = np.where(np.arange(600) % 2, 1, -1) * rng.uniform(1, 50, 600)
        coords = SkyCoord(rng.uniform(0, 360, 600), dec, unit="deg")
        row = clf.set_params(prior=0.5, judge_novel=True).thresholds([0.8])[0]
        label = clf.set_params(threshold=row["threshold"]).predict(cutouts_of(coords))["label"]
        purity = np.mean((dec > 0)[label == "cluster"])
        assert row["reached_low"] - 0.05 < purity < row["reached_high"] + 0.05


class TestEnsemble:
    def test_members_differ_and_are_averaged(self, ensemble, cutouts):
        tensor = ensemble._fitted.preprocessing(cutouts)
        outputs = ensemble._fitted.outputs(tensor, 32)
        assert outputs.shape == (N, 2, 2)
        assert np.abs(outputs[:, 0] - outputs[:, 1]).max() > 1e-3
        raw = pickle.loads(pickle.dumps(ensemble)).set_params(judge_novel=True)
        raw._fitted.description.calibration = {}
        result = raw.predict(cutouts)
        np.testing.assert_allclose(result["proba_cluster"], outputs.mean(axis=1)[:, 1], atol=1e-5)
        spread = outputs[:, :, 1].std(axis=1, ddof=1)
        np.testing.assert_allclose(result["proba_err"], spread, atol=1e-5)

    def test_history_of_each_member(self, ensemble):
        assert [len(history["loss"]) for history in ensemble.history_] == [2, 2]

    def test_pickle(self, ensemble, cutouts):
        again = pickle.loads(pickle.dumps(ensemble))
        found = [c.predict_proba(cutouts) for c in (ensemble, again)]
        np.testing.assert_allclose(*found, atol=1e-6)


class TestArchive:
    def test_everything_is_kept(self, fitted, cutouts, tmp_path):
        fitted.save(tmp_path / "mine.keras")
        loaded = ClusterClassifier.load(tmp_path / "mine.keras", prior=0.1)
        before = pickle.loads(pickle.dumps(fitted)).set_params(prior=0.1)
        found = [c.predict(cutouts) for c in (before, loaded)]
        for name in ("proba_cluster", "novelty"):
            np.testing.assert_allclose(found[0][name], found[1][name], atol=1e-4)
        assert str(before.thresholds()) == str(loaded.thresholds())

    def test_going_on_forgets_the_old_calibration(self, fitted, cutouts, labels, tmp_path):
        fitted.save(tmp_path / "mine.keras")
        clf = ClusterClassifier(tmp_path / "mine.keras", epochs=1, random_state=0)
        clf.fit(cutouts.isel(target=slice(0, 40)), labels[:40])
        assert clf._fitted.description.calibration == {}

    def test_older_weights_have_none(self, fitted, cutouts, tmp_path):
        """Of a description without the three parts: verdicts are those of the bare network."""
        new, old = tmp_path / "new.keras", tmp_path / "old.keras"
        fitted.save(new)
        with zipfile.ZipFile(new) as source, zipfile.ZipFile(old, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name == "astrocnn.json":
                    kept = json.loads(content)
                    for part in ("calibration", "domain", "operating_points"):
                        assert kept.pop(part)
                    content = json.dumps(kept)
                target.writestr(name, content)
        clf = ClusterClassifier(old)
        result = clf.predict(cutouts)
        assert "novelty" not in result.colnames
        assert result.meta["calibration"] == "none"
        outputs = fitted._fitted.outputs(fitted._fitted.preprocessing(cutouts), 32)[:, 0, 1]
        np.testing.assert_allclose(result["proba_cluster"], outputs, atol=1e-5)
        with pytest.raises(WeightsError, match="do not know their thresholds: .*purity_thresholds"):
            clf.thresholds()

    def test_damaged_domain(self, clf, cutouts, tmp_path):
        clf._fitted.description.domain["mean"] = [0.0]
        clf.save(tmp_path / "mine.keras")
        with pytest.raises(WeightsError, match="domain in the weights is damaged"):
            ClusterClassifier(tmp_path / "mine.keras").predict(cutouts)


class TestTraining:
    def test_patience_and_checkpoint(self, cutouts, labels, tmp_path):
        path = tmp_path / "state.npz"
        clf = untrained(epochs=3, patience=1, checkpoint=path, validation_fraction=0.2)
        clf.fit(cutouts.isel(target=slice(0, 60)), labels[:60])
        assert path.exists()
        assert "val_loss" in clf.history_

    def test_held_out_sky_is_apart(self):
        rng = np.random.default_rng(0)
        coords = SkyCoord(rng.uniform(0, 10, 2000), rng.uniform(0, 10, 2000), unit="deg")
        images = np.arange(2000.0)[:, None, None, None]
        sample = Sample(images, np.arange(2000) % 2, np.arange(2000.0))
        training, held_out = hold_out(sample, coords, 0.1, random_state=0)
        rows = [part.images.ravel().astype(int) for part in (training, held_out)]
        _, nearest, _ = coords[rows[0]].match_to_catalog_sky(coords[rows[1]])
        assert nearest.min() > 8.5 * u.arcmin
        assert len(held_out) == pytest.approx(200, abs=60)
        np.testing.assert_array_equal(held_out.weight, rows[1])
        np.testing.assert_array_equal(held_out.numbers, rows[1] % 2)

    @pytest.mark.parametrize("place", [np.full(1000, 10.0), np.full(1000, np.nan)])
    def test_one_field_or_no_positions(self, place):
        sample = Sample(np.zeros((1000, 2, 2, 1)), np.arange(1000) % 4 // 3)
        training, held_out = hold_out(sample, SkyCoord(place, place, unit="deg"), 0.2)
        assert (len(training), len(held_out)) == (800, 200)
        assert held_out.numbers.mean() == pytest.approx(0.25)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"prior": 0}, "fraction of clusters"),
            ({"prior": 5}, "fraction of clusters"),
            ({"prior": {"cluster": 2}}, "fraction of clusters"),
            ({"validation_fraction": 1.0}, "validation_fraction must be"),
            ({"calibration": "platt"}, "calibration is"),
            ({"patience": 0}, "patience must be a whole number"),
        ],
    )
    def test_wrong_parameters(self, cutouts, labels, parameters, message):
        with pytest.raises(ValueError, match=message):
            untrained(**parameters).fit(cutouts, labels)
