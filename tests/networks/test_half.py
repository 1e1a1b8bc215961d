"""Archives in half precision."""

import zipfile

import numpy as np
import pytest

from astrocnn.exceptions import WeightsError
from astrocnn.networks import build_network, load_model, save_model


@pytest.fixture(scope="module")
def shipped():
    return load_model("xmm")


def test_half_the_size(shipped, tmp_path):
    """Of random numbers: those that were halved before are packed as well."""
    _, description = shipped
    model = build_network(description)
    path = save_model(tmp_path / "half.keras", model, description, half=True)
    full = save_model(tmp_path / "full.keras", model, description)
    assert path.stat().st_size < 0.65 * full.stat().st_size
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_same_verdicts(shipped, tmp_path):
    """Trained weights, on sources of all brightnesses: sure and unsure verdicts among them.

    The shipped ones were halved before and would come back as they are, so they are changed by
    about as much as half precision rounds.
    """
    description, rng = shipped[1], np.random.default_rng(1)
    model = build_network(description)
    model.set_weights([
        (array * (1 + 1e-3 * rng.normal(size=array.shape))).astype("float32")
        for array in shipped[0].get_weights()
    ])  # fmt: skip
    again, found = load_model(save_model(tmp_path / "half.keras", model, description, half=True))
    assert found == description
    n = description.pixels
    y, x = np.mgrid[:n, :n] - n / 2
    rng = np.random.default_rng(0)
    images = rng.normal(size=(60, n, n, 1)).astype("float32")
    width, height = np.geomspace(1, 15, 60), np.tile([1, 2, 4], 20)
    source = np.exp(-(x**2 + y**2) / 2 / width[:, None, None] ** 2) * height[:, None, None]
    images += source[..., None].astype("float32")
    expected = np.asarray(model(images))
    assert expected[:, 1].min() < 0.1
    assert expected[:, 1].max() > 0.9
    pairs = zip(again.get_weights(), model.get_weights(), strict=True)
    assert any((halved != whole).any() for halved, whole in pairs)
    found = np.asarray(again(images))
    assert np.abs(found - expected).max() > 0
    # The verdict is the mean of the members.
    assert np.abs(found.mean(axis=1) - expected.mean(axis=1)).max() < 1e-3


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1e5, "do not fit into half precision; .*half=False"),
        (np.inf, "NaN or infinite numbers"),
        (np.nan, "NaN or infinite numbers"),
    ],
)
def test_too_large(shipped, tmp_path, value, message):
    """Refused, and no file is left behind."""
    _, description = shipped
    model = build_network(description)
    arrays = model.get_weights()
    arrays[0].flat[0] = value
    model.set_weights(arrays)
    with pytest.raises(WeightsError, match=message):
        save_model(tmp_path / "half.keras", model, description, half=True)
    assert not list(tmp_path.iterdir())
