"""Rings about the center."""

import numpy as np
import pytest

from astrocnn.networks._annuli import annulus_pooling, annulus_weights

EDGES = (0.1, 0.35, 0.7, 1.0)


@pytest.mark.parametrize("shape", [(12, 12), (23, 23), (9, 14)])
def test_rings_share_the_image(shape):
    shares = annulus_weights(*shape, EDGES)
    assert np.allclose(shares.sum(axis=(1, 2)), 1, atol=1e-6)
    assert len(shares) == len(EDGES) + 1
    assert (shares > 0).any(axis=0).all()


def test_mean_radius():
    """Pixels of ring i lie between its edges."""
    n = 101
    y, x = np.mgrid[:n, :n] - n // 2
    radius = 2 * np.hypot(y, x) / n
    means = (annulus_weights(n, n, EDGES) * radius).sum(axis=(1, 2))
    edges = np.array([0, *EDGES])
    # Mean radius of a ring is 2/3 (b^3 - a^3) / (b^2 - a^2).
    expected = 2 / 3 * np.diff(edges**3) / np.diff(edges**2)
    assert np.allclose(means[:-1], expected, atol=0.01)
    assert 1 < means[-1] < np.sqrt(2)


def test_ring_without_pixels():
    shares = annulus_weights(4, 4, (0.5, 2.0, 3.0))
    assert np.isfinite(shares).all()
    assert shares[2].sum() == shares[3].sum() == 0


def test_pooling():
    features = np.random.default_rng(0).normal(size=(3, 8, 8, 2)).astype("float32")
    pooled = np.asarray(annulus_pooling(EDGES)(features)).reshape(3, len(EDGES) + 2, 2)
    shares = annulus_weights(8, 8, EDGES)
    assert np.allclose(pooled[:, :-1], np.einsum("ryx,nyxf->nrf", shares, features), atol=1e-5)
    assert np.array_equal(pooled[:, -1], features.max(axis=(1, 2)))


def test_orientation_does_not_matter():
    layer = annulus_pooling(EDGES)
    features = np.random.default_rng(0).normal(size=(3, 9, 9, 2)).astype("float32")
    expected = np.asarray(layer(features))
    for turned in (np.rot90(features, axes=(1, 2)), features[:, ::-1], features[:, :, ::-1]):
        assert np.allclose(layer(np.ascontiguousarray(turned)), expected, atol=1e-5)
    shifted = np.roll(features, 3, axis=1)
    assert np.abs(np.asarray(layer(shifted)) - expected).max() > 0.1
