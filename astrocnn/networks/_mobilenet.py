"""The MobileNet (MN) of Kosiba et al. (2020)."""

import warnings

import numpy as np

from ..exceptions import InvalidParameterError, WeightsError
from ._arguments import check_outputs
from ._backend import CHANNELS, channels_last, load_keras

__all__ = ["build_mn"]


def build_mn(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    n_classes: int = 2,
    alpha: float = 1.0,
    dropout: float = 0.65,
    weights: str | None = None,
    momentum: float = 0.99,
):
    """Build the network "MN" of Kosiba et al. (2020), MNRAS 496, 4141: a MobileNet.

    The body is MobileNet (Howard et al. 2017, arXiv:1704.04861); global average pooling, dropout
    and a softmax layer follow.

    Parameters
    ----------
    input_shape : tuple of int
        ``(ny, nx, n_bands)``; at least 32 pixels a side, any number of bands.
    n_classes : int
        Number of softmax outputs.
    alpha : float
        Width: share of MobileNet's filters in each layer.
    dropout : float
        Share of the 1024 ``alpha`` features dropped in training.
    weights : {None, "imagenet"}
        Where the body starts: at random, or trained on ImageNet (downloaded by Keras). For another
        number of bands than three, each band gets the average of the red, green and blue kernels
        of the first layer, scaled so that their sum stays.
    momentum : float
        Share of the old value that batch normalization keeps in each step of the training. Keras'
        0.99 lags behind the weights where a training has a few hundred steps: 0.9 suits it.

    Returns
    -------
    keras.Model
        Not compiled. 3,230,914 parameters for three bands and two classes.

    Raises
    ------
    WeightsError
        If the ImageNet weights cannot be downloaded.
    InvalidParameterError
        If ``weights`` is something else.
    ValueError
        Of Keras, if the image is too small.

    Examples
    --------
    >>> from astrocnn.networks import build_mn
    >>> build_mn((224, 224, 3)).count_params()
    3230914
    """
    if weights not in (None, "imagenet"):
        raise InvalidParameterError(
            f"weights of a MobileNet are None or 'imagenet', not {weights!r}"
        )
    input_shape = check_outputs(input_shape, n_classes, least=32)
    keras = load_keras()
    layers = keras.layers

    image = keras.Input(shape=tuple(input_shape), name="image")
    body = _body(tuple(input_shape), alpha, input_tensor=image)
    if weights == "imagenet":
        body.set_weights(_imagenet_arrays(input_shape, alpha))
    for layer in body.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = momentum
    x = layers.GlobalAveragePooling2D(CHANNELS, name="average")(body.output)
    x = layers.Dropout(dropout, name="dropout")(x)
    proba = layers.Dense(n_classes, activation="softmax", dtype="float32", name="proba")(x)
    return keras.Model(image, proba, name="mn")


def _body(input_shape, alpha, weights=None, **options):
    """Return MobileNet without its last layers."""
    with warnings.catch_warnings(), channels_last():
        # Keras says which image sizes and bands are usual; a MobileNet takes any.
        warnings.simplefilter("ignore", UserWarning)
        return load_keras().applications.MobileNet(
            input_shape=input_shape, alpha=alpha, include_top=False, weights=weights, **options
        )


def _imagenet_arrays(input_shape, alpha) -> list[np.ndarray]:
    """Return MobileNet's arrays trained on ImageNet, the first spread over our bands."""
    ny, nx, n_bands = input_shape
    try:
        start = _body((ny, nx, 3), alpha, weights="imagenet")
    except ValueError:
        raise  # of our caller's making: image too small, or no weights for this alpha
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise WeightsError(
            "the ImageNet weights of MobileNet cannot be downloaded; connect to the internet, or "
            f"start with weights=None ({error})"
        ) from error
    first, *others = start.get_weights()  # first: 3 x 3 x bands x filters
    if n_bands != 3:
        first = np.repeat(first.mean(axis=2, keepdims=True) * 3 / n_bands, n_bands, axis=2)
    return [first, *others]
