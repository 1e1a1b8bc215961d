"""The custom network (CN) of Kosiba et al. (2020)."""

from ._arguments import check_outputs
from ._backend import CHANNELS, load_keras

__all__ = ["build_cn"]


def build_cn(
    input_shape: tuple[int, int, int] = (356, 356, 3),
    n_classes: int = 2,
    dropout: float = 0.65,
):
    """Build the custom network "CN" of Kosiba et al. (2020), MNRAS 496, 4141, table 2.

    Six times a 3x3 convolution (64, then 32 filters, ReLU) and a 2x2 max pooling, both keeping the
    border; then dense layers of 256 and ``n_classes`` with dropout before the last.

    Parameters
    ----------
    input_shape : tuple of int
        ``(ny, nx, n_bands)``; any number of bands.
    n_classes : int
        Number of softmax outputs.
    dropout : float
        Share of the 256 features dropped in training.

    Returns
    -------
    keras.Model
        Not compiled. 352,930 parameters for (356, 356, 3) and two classes.

    Examples
    --------
    >>> from astrocnn.networks import build_cn
    >>> build_cn((356, 356, 3)).count_params()
    352930
    """
    input_shape = check_outputs(input_shape, n_classes)
    keras = load_keras()
    layers = keras.layers

    model = keras.Sequential(name="cn")
    model.add(keras.Input(shape=tuple(input_shape), name="image"))
    same = {"padding": "same", "data_format": CHANNELS}
    for i, filters in enumerate((64, 32, 32, 32, 32, 32), start=1):
        model.add(layers.Conv2D(filters, 3, activation="relu", name=f"conv{i}", **same))
        model.add(layers.MaxPooling2D(2, name=f"pool{i}", **same))
    model.add(layers.Flatten(CHANNELS, name="flatten"))
    model.add(layers.Dense(256, activation="relu", name="dense"))
    model.add(layers.Dropout(dropout, name="dropout"))
    model.add(layers.Dense(n_classes, activation="softmax", dtype="float32", name="proba"))
    return model
