"""`ClusterClassifier`: the table it returns, and what scikit-learn expects of an estimator."""

import pickle

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import balanced_accuracy_score, get_scorer, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    train_test_split,
)

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import (
    FailedTargetWarning,
    InvalidImageError,
    InvalidParameterError,
    InvalidTargetError,
    LabelWarning,
    NoCoverageError,
    NoCoverageWarning,
    PredictionInterrupted,
    ProviderError,
    SurveyMismatchError,
    UnknownNameError,
    WeightsError,
)
from astrocnn.networks import read_description
from astrocnn.preprocessing import Preprocessing
from astrocnn.providers import Pixels, Provider
from astrocnn.surveys import get_band
from astrocnn.tables import describe_result

PIXELS = 16


class BlobProvider(Provider):
    """A wide blob north of declination 0, a narrow one south of it; no pixels below -60 deg."""

    description = "made up"

    def __init__(self, band="xmm", fail=(), interrupt_after=None):
        super().__init__(get_band(band))
        self.fail = fail
        self.interrupt_after = interrupt_after
        self.n_calls = 0

    def cutout(self, grid):
        self.n_calls += 1
        dec = grid.center.dec.deg
        if self.interrupt_after is not None and self.n_calls > self.interrupt_after:
            raise KeyboardInterrupt
        if dec < -60:
            raise NoCoverageError("south of the survey")
        if round(grid.center.ra.deg) in self.fail:
            raise ProviderError("tile 7 is damaged")
        rng = np.random.default_rng([round(grid.center.ra.deg * 1e6), round(abs(dec) * 1e6)])
        y, x = np.indices(grid.shape) - (grid.pixels - 1) / 2
        width = 4.0 if dec > 0 else 1.2
        image = 20 * np.exp(-(x**2 + y**2) / 2 / width**2) + rng.normal(0, 1, grid.shape)
        return Pixels(image.astype(np.float32), np.isfinite(image))


def replacing(cutout, other, path):
    """A ``cutout`` that saves another network to a file, then returns pixels."""

    def save_first(self, grid):
        other.save(path, overwrite=True)
        return cutout(grid)

    return save_first


@pytest.fixture(scope="module")
def coords():
    rng = np.random.default_rng(1)
    dec = np.where(np.arange(40) % 2, 1, -1) * rng.uniform(1, 50, 40)
    return SkyCoord(rng.uniform(0, 360, 40), dec, unit="deg")


@pytest.fixture(scope="module")
def labels(coords):
    return coords.dec.deg > 0


def untrained(**changes):
    parameters = {
        "weights": None, "bands": ("xmm",), "pixels": PIXELS, "images": {"xmm": BlobProvider()},
        "epochs": 8, "learning_rate": 3e-3, "batch_size": 8, "random_state": 0,
    }  # fmt: skip
    return ClusterClassifier(**(parameters | changes))


@pytest.fixture(scope="module")
def fitted(coords, labels):
    return untrained().fit(coords, labels)


@pytest.fixture(scope="module")
def saved(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "mine.keras"
    fitted.save(path)
    return path


class TestResult:
    def test_one_row_per_target_in_order(self, fitted, coords):
        result = fitted.predict(coords)
        assert isinstance(result, QTable)
        assert len(result) == len(coords)
        np.testing.assert_allclose(result["ra"].to_value(u.deg), coords.ra.deg)
        assert result.colnames == [
            "target_id", "ra", "dec", "label", "proba_cluster", "proba_err", "coverage_xray",
            "flag",
        ]  # fmt: skip

    def test_learns_to_tell_wide_from_narrow(self, fitted, coords, labels):
        result = fitted.predict(coords)
        assert np.mean((result["label"] == "cluster") == labels) > 0.9

    def test_probability_error_is_masked(self, fitted, coords):
        assert np.all(fitted.predict(coords[:3])["proba_err"].mask)

    def test_frame_does_not_matter(self, fitted, coords):
        galactic = fitted.predict(coords[:5].galactic)
        np.testing.assert_allclose(
            galactic["proba_cluster"], fitted.predict(coords[:5])["proba_cluster"], atol=1e-4
        )

    def test_scalar_and_list(self, fitted, coords):
        one = fitted.predict(coords[0])
        several = fitted.predict([coords[0], coords[1:3]])
        assert (len(one), len(several)) == (1, 3)
        assert one["proba_cluster"][0] == pytest.approx(several["proba_cluster"][0], abs=1e-5)

    def test_dataset_gives_the_same_as_positions(self, fitted, coords):
        cutouts = make_cutouts(coords[:6], ["xmm"], {"xmm": BlobProvider()}, pixels=PIXELS)
        np.testing.assert_allclose(
            fitted.predict(cutouts)["proba_cluster"],
            fitted.predict(coords[:6])["proba_cluster"],
            atol=1e-5,
        )

    def test_batch_size_does_not_matter(self, fitted, coords):
        other = pickle.loads(pickle.dumps(fitted)).set_params(batch_size=3)
        np.testing.assert_allclose(
            other.predict_proba(coords), fitted.predict_proba(coords), atol=1e-5
        )

    def test_meta_and_print_tell_the_weights(self):
        cutouts = make_cutouts(
            SkyCoord(10, 10, unit="deg"), ["xmm"], {"xmm": BlobProvider()}, pixels=178
        )
        result = ClusterClassifier("xmm").predict(cutouts)
        assert result.meta["weights"] == "xmm"
        assert len(result.meta["weights_sha256"]) == 64
        assert result.meta["training"] == "simulated training, 50 % prevalence"
        for text in (str(result), repr(result), result._repr_html_()):
            assert "weights xmm (sha256 " + result.meta["weights_sha256"][:8] in text
            assert "simulated training, 50 % prevalence" in text

    def test_threshold(self, fitted, coords):
        strict = pickle.loads(pickle.dumps(fitted)).set_params(threshold=1.0)
        assert set(strict.predict(coords)["label"]) == {"non_cluster"}


class TestFaults:
    def test_no_coverage_is_a_flagged_row_and_one_warning(self, fitted):
        targets = SkyCoord([10, 20, 30], [10, -70, -80], unit="deg")
        with pytest.warns(NoCoverageWarning, match="2 of 3 targets have no XMM coverage") as caught:
            result = fitted.predict(targets)
        assert len(caught) == 1
        assert list(result["flag"]) == ["", "no_coverage:xmm", "no_coverage:xmm"]
        assert list(result["proba_cluster"].mask) == [False, True, True]
        assert list(result["label"].mask) == [False, True, True]
        assert "2 of 3 targets have no XMM coverage" in describe_result(result)

    def test_failed_target_is_a_flagged_row(self, fitted):
        clf = pickle.loads(pickle.dumps(fitted)).set_params(
            images={"xmm": BlobProvider(fail=(20,))}
        )
        with pytest.warns(FailedTargetWarning, match=r"1 of 3 targets failed.*tile 7 is damaged"):
            result = clf.predict(SkyCoord([10, 20, 30], [10, 10, 10], unit="deg"))
        assert list(result["flag"]) == ["", "failed:xmm", ""]
        assert "tile 7" in result.meta["faults"][0]

    def test_constant_image_is_not_judged(self, fitted):
        cutouts = make_cutouts(
            SkyCoord(10, 10, unit="deg"), ["xmm"], {"xmm": BlobProvider()}, pixels=PIXELS
        )
        cutouts["image"][:] = 3.0
        result = fitted.predict(cutouts)
        assert result["flag"][0] == "no_signal:xmm"
        assert result["proba_cluster"].mask[0]

    def test_ctrl_c_keeps_what_is_done(self, fitted, coords):
        from astrocnn import conf

        clf = pickle.loads(pickle.dumps(fitted)).set_params(
            images={"xmm": BlobProvider(interrupt_after=8)}
        )
        with (
            conf.set_temp("chunk_size", 4),
            conf.set_temp("threads", 1),
            pytest.raises(PredictionInterrupted, match="after 8 of 40") as caught,
        ):
            clf.predict(coords)
        result = caught.value.result
        assert len(result) == 40
        done = result["flag"] != "interrupted"  # neighbors on the sky, wherever they stand
        assert done.sum() == 8
        assert np.array_equal(done, ~result["proba_cluster"].mask)

    @pytest.mark.parametrize("bands", [["dss2"], ["dss2", "xmm"]])
    def test_other_surveys_are_refused(self, bands):
        images = {band: BlobProvider(band) for band in bands}
        cutouts = make_cutouts(SkyCoord(1, 1, unit="deg"), bands, images, pixels=178)
        with pytest.raises(SurveyMismatchError, match=r"need images of xmm.*holds dss2-red"):
            ClusterClassifier("xmm").predict(cutouts)

    def test_other_grid_is_refused(self):
        cutouts = make_cutouts(
            SkyCoord(1, 1, unit="deg"), ["xmm"], {"xmm": BlobProvider()}, pixels=20
        )
        with pytest.raises(SurveyMismatchError, match="178 pixels on 6.0 arcmin"):
            ClusterClassifier("xmm").predict(cutouts)

    def test_images_of_a_band_that_is_not_used(self):
        clf = ClusterClassifier("xmm", images={"dss2": BlobProvider("dss2")})
        with pytest.raises(SurveyMismatchError, match=r"images of xmm are needed.*names dss2"):
            clf.predict(SkyCoord(1, 1, unit="deg"))

    def test_unknown_weights(self):
        with pytest.raises(UnknownNameError, match=r"did you mean 'xmm-dss2'.*named \*.keras"):
            ClusterClassifier("xmm-dss").predict(SkyCoord(1, 1, unit="deg"))

    def test_missing_file_of_weights(self, tmp_path):
        with pytest.raises(WeightsError, match="no file"):
            ClusterClassifier(tmp_path / "a.keras").predict(SkyCoord(1, 1, unit="deg"))


class TestFit:
    def test_history_and_number_of_targets(self, fitted):
        assert len(fitted.history_["loss"]) == 8
        assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]
        assert fitted.n_targets_seen_ == 40

    def test_returns_itself_and_leaves_parameters_alone(self, coords, labels):
        clf = untrained(epochs=1)
        before = clf.get_params()
        assert clf.fit(coords, labels) is clf
        clf.predict(coords)
        after = clf.get_params()
        assert all(after[name] is before[name] for name in before)

    def test_same_seed_same_network(self, coords, labels, fitted):
        again = untrained().fit(coords, labels)
        np.testing.assert_allclose(
            again.predict_proba(coords), fitted.predict_proba(coords), atol=1e-4
        )

    def test_targets_without_images_are_left_out(self, coords, labels):
        far = SkyCoord([*coords.ra.deg, 10.0], [*coords.dec.deg, -80.0], unit="deg")
        message = "1 of 41 targets are left out of the training: 1 no_coverage:xmm$"
        with pytest.warns(NoCoverageWarning, match=message):
            assert untrained(epochs=1).fit(far, [*labels, False]).n_targets_seen_ == 40

    def test_no_target_has_images(self, labels):
        south = SkyCoord(np.linspace(0, 20, 40), -80, unit="deg")
        message = r"none of the 40 targets has images of all bands \(40 no_coverage:xmm\): check"
        with pytest.raises(InvalidImageError, match=message):
            untrained(epochs=1).fit(south, labels)

    def test_class_names(self, coords, labels):
        names = np.where(labels, "cluster", np.where(np.arange(40) % 3, "agn", "star"))
        clf = untrained(epochs=1).fit(coords, names)
        assert list(clf.classes_) == ["agn", "cluster", "star"]
        result = clf.predict(coords)
        np.testing.assert_allclose(
            clf.predict_proba(coords)[:, 1], result["proba_cluster"], atol=1e-6
        )
        assert {"proba_agn", "proba_star", "proba_cluster"} <= set(result.colnames)

    def test_the_prior_is_that_of_the_clusters(self, coords, labels):
        """However the class is written; two other names are said, and no number is taken."""
        clf = untrained(prior=0.01, epochs=1).fit(coords, np.where(labels, "Cluster", "agn"))
        result = clf.predict(coords)
        assert result.colnames[4] == "proba_Cluster"
        without = clf.set_params(prior=None).predict(coords)
        assert np.all(result["proba_Cluster"] < without["proba_Cluster"])
        assert set(result["label"]) == {"agn"}

    def test_two_names_without_a_cluster(self, coords, labels):
        names = np.where(labels, "galaxy cluster", "star")
        provider = BlobProvider(interrupt_after=0)  # no image is asked for
        with pytest.raises(InvalidParameterError, match="fraction of the class 'cluster'; there"):
            untrained(prior=0.01, images={"xmm": provider}).fit(coords, names)
        with pytest.warns(LabelWarning, match="none of the classes"):
            clf = untrained(epochs=1).fit(coords, names)
        with pytest.raises(InvalidParameterError, match="fraction of each of"):
            clf.set_params(prior=0.01).predict(coords)
        clf.set_params(prior={"galaxy cluster": 0.01, "star": 0.99}).predict(coords)

    def test_class_names_and_booleans_score_alike(self, coords, labels, fitted):
        names = np.where(labels, "cluster", "non_cluster")
        clf = untrained().fit(coords, names)
        for scoring in ("roc_auc", "neg_log_loss"):
            scorer = get_scorer(scoring)
            assert scorer(clf, coords, names) == pytest.approx(
                scorer(fitted, coords, labels), abs=0.05
            )
        assert clf.score(coords, names) == pytest.approx(fitted.score(coords, labels), abs=0.1)

    def test_a_band_of_ones_own(self, coords, labels):
        deep = get_band("dss2").with_(name="my-deep-r")
        clf = untrained(bands=[deep], images={"my-deep-r": BlobProvider(deep)}, epochs=1)
        result = clf.fit(coords, labels).predict(coords[:3])
        assert result.meta["bands"] == ["my-deep-r"]
        assert "coverage_optical" in result.colnames

    def test_sample_weight_counts(self, coords, labels):
        weight = np.where(labels, 1.0, 1e-3)
        only_clusters = untrained(epochs=8).fit(coords, labels, sample_weight=weight)
        assert set(only_clusters.predict(coords)["label"]) == {"cluster"}

    def test_wrong_number_of_labels(self, coords):
        provider = BlobProvider(interrupt_after=0)  # no image is asked for
        with pytest.raises(ValueError, match=r"y has shape \(3,\), but there are 40 targets"):
            untrained(images={"xmm": provider}).fit(coords, [True, False, True])

    @pytest.mark.parametrize(
        ("weight", "message"),
        [
            ([1, 2, 3], r"sample_weight has shape \(3,\)"),
            ([-1.0] + 39 * [1.0], "finite and not negative"),
            ([np.nan] + 39 * [1.0], "finite and not negative"),
            (40 * [0.0], "at least two classes"),
        ],
    )
    def test_weights_that_do_not_fit(self, coords, labels, weight, message):
        provider = BlobProvider(interrupt_after=0)  # no image is asked for
        with pytest.raises(ValueError, match=message):
            untrained(images={"xmm": provider}).fit(coords, labels, sample_weight=weight)

    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ({"augmented": "ful"}, UnknownNameError, "did you mean 'full'"),
            ({"class_weight": "balance"}, ValueError, 'class_weight is "balanced"'),
            ({"class_weight": {True: 0.0}}, ValueError, "at least two classes"),
            ({"checkpoint": "no/where/state"}, ValueError, "lies in no folder"),
            ({"bands": "xmm"}, ValueError, r"such as \['xmm', 'dss2'\], not 'xmm'"),
            ({"bands": []}, ValueError, "a list of different bands"),
            ({"bands": ["dss2", "dss2-red"]}, ValueError, "a list of different bands"),
            ({"network_arguments": 3}, ValueError, "network_arguments must be a dict or None"),
            ({"random_state": "a"}, ValueError, "random_state must be a whole number"),
            ({"random_state": -1}, ValueError, "random_state must be a whole number"),
            ({"random_state": np.random.default_rng(0)}, ValueError, "random_state must be a who"),
        ],
    )
    def test_parameters_that_make_no_sense(self, coords, labels, parameters, error, message):
        provider = BlobProvider(interrupt_after=0)
        with pytest.raises(error, match=message):
            untrained(images={"xmm": provider}, **parameters).fit(coords, labels)

    def test_one_class_only(self, coords):
        provider = BlobProvider(interrupt_after=0)
        with pytest.raises(ValueError, match="at least two classes"):
            untrained(images={"xmm": provider}).fit(coords, np.ones(40, dtype=bool))

    def test_masked_labels(self, coords, labels):
        with pytest.raises(ValueError, match="masked labels"):
            untrained().fit(coords, np.ma.array(labels, mask=np.arange(40) == 3))

    @pytest.mark.parametrize("none", [None, np.nan, pd.NA])
    def test_labels_that_are_not_known(self, coords, labels, none):
        series = pd.Series([none, *labels[1:].tolist()])
        for y in (series, series.to_numpy(), series.astype(object).tolist()):
            with pytest.raises(ValueError, match="y has masked labels, None or NaN"):
                untrained().fit(coords, y)

    @pytest.mark.parametrize("weights", [pytest.param("xmm", marks=pytest.mark.slow), "a.keras"])
    def test_goes_on_from_weights(self, fitted, coords, labels, weights, tmp_path):
        if weights == "a.keras":
            fitted.save(weights := tmp_path / weights)
        clf = ClusterClassifier(
            weights, images={"xmm": BlobProvider()}, epochs=1, learning_rate=1e-6, random_state=0
        )
        before = clf.predict_proba(coords[:4])
        clf.fit(coords[:8], labels[:8])
        np.testing.assert_allclose(clf.predict_proba(coords[:4]), before, atol=0.05)
        assert clf.predict(coords[:2]).meta["weights"] == "fitted here"


class TestBesideWeights:
    """What is given beside weights and contradicts them is never ignored."""

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"pixels": 64}, "pixels=64, but the weights '.*mine.keras' have pixels=16: leave pix"),
            ({"size": 12 * u.arcmin}, r"size=<Quantity 12. arcmin>, but .* size=<Quantity 6. arc"),
            ({"size": 6}, "size must be one angle"),
            ({"network": "mn"}, "network='mn', but .* network='cn'"),
            ({"network_arguments": {"dropout": 0.1}}, r"network_arguments\['dropout'\]=0.1, but"),
            ({"preprocessing": Preprocessing(stretched=False)}, "preprocessing=.*stretched=False"),
            ({"bands": ["rass"]}, r"bands=\['rass'\], but .* are for images of xmm: leave bands"),
            ({"bands": ["xmm", "dss2"]}, r"bands=\['xmm', 'dss2-red'\], but"),
            ({"bands": [get_band("xmm").with_(waveband="optical")]}, "xmm is optical, rate, but"),
            ({"bands": [get_band("xmm").with_(quantity="intensity")]}, "xmm is xray, intensity, b"),
        ],
    )
    def test_contradictions(self, saved, coords, labels, given, message):
        provider = BlobProvider(interrupt_after=0)  # no image is asked for
        clf = ClusterClassifier(saved, images={"xmm": provider}, **given)
        for method in (clf.predict, clf.predict_proba, lambda X: clf.fit(X, labels[:4])):
            with pytest.raises((InvalidParameterError, InvalidTargetError, SurveyMismatchError),
                               match=message):  # fmt: skip
                method(coords[:4])

    def test_the_same_may_be_said(self, saved, fitted, coords):
        given = {
            "pixels": 16, "size": 0.1 * u.deg, "network": "cn", "preprocessing": Preprocessing(),
            "network_arguments": {"n_classes": 2}, "bands": ["xmm"],
        }  # fmt: skip
        clf = ClusterClassifier.load(saved, images={"xmm": BlobProvider()}, **given)
        expected = fitted.predict_proba(coords[:3])
        np.testing.assert_allclose(clf.predict_proba(coords[:3]), expected, atol=1e-5)
        clf.set_params(bands=[get_band("xmm").with_(quantity="counts")]).predict(coords[:3])

    def test_defaults_are_none(self):
        given = clone(ClusterClassifier()).get_params()
        names = ("bands", "size", "pixels", "network", "network_arguments", "preprocessing")
        assert [given[name] for name in names] == [None] * 6

    def test_bands_that_the_archive_alone_knows(self, coords, labels, tmp_path):
        own = get_band("dss2").with_(name="mine")
        images = {"xmm": BlobProvider(), "mine": BlobProvider(own)}
        clf = untrained(bands=["xmm", own], images=images, epochs=1).fit(coords[:8], labels[:8])
        clf.save(path := tmp_path / "two.keras")
        kinds = {"xmm": ["xray", "rate"], "mine": ["optical", "intensity"]}
        assert read_description(path).band_kinds == kinds
        again, expected = ClusterClassifier(path, images=images), clf.predict_proba(coords[:3])
        for bands in (["xmm", own], [own, "xmm"], [own]):
            found = again.set_params(bands=bands).predict_proba(coords[:3])
            np.testing.assert_allclose(found, expected, atol=1e-5)
        other = own.with_(waveband="xray", quantity="counts")
        with pytest.raises(SurveyMismatchError, match="mine is xray, counts, .* was optical"):
            again.set_params(bands=[other]).predict(coords[:3])
        with pytest.raises(SurveyMismatchError, match=r"bands=\['xmm'\], but"):
            again.set_params(bands=["xmm"]).predict(coords[:3])

    def test_cutouts_of_another_waveband(self, fitted, coords):
        cutouts = make_cutouts(coords[:2], ["xmm"], {"xmm": BlobProvider()}, pixels=PIXELS)
        with pytest.raises(SurveyMismatchError, match="has xmm as optical, .* trained on xray"):
            fitted.predict(cutouts.assign_coords(waveband=("band", ["optical"])))

    def test_other_weights_after_fit(self, fitted, saved, coords):
        clf = pickle.loads(pickle.dumps(fitted)).set_params(weights=saved)
        assert clf.predict(coords[:2]).meta["weights"] == "mine.keras"
        clf.set_params(weights="xmm")
        with pytest.raises(InvalidParameterError, match="pixels=16, but the weights 'xmm' have pi"):
            clf.predict(coords[:2])
        clf.set_params(weights=None)  # those of fit are still there
        expected = fitted.predict_proba(coords[:2])
        np.testing.assert_allclose(clf.predict_proba(coords[:2]), expected, atol=1e-5)
        with pytest.raises(NotFittedError):
            ClusterClassifier("xmm").set_params(weights=None).predict(coords[:2])


class TestScikitLearn:
    def test_is_a_classifier(self):
        assert is_classifier(ClusterClassifier())

    def test_clone(self):
        clf = untrained(threshold=0.3, size=5 * u.arcmin)
        copy = clone(clf)
        assert copy is not clf
        for name, value in clf.get_params().items():
            assert name == "images" or np.all(copy.get_params()[name] == value), name

    def test_clone_with_a_provider(self):
        copy = clone(untrained(images={"xmm": BlobProvider(fail=(20,))}))
        assert copy.images["xmm"].fail == (20,)

    def test_clone_of_a_fitted_one_is_not_fitted(self, fitted, coords):
        with pytest.raises(NotFittedError):
            clone(fitted).predict(coords)

    def test_parameters_round_trip(self):
        clf = ClusterClassifier()
        changed = {"threshold": 0.9, "weights": "xmm", "pixels": 48, "epochs": 3}
        clf.set_params(**changed)
        assert {name: clf.get_params()[name] for name in changed} == changed

    def test_set_weights_after_a_prediction(self):
        clf = ClusterClassifier("xmm")
        assert list(clf.classes_) == [False, True]
        clf.set_params(weights="xmm-dss2")
        assert clf._ready().description.bands == ["xmm", "dss2-red"]

    def test_not_fitted(self, coords):
        with pytest.raises(NotFittedError, match=r"call fit.*or choose weights=.* or 'xmm-dss2'"):
            untrained().predict(coords)

    def test_pickle(self, fitted, coords):
        again = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_allclose(
            again.predict_proba(coords), fitted.predict_proba(coords), atol=1e-6
        )

    def test_pickle_of_named_weights_stays_small(self):
        clf = ClusterClassifier("xmm")
        clf._ready()
        assert len(pickle.dumps(clf)) < 10_000

    def test_split_of_skycoord(self, coords, labels):
        train, test, y_train, y_test = train_test_split(
            coords, labels, test_size=10, random_state=0
        )
        assert (len(train), len(test)) == (30, 10)
        assert np.all((train.dec.deg > 0) == y_train)
        assert np.all((test.dec.deg > 0) == y_test)

    def test_cross_val_score(self, coords, labels):
        clf = untrained(augmented="orientations", epochs=10, learning_rate=6e-3)
        scores = cross_val_score(clf, coords, labels, cv=StratifiedKFold(2))
        assert scores.shape == (2,)
        assert scores.mean() > 0.7

    def test_cross_val_score_of_a_list(self, coords, labels):
        scores = cross_val_score(untrained(epochs=1), list(coords), labels, cv=2)
        assert np.all((scores >= 0) & (scores <= 1))

    def test_scorers_on_probabilities(self, coords, labels):
        names = ["roc_auc", "neg_log_loss", "average_precision"]
        scores = cross_validate(
            untrained(epochs=1), coords, labels, cv=StratifiedKFold(2), scoring=names
        )
        assert all(np.all(np.isfinite(scores[f"test_{name}"])) for name in names)

    def test_scorer_made_for_probabilities(self, fitted, coords, labels):
        def accuracy(y, proba):
            return balanced_accuracy_score(y, proba > 0.5)

        scorer = make_scorer(accuracy, response_method="predict_proba")
        assert scorer(fitted, coords, labels) == pytest.approx(fitted.score(coords, labels))

    def test_scorers_that_call_predict_do_not_work(self, fitted, coords, labels):
        with pytest.raises((ValueError, TypeError)):
            get_scorer("accuracy")(fitted, coords, labels)

    def test_scorer_on_named_weights(self, coords):
        clf = ClusterClassifier("xmm", images={"xmm": BlobProvider()})
        score = get_scorer("roc_auc")(clf, coords, coords.dec.deg > 0)
        assert 0 <= score <= 1

    def test_cross_val_predict_probabilities(self, coords, labels):
        proba = cross_val_predict(
            untrained(epochs=1), coords, labels, cv=StratifiedKFold(2), method="predict_proba"
        )
        assert proba.shape == (40, 2)
        np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)

    @pytest.mark.slow
    def test_grid_search(self, coords, labels):
        clf = untrained(augmented="orientations", epochs=12)
        search = GridSearchCV(clf, {"learning_rate": [1e-7, 3e-3]}, cv=StratifiedKFold(2))
        search.fit(coords, labels)
        assert search.best_params_ == {"learning_rate": 3e-3}

    def test_score_counts_missing_verdicts_as_wrong(self, fitted):
        targets = SkyCoord([10, 20], [10, -80], unit="deg")
        assert fitted.score(targets, [True, False]) == pytest.approx(0.5)


class TestArchive:
    def test_a_file_that_is_replaced(self, fitted, coords, tmp_path):
        """What was loaded stays; what was only described is refused."""
        path, images = tmp_path / "mine.keras", {"xmm": BlobProvider()}
        fitted.save(path)
        loaded = ClusterClassifier.load(path, images=images)
        described = ClusterClassifier(path, images=images)
        sha256 = described._ready().sha256
        other = pickle.loads(pickle.dumps(fitted))
        other._fitted.model.set_weights([array / 2 for array in fitted._fitted.model.get_weights()])
        with pytest.raises(FileExistsError, match="mine.keras' exists.*overwrite=True"):
            other.save(path)
        other.save(path, overwrite=True)
        expected = fitted.predict_proba(coords[:4])
        np.testing.assert_allclose(loaded.predict_proba(coords[:4]), expected, atol=1e-5)
        assert loaded.predict(coords[:4]).meta["weights_sha256"] == sha256
        with pytest.raises(WeightsError, match=r"mine.keras was replaced after .* load it again"):
            described.predict(coords[:4])
        again = ClusterClassifier.load(path, images=images).predict_proba(coords[:4])
        np.testing.assert_allclose(again, other.predict_proba(coords[:4]), atol=1e-5)
        assert np.abs(again - expected).max() > 1e-3

    def test_a_file_that_is_replaced_while_images_are_made(
        self, fitted, coords, labels, tmp_path, monkeypatch
    ):
        fitted.save(path := tmp_path / "mine.keras")
        other = pickle.loads(pickle.dumps(fitted))
        other._fitted.description.preprocessing["stretched"] = False
        provider = BlobProvider()
        monkeypatch.setattr(BlobProvider, "cutout", replacing(provider.cutout, other, path))
        with pytest.raises(WeightsError, match="were replaced meanwhile: call fit again"):
            ClusterClassifier(path, images={"xmm": provider}).fit(coords[:4], labels[:4])

    def test_save_and_load(self, fitted, coords, tmp_path):
        fitted.save(tmp_path / "mine.keras")
        loaded = ClusterClassifier.load(tmp_path / "mine.keras", images={"xmm": BlobProvider()})
        np.testing.assert_allclose(
            loaded.predict_proba(coords), fitted.predict_proba(coords), atol=1e-6
        )
        assert loaded.predict(coords[:1]).meta["weights"] == "mine.keras"

    def test_name_must_end_in_keras(self, fitted, tmp_path):
        with pytest.raises(WeightsError, match="named \\*.keras"):
            fitted.save(tmp_path / "mine.h5")

    def test_saving_without_a_fit(self, tmp_path):
        with pytest.raises(NotFittedError):
            untrained().save(tmp_path / "mine.keras")
