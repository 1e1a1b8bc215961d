"""Augmentation: what the sky could as well have looked like."""

from dataclasses import dataclass

import numpy as np

from .._registry import Registry
from ..exceptions import InvalidParameterError
from ..networks import load_keras

__all__ = ["Augmentation", "augment", "augmentation_layer", "find_augmentation", "orient"]


@dataclass(frozen=True)
class Augmentation:
    """How training images are varied at random; all bands of one target alike.

    Parameters
    ----------
    orientations : bool
        Turn by multiples of 90 degrees and mirror: eight orientations, equally likely, no pixel
        is interpolated.
    turned : float
        Fraction of the images (0..1) that are turned by any angle, mirrored and shifted as well, in
        one linear interpolation. The others keep their pixels: interpolation smooths noise, and a
        network must also know noise as it is.
    shift : float
        Largest shift of the turned ones along each axis, as a fraction of the side.
    noise : float
        Standard deviation of the noise added to the turned ones, in units of the network input.

    Raises
    ------
    InvalidParameterError
        If a number is out of its range.

    Examples
    --------
    >>> from astrocnn.training import Augmentation
    >>> Augmentation(noise=0.0)
    Augmentation(orientations=True, turned=0.2, shift=0.03, noise=0.0)
    """

    orientations: bool = True
    turned: float = 0.2
    shift: float = 0.03
    noise: float = 0.1

    def __post_init__(self):
        for name, highest in (("turned", 1.0), ("shift", 0.5), ("noise", np.inf)):
            value = getattr(self, name)
            if not 0 <= value <= highest:
                raise InvalidParameterError(f"{name} must be from 0 to {highest:g}, not {value!r}")


_NAMED = Registry(
    "augmentation",
    {
        "full": Augmentation(),
        "orientations": Augmentation(turned=0.0),
        "none": Augmentation(orientations=False, turned=0.0),
    },
)


def find_augmentation(augmented: "bool | str | Augmentation | None") -> Augmentation:
    """Return the augmentation that a user asked for.

    Parameters
    ----------
    augmented : bool, str or Augmentation
        True or ``"full"``, ``"orientations"``, False or ``"none"``, or an `Augmentation`.

    Raises
    ------
    UnknownNameError
        If it is none of these.

    Examples
    --------
    >>> from astrocnn.training import find_augmentation
    >>> find_augmentation(False)
    Augmentation(orientations=False, turned=0.0, shift=0.03, noise=0.1)
    """
    if isinstance(augmented, Augmentation):
        return augmented
    if augmented is None or isinstance(augmented, bool | np.bool_):
        augmented = "full" if augmented else "none"
    return _NAMED[augmented]


def orient(images: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return square images, each in one of the eight orientations (0..7; 0 is its own).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training._augment import orient
    >>> orient(np.arange(4).reshape(1, 2, 2, 1), [1])[0, :, :, 0].tolist()
    [[1, 3], [0, 2]]
    """
    images = np.ascontiguousarray(images)
    turned = np.empty_like(images)
    # The bands of a pixel are moved as one lump: several times faster than one by one.
    pixel = f"V{images.shape[-1] * images.itemsize}"
    for image, out, number in zip(
        images.view(pixel)[..., 0], turned.view(pixel)[..., 0], numbers, strict=True
    ):
        image = np.rot90(image, number % 4)
        out[...] = image[:, ::-1] if number >= 4 else image
    return turned


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
    return orient(images, rng.integers(0, 8, len(images)))


def augmentation_layer(augmentation: Augmentation | None = None, random_state: int | None = None):
    """Return a Keras layer that turns, mirrors, shifts and adds noise, in training only.

    Angle, mirroring and shift make one affine transform, so that pixels are interpolated once.
    What comes in from beyond the border is 0, the background of standardized images.

    Parameters
    ----------
    augmentation : Augmentation, optional
        What to do; its ``orientations`` are the business of `make_batches`.
    random_state : int, optional
        Seed.

    Returns
    -------
    keras.layers.Layer
        For images of shape (n, ny, nx, n_bands). The first ``turned`` of each batch are turned,
        so images must come in random order. No weights; the state of its random numbers is a
        variable.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.training import augmentation_layer
    >>> layer = augmentation_layer(random_state=0)
    >>> images = np.ones((4, 16, 16, 2), dtype="float32")
    >>> bool((np.asarray(layer(images)) == images).all())  # not in training
    True
    >>> bool((np.asarray(layer(images, training=True)) == images).all())
    False
    """
    keras = load_keras()
    ops, chosen = keras.ops, augmentation or Augmentation()

    class Augment(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="augment", dtype="float32")
            self.seeds = keras.random.SeedGenerator(random_state)

        def call(self, images, training=False):
            if not training or not chosen.turned:
                return images
            # In thousandths, rounded up: a batch of one is turned.
            count = -(-ops.shape(images)[0] * round(1000 * chosen.turned) // 1000)
            turned = self.turn(images[:count])
            if chosen.noise:
                # Uniform: a third of the price of normal noise, and networks sum many pixels.
                width, shape = chosen.noise * 3**0.5, ops.shape(turned)
                turned = turned + keras.random.uniform(shape, -width, width, seed=self.seeds)
            return ops.concatenate([turned, images[count:]]) if chosen.turned < 1 else turned

        def turn(self, images):
            n, (ny, nx) = ops.shape(images)[0], images.shape[1:3]
            draw = keras.random.uniform((4, n), -1.0, 1.0, seed=self.seeds)
            mirror = ops.where(draw[1] < 0, -1.0, 1.0)
            shift_y, shift_x = chosen.shift * draw[2], chosen.shift * draw[3]
            matrix = _affine(ops, np.pi * draw[0], mirror, shift_y, shift_x, (ny, nx))
            return ops.image.affine_transform(
                images, matrix, "bilinear", "constant", 0.0, data_format="channels_last"
            )

        def compute_output_shape(self, input_shape):
            return input_shape

    return Augment()


def _affine(ops, angle, mirror, shift_y, shift_x, shape):
    """Rows of eight numbers that lead from an output pixel (x, y) to the one in the image.

    The image turns about its center, is mirrored where ``mirror`` is -1, and shifted by a fraction
    of its side.
    """
    ny, nx = shape
    x, y = (nx - 1) / 2, (ny - 1) / 2
    cos, sin = ops.cos(angle), ops.sin(angle)
    row_x, row_y = (mirror * cos, -mirror * sin), (sin, cos)
    to_x = x - row_x[0] * (x + nx * shift_x) - row_x[1] * (y + ny * shift_y)
    to_y = y - row_y[0] * (x + nx * shift_x) - row_y[1] * (y + ny * shift_y)
    zero = ops.zeros_like(angle)
    return ops.stack([*row_x, to_x, *row_y, to_y, zero, zero], axis=1)
