"""Pooling over rings about the center: what is left does not depend on the orientation."""

from functools import cache

import numpy as np

from ._backend import load_keras

__all__ = ["annulus_pooling", "annulus_weights"]


def annulus_weights(ny: int, nx: int, edges: tuple[float, ...]) -> np.ndarray:
    """Return the share of each pixel in the mean over each ring.

    Parameters
    ----------
    ny, nx : int
        Pixels of the image.
    edges : tuple of float
        Radii that part the rings, in units of half the image's side; the last ring has the corners.

    Returns
    -------
    ndarray of shape (n_rings, ny, nx)
        Each ring sums to one (a ring without pixels to zero). Pixels cut by an edge count in part.

    Examples
    --------
    >>> from astrocnn.networks._annuli import annulus_weights
    >>> annulus_weights(3, 3, (0.5,)).shape
    (2, 3, 3)
    >>> annulus_weights(3, 3, (0.3,))[0].round(1).tolist()  # all within the central pixel
    [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    fine = 16  # parts of a pixel along one side
    y, x = (2 * (np.arange(n * fine) + 0.5) / (n * fine) - 1 for n in (ny, nx))
    ring = np.searchsorted(edges, np.hypot(y[:, None], x))
    share = np.stack([ring == i for i in range(len(edges) + 1)])
    share = share.reshape(len(share), ny, fine, nx, fine).mean(axis=(2, 4))
    total = share.sum(axis=(1, 2), keepdims=True)
    return (share / np.where(total > 0, total, 1)).astype(np.float32)


def annulus_pooling(edges: tuple[float, ...], name: str | None = None):
    """Return a Keras layer: mean of each feature in each ring, and its maximum.

    Parameters
    ----------
    edges : tuple of float
        See `annulus_weights`.
    name : str, optional
        Name of the layer.

    Returns
    -------
    keras.layers.Layer
        From (n, ny, nx, features) to (n, (n_rings + 1) * features).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks._annuli import annulus_pooling
    >>> annulus_pooling((0.3, 0.6))(np.ones((5, 12, 12, 4), dtype="float32")).shape[1]
    16
    """
    return _layer_class()(edges, name=name)


@cache
def _layer_class():
    """Make the class when Keras is there: this module is imported without it."""
    keras = load_keras()

    class AnnulusPooling(keras.layers.Layer):
        def __init__(self, edges, **options):
            super().__init__(**options)
            self.edges = tuple(edges)

        def build(self, shape):
            self.shares = annulus_weights(shape[1], shape[2], self.edges)

        def call(self, features):
            ny, nx, n = features.shape[1:]
            pixels = keras.ops.reshape(features, (-1, ny * nx, n))
            shares = self.shares.reshape(-1, ny * nx)
            means = keras.ops.matmul(keras.ops.cast(shares, features.dtype), pixels)
            means = keras.ops.reshape(means, (-1, len(shares) * n))
            return keras.ops.concatenate([means, keras.ops.max(pixels, axis=1)], axis=-1)

        def get_config(self):
            return super().get_config() | {"edges": self.edges}

    return AnnulusPooling
