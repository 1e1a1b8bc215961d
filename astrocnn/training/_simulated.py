"""Network input made from simulated targets, in parallel and in flat memory."""

import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import numpy as np
from astropy import units as u
from astropy.table import QTable, vstack
from tqdm.auto import tqdm

from ..config import conf
from ..extent import PLANE_PIXELS
from ..preprocessing import Preprocessing
from ..simulation import VERSION, simulate_cutouts
from ..surveys import get_band

__all__ = ["simulated_tensors"]

_CHUNK = 50


def simulated_tensors(
    n: int,
    random_state: int = 0,
    bands: Sequence[str] = ("xmm", "dss2-red"),
    preprocessing: Preprocessing | None = None,
    size: u.Quantity = 6 * u.arcmin,
    pixels: int = 356,
    n_jobs: int = 1,
    out: str | None = None,
    version: int = VERSION,
    kind: str | None = None,
    plain_out: str | None = None,
    n_plain: int = 0,
) -> tuple[np.ndarray, QTable]:
    """Simulate targets and return them as network input.

    Parameters
    ----------
    n : int
        Number of targets.
    random_state : int
        Seed of the list.
    bands : sequence of str
        Bands to simulate.
    preprocessing : Preprocessing, optional
        Steps from cut-outs to input.
    size : `~astropy.units.Quantity`
        Side of the field.
    pixels : int
        Pixels along one side.
    n_jobs : int
        Processes; the result does not depend on it.
    out : str, optional
        File (``.npy``) to hold the tensor instead of memory.
    version : {2, 3}
        Version of the simulation.
    kind : str, optional
        Kind of all targets; see `astrocnn.simulation.simulate_field`.
    plain_out : str, optional
        File (``.npy``) for the images of the first ``n_plain`` targets, where the tensor holds
        planes of a fit.
    n_plain : int
        How many of them.

    Returns
    -------
    tensor : ndarray of shape (n, pixels, pixels, n_bands), float16
        Network input; half precision halves the memory. Of planes of a fit
        (n, 64, 64, n_channels).
    truth : `~astropy.table.QTable`
        One row per target; see `astrocnn.simulation.truth_table`.

    Examples
    --------
    >>> from astrocnn.training import simulated_tensors
    >>> tensor, truth = simulated_tensors(2, bands=["xmm"], pixels=32)
    >>> tensor.shape, len(truth)
    ((2, 32, 32, 1), 2)
    """
    preprocessing = preprocessing or Preprocessing()
    shape = (pixels, pixels, len(bands))
    tensor = _array(out, (n, *_input_shape(preprocessing, bands, size, pixels)))
    n_plain = min(n_plain, n) if plain_out is not None else 0
    plain = _array(plain_out if n_plain else None, (n_plain, *shape))
    chunks = [range(i, min(i + _CHUNK, n)) for i in range(0, n, _CHUNK)]
    tables = {}
    with tqdm(total=n, desc="simulated targets", delay=2, disable=not conf.progress) as bar:
        settings = (random_state, tuple(bands), preprocessing, size, pixels, version, kind, n_plain)
        for numbers, part, images, truth in _run(chunks, settings, n_jobs):
            tensor[numbers.start : numbers.stop] = part
            plain[numbers.start : numbers.start + len(images)] = images
            tables[numbers.start] = truth
            bar.update(len(numbers))
    truth = vstack([tables[start] for start in sorted(tables)], metadata_conflicts="silent")
    return tensor, truth


def _run(chunks, arguments, n_jobs):
    """Yield simulated chunks as they are ready."""
    if n_jobs == 1:
        for numbers in chunks:
            yield _simulate(numbers, *arguments)
        return
    with ProcessPoolExecutor(
        n_jobs,
        mp_context=get_context("spawn"),
        # On Ctrl-C a worker ends without a word; the process that started it speaks.
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_DFL),
    ) as pool:
        futures = [pool.submit(_simulate, numbers, *arguments) for numbers in chunks]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _simulate(
    numbers, random_state, bands, preprocessing, size, pixels, version, kind, n_plain
):
    dataset, truth = simulate_cutouts(
        numbers, random_state, bands, size, pixels, version, kind=kind
    )
    some = dataset.isel(target=slice(0, max(n_plain - numbers.start, 0)))
    images = preprocessing.plain(some).astype(np.float16)
    return numbers, preprocessing(dataset).astype(np.float16), images, truth


def _array(path, shape):
    """An array in memory, or in a file."""
    if path is None:
        return np.empty(shape, dtype=np.float16)
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)


def _input_shape(preprocessing, bands, size, pixels) -> tuple[int, int, int]:
    """Shape of what the network sees of a target."""
    scale = size.to_value(u.arcsec) / pixels
    channels = preprocessing.channels([get_band(band).waveband for band in bands], scale)
    side = PLANE_PIXELS if preprocessing.source_planes else pixels
    return side, side, sum(channels)
