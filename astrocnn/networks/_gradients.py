"""Gradients of a network with respect to its input, on any backend of Keras."""

from numbers import Integral

import numpy as np
from tqdm.auto import tqdm

from ..config import conf
from ..exceptions import InvalidParameterError
from ._backend import load_keras

__all__ = ["class_probability", "integrated_gradients"]

#: Share of the points of an integration that lie where the probability changes; the others are
#: spread evenly.
_WHERE_IT_CHANGES = 0.8


def integrated_gradients(
    model,
    images: np.ndarray,
    class_index: int = -1,
    baseline: np.ndarray | None = None,
    steps: int = 64,
) -> np.ndarray:
    """Say how much each input pixel adds to the probability of a class.

    The gradient of the probability is integrated on the straight line from a baseline, an image
    without a signal, to the image, and multiplied by the difference of the two. Summed over all
    pixels and bands this is p(image) - p(baseline), up to the error of the integration
    (completeness axiom).

    Parameters
    ----------
    model : keras.Model
        Classifier with outputs of shape (n, n_classes), or (n, n_members, n_classes) for an
        ensemble, the members of which are averaged. It is left as it is.
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input.
    class_index : int
        Class to explain.
    baseline : ndarray of shape (ny, nx, n_bands), optional
        Where the line begins; zeros by default, which after `astrocnn.preprocessing` is a flat
        image.
    steps : int
        Points on the line, all of them one batch. With 64 of them the sum over pixels is right to
        about 0.02, usually 0.01.

    Returns
    -------
    ndarray of shape (n, ny, nx, n_bands), float32

    Raises
    ------
    InvalidParameterError
        If shapes do not fit, or ``steps`` is no whole number above zero.

    References
    ----------
    Sundararajan, Taly & Yan 2017, "Axiomatic attribution for deep networks", ICML 34 (arXiv:
    1703.01365). Bhat & Raychowdhury 2023, "Non-uniform interpolation in integrated gradients for
    low-latency explainable-AI", ISCAS: the points lie where the probability changes.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks import build_cn, integrated_gradients
    >>> images = np.random.default_rng(0).normal(size=(2, 16, 16, 1))
    >>> integrated_gradients(build_cn((16, 16, 1)), images, steps=4).shape
    (2, 16, 16, 1)
    """
    images = np.asarray(images, dtype=np.float32)
    shape = tuple(model.input_shape[1:])
    if images.ndim != 4 or images.shape[1:] != shape:
        raise InvalidParameterError(
            f"images have the shape {images.shape}; the network needs (n, *{shape})"
        )
    if not isinstance(steps, Integral) or steps < 1:
        raise InvalidParameterError(f"steps must be a whole number above zero, not {steps!r}")
    baseline = np.zeros(shape) if baseline is None else np.asarray(baseline)
    if baseline.shape != shape:
        raise InvalidParameterError(f"the baseline has the shape {baseline.shape}, not {shape}")
    gradient = _gradient_function(model, shape)
    attributions = np.zeros(images.shape, dtype=np.float32)
    for i in tqdm(
        range(len(images)), desc="explanations", unit="", delay=2, disable=not conf.progress
    ):
        change = images[i] - baseline
        points, widths = _intervals(model, baseline, change, class_index, int(steps))
        weights = np.zeros((len(points), model.output_shape[-1]), dtype=np.float32)
        weights[:, class_index] = widths
        line = baseline + points[:, None, None, None] * change
        attributions[i] = change * gradient(line.astype(np.float32), weights)
    return attributions


def class_probability(model, images: np.ndarray, class_index: int = -1) -> np.ndarray:
    """Return the network's own probability of a class, the mean over the members of an ensemble.

    Parameters
    ----------
    model : keras.Model
        See `integrated_gradients`.
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input.
    class_index : int
        The class.

    Returns
    -------
    ndarray of shape (n,), float

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks import build_cn, class_probability
    >>> class_probability(build_cn((16, 16, 1)), np.zeros((2, 16, 16, 1))).shape
    (2,)
    """
    images = np.asarray(images, dtype=np.float32)
    # One at a time: TensorFlow would compile the network anew for another batch.
    found = [_mean_over_members(model.predict_on_batch(image[np.newaxis])) for image in images]
    return np.array([proba[0, class_index] for proba in found])


def _intervals(model, baseline, change, class_index, steps) -> tuple[np.ndarray, np.ndarray]:
    """Middles and widths of intervals of the line (0..1), narrow where the probability changes."""
    ends = np.linspace(0, 1, steps + 1)
    line = baseline + ends[:, None, None, None] * change
    proba = _mean_over_members(model.predict_on_batch(line.astype(np.float32)))[:, class_index]
    rise = np.abs(np.diff(proba))
    if rise.sum() > 0:
        share = _WHERE_IT_CHANGES * rise / rise.sum() + (1 - _WHERE_IT_CHANGES) / steps
        ends = np.interp(ends, np.append(0, np.cumsum(share)), ends)
    return (ends[1:] + ends[:-1]) / 2, np.diff(ends)


def _mean_over_members(proba) -> np.ndarray:
    """Probabilities (n, n_classes) of a network or of an ensemble."""
    proba = np.asarray(proba, dtype=float)
    return proba.mean(axis=1) if proba.ndim == 3 else proba


def _gradient_function(model, shape):
    """Return a function of images and weights: the gradient of the sum of weighted probabilities.

    Each backend has a call of its own for gradients; what they share is training. So an offset,
    the same for all images of a batch, is the only variable to train; one step of gradient
    descent with a rate of one moves it from zero to the gradient that is wanted.
    """
    keras = load_keras()
    ops = keras.ops

    class Shifted(keras.Model):
        def __init__(self):
            super().__init__()
            self.offset = self.add_weight(shape=shape, initializer="zeros", dtype="float32")
            # Inside a function Keras does not see the network: nothing of it is trained or frozen.
            self.classify = lambda images: model(images, training=False)

        def call(self, images):
            proba = ops.cast(self.classify(images + self.offset), "float32")
            return ops.mean(proba, axis=1) if len(proba.shape) == 3 else proba

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return -ops.sum(ops.multiply(y, y_pred))

    shifted = Shifted()
    tensorflow = keras.backend.backend() == "tensorflow"
    # TensorFlow's compiler does not pay for a few batches.
    shifted.compile(keras.optimizers.SGD(1.0), jit_compile=False if tensorflow else "auto")

    def gradient(images, weights):
        shifted.offset.assign(np.zeros(shape, dtype=np.float32))
        shifted.train_on_batch(images, weights)
        return keras.ops.convert_to_numpy(shifted.offset)

    return gradient
