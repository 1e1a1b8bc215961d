"""From labeled network input to a calibrated network: what is held out, and what weights do."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from astrocnn import ClusterClassifier
from astrocnn.estimators._calibrate import calibrate
from astrocnn.estimators._labels import encode
from astrocnn.estimators._sample import ENOUGH, Sample, hold_out
from astrocnn.estimators._training import train_fitted, trained_shares
from astrocnn.exceptions import CalibrationWarning, WeightsError
from astrocnn.networks import ModelDescription, build_network, load_keras, save_model

CLASSES = ["non_cluster", "cluster"]


def sample(n, numbers=None, weight=None, pixels=16):
    rng = np.random.default_rng(0)
    numbers = np.arange(n) % 2 if numbers is None else numbers
    images = rng.normal(size=(n, pixels, pixels, 1)) + 2 * numbers[:, None, None, None]
    return Sample(images.astype(np.float32), numbers, weight)


def describe(network="cn", pixels=16, **arguments):
    arguments |= {"input_shape": [pixels, pixels, 1], "n_classes": 2}
    return ModelDescription(network, arguments, ["xmm"], 6.0, CLASSES, {})


def train(some, held_out=None, description=None, **settings):
    settings = {"epochs": 1, "batch_size": 16, "random_state": 0} | settings
    return train_fitted(description or describe(), None, some, held_out, **settings)


class TestHoldOut:
    def test_a_class_in_one_place(self):
        """All clusters lie in one cell: held out by cells, one class would be missing."""
        n = 2000
        numbers = (np.arange(n) < 40).astype(int)
        ra = np.where(numbers == 1, 10.0, np.arange(n) * 0.15)
        coords = SkyCoord(ra, np.where(numbers == 1, 40.0, 0.0), unit="deg")
        for seed in range(5):
            _, test = hold_out(sample(n, numbers), coords, 0.1, random_state=seed)
            assert set(test.numbers) == {0, 1}

    @pytest.mark.parametrize("seed", range(8))
    def test_too_few_are_given_back(self, seed):
        rng = np.random.default_rng(seed)
        coords = SkyCoord(rng.uniform(0, 360, 1000), rng.uniform(-60, 60, 1000), unit="deg")
        training, test = hold_out(sample(1000), coords, 0.1, random_state=seed)
        assert len(training) == 1000 if test is None else len(test) >= ENOUGH

    def test_without_a_position(self):
        """Such targets are trained on; the others are still parted by the sky."""
        coords = SkyCoord(np.append(np.arange(1999) * 0.15, np.nan), np.zeros(2000), unit="deg")
        training, test = hold_out(sample(2000), coords, 0.1, random_state=0)
        assert any(np.array_equal(image, sample(2000).images[-1]) for image in training.images[-1:])
        assert 150 < len(test) < 250


class TestShares:
    def test_balanced_with_weights(self):
        weight = [1.0, 1.0, 1.0, 0.25]
        for class_weight, expected in (("balanced", [0.5, 0.5]), (None, [12 / 13, 1 / 13])):
            found = trained_shares([0, 0, 0, 1], weight, class_weight, CLASSES)
            assert found == pytest.approx(expected)

    def test_nothing_left(self):
        with pytest.raises(ValueError, match="at least two classes"):
            trained_shares([0, 1], None, {True: 0.0}, CLASSES)


class TestHeldOut:
    def test_one_class_calibrates_nothing(self):
        held_out = sample(ENOUGH, np.zeros(ENOUGH, int))
        with pytest.warns(CalibrationWarning, match="of one class"):
            fitted = train(sample(32), held_out)
        assert fitted.description.calibration == {}
        assert fitted.description.domain

    def test_weights_count(self):
        """Wrong labels of no weight do not touch the calibration."""
        good = sample(2 * ENOUGH)
        wrong = Sample(good.images, 1 - good.numbers)
        both = Sample(
            np.concatenate([good.images, wrong.images]),
            np.concatenate([good.numbers, wrong.numbers]),
            np.repeat([1.0, 0.0], 2 * ENOUGH).astype(np.float32),
        )
        fitted, temperatures = train(sample(64), epochs=4), []
        for held_out in (both, good, Sample(both.images, both.numbers)):
            calibrate(fitted, sample(64).images, held_out)
            temperatures.append(fitted.description.calibration["temperature"])
        found, expected, misled = temperatures
        assert found == pytest.approx(expected, rel=0.01)
        assert misled > 2 * expected

    def test_watched_loss_has_the_weights_of_the_classes(self):
        numbers = (np.arange(40) % 10 == 0).astype(int)
        plain, weighted = (
            train(sample(40, numbers), sample(40, numbers), class_weight=weight).history["val_loss"]
            for weight in (None, {True: 5.0})
        )
        assert weighted != plain


def test_start_from_imagenet(monkeypatch):
    """``weights="imagenet"`` of a MobileNet is followed when a network is trained from nothing."""
    applications, asked = load_keras().applications, []
    original = applications.MobileNet

    def trained(**options):
        asked.append(options["weights"])
        return original(**(options | {"weights": None}))

    monkeypatch.setattr(applications, "MobileNet", trained)
    monkeypatch.setattr("astrocnn.estimators._training.train_network", lambda *_, **__: {})
    train(sample(8, pixels=32), None, describe("mn", 32, alpha=0.25, weights="imagenet"))
    assert "imagenet" in asked


def test_yes_and_no_are_two_classes():
    with pytest.raises(ValueError, match="give their names, of"):
        encode([True, False], 2, ["agn", "star", "cluster"])


@pytest.mark.parametrize(
    "parts",
    [
        {"calibration": {"method": "temperature"}},
        {"calibration": {"method": "isotonic", "knots": [[0.0]]}},
        {"calibration": {"method": "beta", "coefficients": [1.0, 1.0]}},
        {"calibration": {"method": "platt"}},
        {"operating_points": {"threshold": [0.5]}},
    ],
)
def test_damaged_parts_of_weights(tmp_path, parts):
    description = replace(describe(), **parts)
    save_model(tmp_path / "odd.keras", build_network(description), description)
    with pytest.raises(WeightsError, match="in the weights is damaged"):
        ClusterClassifier(tmp_path / "odd.keras").predict(SkyCoord(1, 1, unit="deg"))
