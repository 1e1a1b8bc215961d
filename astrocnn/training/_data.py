"""Batches for Keras, on any backend."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..exceptions import InvalidParameterError
from ..networks import load_keras
from ..tables._numbers import as_floats
from ._augment import Augmentation, augment, find_augmentation

__all__ = ["class_targets", "make_batches"]

#: Batches that are made, each in a thread, while the network trains.
_AHEAD = 4


def make_batches(
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int = 32,
    augmented: bool | str | Augmentation = True,
    random_state: int | None = None,
    sample_weight: np.ndarray | None = None,
):
    """Return a ``keras.utils.PyDataset`` of shuffled batches, a new order each epoch.

    A batch depends on the seed, the epoch and its number alone, so that training can go on where
    it was interrupted: ``of_epoch`` gives the batches of one epoch.

    Parameters
    ----------
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input, in memory or memory-mapped, of any type of real numbers.
    labels : ndarray of shape (n, n_classes)
        One-hot labels.
    batch_size : int
        Targets per batch.
    augmented : bool, str or Augmentation
        Whether to turn by multiples of 90 degrees and mirror the images; see `Augmentation`. The
        rest of it is done by `augmentation_layer`.
    random_state : int, optional
        Seed of order and orientation.
    sample_weight : ndarray of shape (n,), optional
        Weight of each target in the loss.

    Returns
    -------
    keras.utils.PyDataset
        Batches of float16 where the images are (Keras casts them faster), else of float32.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import make_batches
    >>> batches = make_batches(np.zeros((5, 8, 8, 1)), np.eye(2)[[0, 1, 0, 1, 1]], batch_size=2)
    >>> len(batches), batches[2][0].shape
    (3, (1, 8, 8, 1))
    """
    keras = load_keras()
    seed = np.random.SeedSequence().entropy if random_state is None else random_state
    oriented = find_augmentation(augmented).orientations
    maker = _Maker(images, labels, sample_weight, batch_size, oriented, seed)
    # TensorFlow reads ahead by itself; others would let an accelerator wait.
    ahead = 0 if keras.backend.backend() == "tensorflow" else _AHEAD
    return _batches(keras, maker, ahead)


def _batches(keras, maker, ahead: int):
    """The `PyDataset` of a maker, which reads ``ahead`` batches in advance."""

    class Batches(keras.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.epoch, self.batch_size = 0, maker.batch_size

        def __len__(self):
            return len(maker)

        def __getitem__(self, index):
            return maker.batch(self.epoch, index)

        def on_epoch_end(self):
            self.epoch += 1

        def of_epoch(self, epoch):
            """The batches of one epoch, read ahead where the backend does not do so."""
            return OneEpoch(epoch)

    class OneEpoch(Batches):
        # Workers of Keras would mix up the batches after it has looked at the first one.
        def __init__(self, epoch):
            super().__init__()
            self.epoch, self.made = epoch, {}
            self.pool = ThreadPoolExecutor(ahead) if ahead else None

        def __getitem__(self, index):
            if self.pool is None:
                return maker.batch(self.epoch, index)
            for number in range(index, min(index + ahead + 1, len(maker))):
                if number not in self.made:
                    self.made[number] = self.pool.submit(maker.batch, self.epoch, number)
            return self.made.pop(index).result()

        def on_epoch_end(self):
            """Nothing: Keras says so before the epoch begins, too."""

    return Batches()


class _Maker:
    """Makes batches; several threads may ask it. Parameters: see `make_batches`."""

    def __init__(self, images, labels, weights, batch_size, oriented, seed):
        self.images, self.labels, self.weights = images, labels, weights
        self.batch_size, self.oriented, self.seed = batch_size, oriented, seed
        self.dtype = np.float16 if images.dtype == np.float16 else np.float32
        self._order = (-1, None)

    def __len__(self):
        return -(-len(self.images) // self.batch_size)

    def order(self, epoch: int) -> np.ndarray:
        """Order of the targets in an epoch; the last one is remembered."""
        known, order = self._order
        if known != epoch:
            order = np.random.default_rng((self.seed, epoch, 0)).permutation(len(self.images))
            self._order = (epoch, order)
        return order

    def batch(self, epoch: int, index: int) -> tuple[np.ndarray, ...]:
        """Images, labels, and weights where there are any."""
        chosen = self.order(epoch)[index * self.batch_size : (index + 1) * self.batch_size]
        images = np.empty((len(chosen), *self.images.shape[1:]), self.dtype)
        for place in np.argsort(chosen):  # a memory-mapped tensor is read forward
            images[place] = self.images[chosen[place]]
        if self.oriented:
            images = augment(images, np.random.default_rng((self.seed, epoch, index + 1)))
        if self.weights is None:
            return images, self.labels[chosen]
        return images, self.labels[chosen], self.weights[chosen]


def class_targets(
    labels: np.ndarray,
    n_images: int,
    n_classes: int,
    sample_weight: np.ndarray | None = None,
    class_weight: Mapping[int, float] | str | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return one-hot labels and the weight of each target.

    Parameters
    ----------
    labels : ndarray of shape (n,), int
        Class numbers.
    n_images, n_classes : int
        What they must fit.
    sample_weight, class_weight : optional
        See `train_network`.

    Returns
    -------
    targets : ndarray of shape (n, n_classes)
    weights : ndarray of shape (n,), float32, or None

    Raises
    ------
    InvalidParameterError
        If labels or weights do not fit, or a weight is negative or not finite.

    Examples
    --------
    >>> from astrocnn.training import class_targets
    >>> class_targets([0, 0, 0, 1], 4, 2, class_weight="balanced")[1].round(2).tolist()
    [0.67, 0.67, 0.67, 2.0]
    """
    numbers = np.asarray(labels).astype(int)
    if numbers.shape != (n_images,):
        raise InvalidParameterError(
            f"labels have shape {numbers.shape}, but there are {n_images} images"
        )
    if not len(numbers) or numbers.min() < 0 or numbers.max() >= n_classes:
        raise InvalidParameterError(
            f"labels must be class numbers from 0 to {n_classes - 1}, at least one"
        )
    weights = (
        None
        if sample_weight is None
        else as_floats(sample_weight, "sample_weight").astype(np.float32)
    )
    if weights is not None and weights.shape != numbers.shape:
        raise InvalidParameterError(
            f"sample_weight has shape {weights.shape}, labels {numbers.shape}"
        )
    if weights is not None and not (np.isfinite(weights) & (weights >= 0)).all():
        raise InvalidParameterError(
            "sample_weight must be finite and not negative; 0 leaves a target out"
        )
    if class_weight is not None:
        sums = np.bincount(numbers, weights, n_classes)
        if isinstance(class_weight, str) and class_weight == "balanced":
            share = sums.sum() / max(np.count_nonzero(sums), 1)
            of_class = np.divide(share, sums, out=np.zeros(n_classes), where=sums > 0)
        elif isinstance(class_weight, Mapping) and set(class_weight) <= set(range(n_classes)):
            of_class = np.array([class_weight.get(i, 1.0) for i in range(n_classes)])
        else:
            raise InvalidParameterError(
                f'class_weight is "balanced" or weights of the classes 0 to {n_classes - 1}, not '
                f"{class_weight!r}"
            )
        weights = of_class[numbers].astype(np.float32) * (1 if weights is None else weights)
    return np.eye(n_classes, dtype=np.float32)[numbers], weights
