"""Unusual images are told from those of the training."""

import json

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from astrocnn.training import CAUSES, ImageDomain, image_statistics

PIXELS = 48


def fields(n, seed, width=(2.0, 1.0)):
    """Smoothed noise with a bright blob, in two bands; standardized as network input is."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((PIXELS, PIXELS)) - PIXELS / 2
    images = np.empty((n, PIXELS, PIXELS, 2))
    for image in images:
        blob = np.exp(-(x**2 + y**2) / 2 / rng.uniform(2, 5) ** 2) * rng.uniform(0, 3)
        for b, sigma in enumerate(width):
            noise = gaussian_filter(rng.normal(size=x.shape), sigma)
            band = noise / noise.std() + blob
            image[..., b] = (band - band.mean()) / band.std()
    return images.astype(np.float32)


@pytest.fixture(scope="module")
def domain():
    return ImageDomain.fit(fields(600, 0), fields(400, 1))


def share(domain, images):
    return np.mean(domain.score(images) > 1)


def test_few_ordinary_images_are_flagged(domain):
    assert share(domain, fields(400, 2)) <= 0.03
    assert share(domain, fields(400, 1)) <= 0.01


def test_other_images_are_flagged(domain):
    ordinary = fields(60, 3)
    rng = np.random.default_rng(4)
    blank = ordinary.copy()
    blank[..., 0] = 0
    gaps = ordinary.copy()
    gaps[:, :, :30] = 0
    other = {
        "bands swapped": ordinary[..., ::-1],
        "optical in the X-ray slot": ordinary[..., [1, 1]],
        "white noise": rng.normal(size=ordinary.shape),
        "blank": blank,
        "gaps": gaps,
        "blurred": fields(60, 3, (4.0, 1.0)),
        "sharper": fields(60, 3, (2.0, 0.5)),
    }
    assert {name: share(domain, images) for name, images in other.items()} == dict.fromkeys(
        other, 1.0
    )


def test_orientation_does_not_matter(domain):
    images = fields(20, 5)
    turned = np.rot90(images, axes=(1, 2))[:, :, ::-1]
    np.testing.assert_allclose(domain.score(turned), domain.score(images), rtol=0.02)


def test_half_precision_does_not_matter(domain):
    images = fields(20, 5)
    half = domain.score(images.astype(np.float16))
    np.testing.assert_allclose(half, domain.score(images), rtol=0.02)


def test_config_is_small_and_complete(domain):
    text = json.dumps(domain.to_config())
    assert len(text) < 20_000
    images = fields(20, 5)
    again = ImageDomain.from_config(json.loads(text))
    np.testing.assert_allclose(again.score(images), domain.score(images), rtol=1e-3)


def test_memory_mapped_tensor(domain, tmp_path):
    np.save(tmp_path / "a.npy", fields(600, 0))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    again = ImageDomain.fit(mapped, fields(400, 1))
    np.testing.assert_array_equal(again.limits, domain.limits)


def test_without_held_out_images():
    domain = ImageDomain.fit(fields(400, 0))
    assert share(domain, fields(200, 2)) <= 0.08
    assert share(domain, np.random.default_rng(0).normal(size=(20, PIXELS, PIXELS, 2))) == 1


def test_statistic_that_never_varied():
    """One band, no gap ever: a covariance without spread still has an inverse."""
    images = fields(300, 0)[..., :1]
    domain = ImageDomain.fit(images)
    gaps = images.copy()
    gaps[:, :20] = 0
    assert np.isfinite(domain.score(images)).all()
    assert share(domain, gaps) > 0.9


def test_numbers_do_not_depend_on_the_size_of_the_batch():
    images = fields(5, 0)
    rows = np.concatenate([image_statistics(image[np.newaxis]) for image in images])
    np.testing.assert_array_equal(rows, image_statistics(images))


def test_nothing_to_score(domain):
    assert domain.score(np.zeros((0, PIXELS, PIXELS, 2))).shape == (0,)


def test_wrong_input(domain):
    with pytest.raises(ValueError, match="images of 2 bands are needed"):
        domain.score(np.zeros((3, PIXELS, PIXELS, 1)))
    with pytest.raises(ValueError, match="some hundred images"):
        ImageDomain.fit(fields(3, 0))
    config = domain.to_config() | {"n_bands": 3}
    with pytest.raises(ValueError, match="27 statistics for 3 bands"):
        ImageDomain.from_config(config)


def test_empty_images_do_not_widen_it(domain):
    """One without a photon among the training's or the held-out ones is none of them."""
    empty = np.zeros((1, PIXELS, PIXELS, 2), dtype=np.float32)
    other = ImageDomain.fit(
        np.concatenate([fields(600, 0), empty]), np.concatenate([empty, fields(400, 1)])
    )
    np.testing.assert_allclose(other.limits, domain.limits, rtol=0.05)


def test_a_missing_band_is_not_judged(domain):
    """The other one is, by itself."""
    images = fields(60, 3)
    images[:, ..., 1] = 0
    missing = np.tile([False, True], (60, 1))
    assert (domain.judge(images)[0] > 1).all()
    assert np.mean(domain.judge(images, missing)[0] > 1) <= 0.05
    blurred = fields(60, 3, (4.0, 1.0))
    blurred[..., 1] = 0
    score, cause = domain.judge(blurred, missing)
    assert (score > 1).all()
    assert cause.max() < len(CAUSES)  # of the first band
