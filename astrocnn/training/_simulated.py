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
from ..preprocessing import Preprocessing
from ..simulation import simulate_cutouts

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

    Returns
    -------
    tensor : ndarray of shape (n, pixels, pixels, n_bands), float16
        Network input; half precision halves the memory.
    truth : `~astropy.table.QTable`
        One row per target; see `astrocnn.simulation.truth_table`.

    Examples
    --------
    >>> from astrocnn.training import simulated_tensors
    >>> tensor, truth = simulated_tensors(2, bands=["xmm"], pixels=32)
    >>> tensor.shape, len(truth)
    ((2, 32, 32, 1), 2)
    """
    shape = (n, pixels, pixels, len(bands))
    if out is None:
        tensor = np.empty(shape, dtype=np.float16)
    else:
        tensor = np.lib.format.open_memmap(out, mode="w+", dtype=np.float16, shape=shape)
    preprocessing = preprocessing or Preprocessing()
    chunks = [range(i, min(i + _CHUNK, n)) for i in range(0, n, _CHUNK)]
    tables = {}
    with tqdm(total=n, desc="simulated targets", delay=2, disable=not conf.progress) as bar:
        for numbers, part, truth in _run(
            chunks, (random_state, tuple(bands), preprocessing, size, pixels), n_jobs
        ):
            tensor[numbers.start : numbers.stop] = part
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


def _simulate(numbers, random_state, bands, preprocessing, size, pixels):
    dataset, truth = simulate_cutouts(numbers, random_state, bands, size, pixels)
    return numbers, preprocessing(dataset).astype(np.float16), truth
