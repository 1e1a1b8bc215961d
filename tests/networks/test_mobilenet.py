"""MN against Kosiba et al. (2020), and its start from ImageNet."""

import numpy as np
import pytest

from astrocnn.exceptions import WeightsError
from astrocnn.networks import ModelDescription, build_mn, build_network, load_keras


def test_number_of_parameters():
    model = build_mn((224, 224, 3), n_classes=2)
    assert model.count_params() == 3_230_914
    assert model.get_layer("average").output.shape[1:] == (1024,)
    assert model.get_layer("dropout").rate == 0.65
    assert model.get_layer("proba").activation.__name__ == "softmax"


@pytest.mark.parametrize("bands", [1, 2, 4])
def test_any_number_of_bands(bands):
    """Only the first kernels change: 8 of 3 x 3 per band at a quarter of the width."""
    model = build_mn((32, 32, bands), alpha=0.25)
    assert model.count_params() == build_mn((32, 32, 3), alpha=0.25).count_params() + 72 * (
        bands - 3
    )


def test_momentum_of_all_averages():
    layers = build_mn((32, 32, 1), alpha=0.25, momentum=0.9).layers
    found = [layer.momentum for layer in layers if hasattr(layer, "moving_mean")]
    assert found == 27 * [0.9]


def test_too_small():
    with pytest.raises(ValueError, match="32 x 32 pixels at least"):
        build_mn((31, 31, 1))


def test_unknown_start():
    with pytest.raises(ValueError, match="None or 'imagenet', not 'imagnet'"):
        build_mn((32, 32, 1), weights="imagnet")


class TestImageNet:
    @pytest.fixture
    def published(self, monkeypatch):
        """Stand-in for the trained network: what Keras builds, with numbers of its own."""
        applications = load_keras().applications
        original, made = applications.MobileNet, []

        def trained(**options):
            if options["weights"] == "imagenet":
                model = original(**(options | {"weights": None}))
                rng = np.random.default_rng(0)
                model.set_weights([rng.random(w.shape) for w in model.get_weights()])
                made.append(model)
                return model
            return original(**options)

        monkeypatch.setattr(applications, "MobileNet", trained)
        return made

    @pytest.mark.parametrize("bands", [1, 2, 3, 5])
    def test_start(self, published, bands):
        model = build_mn((32, 32, bands), alpha=0.25, weights="imagenet")
        (start,) = published
        found, expected = model.get_weights(), start.get_weights()
        for ours, theirs in zip(found[1:-2], expected[1:], strict=True):
            assert np.array_equal(ours, theirs)
        assert np.allclose(found[0].sum(axis=2), expected[0].sum(axis=2), rtol=1e-5)
        if bands == 3:
            assert np.array_equal(found[0], expected[0])
        else:
            assert np.ptp(found[0], axis=2).max() == 0

    def test_gray_image(self, published):
        """A gray image in all bands is the same to the first layer, however many there are."""
        gray = np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype("float32")
        keras, found = load_keras(), []
        for bands in (2, 3):
            model = build_mn((32, 32, bands), alpha=0.25, weights="imagenet")
            first = keras.Model(model.input, model.get_layer("conv1").output)
            found.append(np.asarray(first(np.repeat(gray, bands, axis=3))))
        assert np.allclose(found[0], found[1], rtol=1e-4, atol=1e-5)

    def test_no_connection(self, monkeypatch):
        keras = load_keras()
        original = keras.applications.MobileNet

        def offline(**options):
            if options["weights"] == "imagenet":
                raise Exception("URL fetch failure")  # as Keras does
            return original(**options)

        monkeypatch.setattr(keras.applications, "MobileNet", offline)
        with pytest.raises(WeightsError, match=r"cannot be downloaded; .*weights=None \(URL fetch"):
            build_mn((32, 32, 1), weights="imagenet")

    def test_archives_are_rebuilt_without_it(self, published):
        """What is loaded next replaces it: opening a file needs no connection."""
        arguments = {"input_shape": [32, 32, 1], "alpha": 0.25, "weights": "imagenet"}
        description = ModelDescription("mn", arguments, ["xmm"], 6.0, ["no", "yes"], {})
        build_network(description)
        assert not published
        build_network(description, pretrained=True)
        assert len(published) == 1
