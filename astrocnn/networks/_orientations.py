"""The mean verdict over the eight orientations of an image."""

from ._backend import load_keras

__all__ = ["average_orientations"]


def average_orientations(model):
    """Return a network that shows ``model`` an image turned and mirrored, and averages.

    The sky has no up: the answer is then exactly the same however the cut-out is turned by 90
    degrees or mirrored. It costs eight times as much, so use it to judge, not to train.

    Parameters
    ----------
    model : keras.Model
        A trained network for square images.

    Returns
    -------
    keras.Model
        Same input and output; the weights are those of ``model``.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks import average_orientations, build_cn
    >>> model = average_orientations(build_cn((16, 16, 1)))
    >>> image = np.random.default_rng(0).normal(size=(1, 16, 16, 1)).astype("float32")
    >>> bool(np.allclose(model(image), model(image[:, ::-1]), atol=1e-6))
    True
    """
    keras = load_keras()
    image = keras.Input(shape=model.input_shape[1:], name="image")
    views = []
    for mirrored in (image, keras.ops.flip(image, axis=2)):
        views += [keras.ops.rot90(mirrored, k=k, axes=(1, 2)) for k in range(4)]
    proba = keras.ops.mean(keras.ops.stack([model(view) for view in views]), axis=0)
    return keras.Model(image, proba, name="orientations")
