"""The one place that imports Keras: backend from our setting, device in words."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from .._registry import Registry
from ..config import conf
from ..exceptions import BackendError, BackendWarning

__all__ = ["CHANNELS", "channels_last", "check_fork", "device_name", "load_keras"]

#: Bands are the last axis, whatever ``image_data_format`` in the user's ``keras.json`` says: every
#: layer that asks is told.
CHANNELS = "channels_last"

_BACKENDS = Registry("Keras backend", {name: name for name in ("tensorflow", "jax", "torch")})
#: Backends whose threads a forked process does not have, but waits for.
_THREADED = ("tensorflow", "jax")
#: The first of these is the process that uses Keras.
_users: list[int] = []


def check_fork() -> None:
    """Raise BackendError in a process that was forked from one that had used the network.

    The threads of the backend are gone there, and it would wait for them forever.

    Examples
    --------
    >>> from astrocnn.networks._backend import check_fork
    >>> check_fork()
    """
    if not _users:
        _users.append(os.getpid())
    elif _users[0] != os.getpid() and sys.modules["keras"].backend.backend() in _THREADED:
        raise BackendError(
            "this process was forked from one that had used the network, and would wait forever: "
            'start processes with multiprocessing.get_context("spawn"), or use the network in the '
            "new process only"
        )


def load_keras():
    """Import Keras with the backend of ``astrocnn.conf.keras_backend`` and return it.

    Keras chooses its backend when it is first imported. If that has happened with another one, a
    `~astrocnn.exceptions.BackendWarning` says so and that one is used.

    Returns
    -------
    module
        ``keras``.

    Raises
    ------
    BackendError
        In a process that was forked from one that had used Keras with TensorFlow or JAX.

    Examples
    --------
    >>> from astrocnn.networks import load_keras
    >>> load_keras().__name__
    'keras'
    """
    wanted = _BACKENDS[conf.keras_backend] if conf.keras_backend else ""
    if "keras" not in sys.modules:
        if wanted:
            os.environ["KERAS_BACKEND"] = wanted
        # TensorFlow's notes about instructions, missing GPUs and steps of its optimizer that it
        # leaves out are no news to an astronomer; what fails is raised.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        # Nor are its hints that a new network is compiled anew, as in every cross-validation.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
    import keras

    loaded = keras.backend.backend()
    if wanted and wanted != loaded:
        warnings.warn(
            f"Keras runs on {loaded}, not on {wanted}: it was imported before astrocnn; set "
            "KERAS_BACKEND before anything imports Keras",
            BackendWarning,
            stacklevel=2,
        )
    check_fork()
    return keras


@contextmanager
def channels_last() -> Iterator[None]:
    """Let networks of `keras.applications`, which cannot be told, have the bands last.

    Examples
    --------
    >>> from astrocnn.networks._backend import channels_last, load_keras
    >>> with channels_last():
    ...     load_keras().config.image_data_format()
    'channels_last'
    """
    settings = load_keras().config
    before = settings.image_data_format()
    settings.set_image_data_format(CHANNELS)
    try:
        yield
    finally:
        settings.set_image_data_format(before)


def device_name() -> str:
    """Return what the network runs on, e.g. ``"CPU (tensorflow)"``.

    Examples
    --------
    >>> from astrocnn.networks import device_name
    >>> device_name().split()[0] in ("CPU", "GPU")
    True
    """
    keras = load_keras()
    try:
        devices = keras.distribution.list_devices()
    except AttributeError:  # Keras does not list the devices of PyTorch
        devices = [keras.ops.zeros(1).device]
    gpus = sum("gpu" in name or "cuda" in name for name in map(str.lower, map(str, devices)))
    kind = "CPU" if not gpus else ("GPU" if gpus == 1 else f"{gpus} GPUs")
    return f"{kind} ({keras.backend.backend()})"
