"""Batches for Keras, on any backend."""

import numpy as np

from ..networks import load_keras

__all__ = ["augment", "make_batches"]


def augment(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn each image by a multiple of 90 degrees and mirror it, at random.

    The sky has no up: the eight orientations of a cut-out are equally likely.

    Parameters
    ----------
    images : ndarray of shape (n, ny, nx, n_bands)
        Square images; all bands of one target are turned together.
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    ndarray of shape (n, ny, nx, n_bands)
        A copy.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import augment
    >>> images = np.arange(18.0).reshape(1, 3, 3, 2)
    >>> turned = augment(images, np.random.default_rng(0))
    >>> bool(turned[0, 1, 1, 0] == images[0, 1, 1, 0]), float(turned.sum())
    (True, 153.0)
    """
    turned = np.empty_like(images)
    turns, mirrored = rng.integers(0, 4, len(images)), rng.random(len(images)) < 0.5
    for i, image in enumerate(images):
        image = np.rot90(image, turns[i])
        turned[i] = image[:, ::-1] if mirrored[i] else image
    return turned


def make_batches(
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int = 32,
    augmented: bool = True,
    random_state: int | None = None,
    sample_weight: np.ndarray | None = None,
):
    """Return a ``keras.utils.PyDataset`` of shuffled batches, a new order each epoch.

    Parameters
    ----------
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input, in memory or memory-mapped, of any float type.
    labels : ndarray of shape (n, n_classes)
        One-hot labels.
    batch_size : int
        Targets per batch.
    augmented : bool
        Whether to turn and mirror the images.
    random_state : int, optional
        Seed of order and augmentation.
    sample_weight : ndarray of shape (n,), optional
        Weight of each target in the loss.

    Returns
    -------
    keras.utils.PyDataset
        Batches of float32.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import make_batches
    >>> batches = make_batches(np.zeros((5, 8, 8, 1)), np.eye(2)[[0, 1, 0, 1, 1]], batch_size=2)
    >>> len(batches), batches[2][0].shape
    (3, (1, 8, 8, 1))
    """
    keras = load_keras()

    class Batches(keras.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(random_state)
            self.order = self.rng.permutation(len(images))

        def __len__(self):
            return -(-len(images) // batch_size)

        def __getitem__(self, index):
            # Sorted: a memory-mapped tensor is read forward.
            chosen = np.sort(self.order[index * batch_size : (index + 1) * batch_size])
            batch = np.asarray(images[chosen], dtype=np.float32)
            batch = augment(batch, self.rng) if augmented else batch
            if sample_weight is None:
                return batch, labels[chosen]
            return batch, labels[chosen], sample_weight[chosen]

        def on_epoch_end(self):
            self.order = self.rng.permutation(len(images))

    return Batches()
