"""Chunks as tasks of a Dask cluster; the network is loaded once per worker."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

import xarray as xr
from astropy.table import QTable

from ..config import conf
from ..cutouts._lazy import READ_ERRORS, load_cutouts
from ..cutouts._maker import make_chunk
from ..cutouts._progress import progress_bar
from ..networks import load_keras
from ..storage import count_rows
from ._fitted import Fitted
from ._gate import TargetSource
from ._part import Part

__all__ = ["find_client", "judge_on"]

#: Tasks that are on their way, per thread of the cluster: results come back in small numbers.
_AHEAD = 3

_networks: dict[str, Fitted] = {}
_lock = threading.Lock()


@dataclass
class _Job:
    """What all tasks of a run have in common; sent to each worker once."""

    key: str
    fitted: Fitted
    source: TargetSource
    batch_size: int
    prior: object
    settings: dict


def find_client(client, source: TargetSource):
    """Return the Dask client that should judge these targets; None: this process does.

    Parameters
    ----------
    client : `distributed.Client`, None or False
        None: the active one, as for all Dask collections; False: none.
    source : TargetSource
        Cut-outs in memory are judged here, and so are targets of one chunk.
    """
    if client is False or len(source.targets) <= source.step:
        return None
    if source.dataset is not None and not source.dataset["image"].chunks:
        return None
    distributed = sys.modules.get("distributed")
    if client is not None or distributed is None:
        return client
    with suppress(ValueError):  # a task of a worker must not wait for other tasks
        distributed.get_worker()
        return None
    with suppress(ValueError):
        found = distributed.get_client()
        # A client that was not closed well may still be the current one.
        return found if found.status == "running" and not found.asynchronous else None
    return None


def judge_on(
    client, key: str, fitted: Fitted, source: TargetSource, rows: list, batch_size: int, prior
) -> Iterator[tuple[int, Part]]:
    """Judge rows of a source on a cluster; yield number and `Part` of each as it is done."""
    import distributed

    settings = {name: getattr(conf, name) for name in conf if name != "progress"}
    settings["keras_backend"] = load_keras().backend.backend()
    bare = replace(source, targets=source.targets[:0], dataset=None)
    weights = fitted.model.get_weights()
    sent = replace(fitted, _arrays=weights, _model=None, history={})
    job = client.scatter(
        _Job(key, sent, bare, batch_size, prior, settings), broadcast=True, hash=False
    )
    todo = iter(enumerate(rows))
    running = {}
    done = distributed.as_completed(loop=client.loop)

    def start():
        number, some = next(todo, (None, None))
        if some is not None:
            future = _submit(client, job, source, some)
            running[future] = number
            done.add(future)

    try:
        for _ in range(_AHEAD * max(1, sum(client.nthreads().values()))):
            start()
        with progress_bar(len(source.targets), sum(map(count_rows, rows))) as bar:
            for future in done:
                number = running.pop(future)
                yield number, _result(future, fitted, source, rows[number], batch_size, prior)
                bar.update(count_rows(rows[number]))
                start()
    finally:
        client.cancel(list(running))


def _submit(client, job, source, rows):
    """Start the task of some rows."""
    others = source.others(rows)
    if source.dataset is None:
        return client.submit(_judge_targets, job, source.targets[rows], others, pure=False)
    import dask

    # Dask reads the pixels where the task is.
    dataset = source.with_others(source.dataset.isel(target=rows), others).assign_attrs(faults=[])
    return client.compute(dask.delayed(_judge_dataset, pure=False)(job, dataset))


def _result(future, fitted, source, rows, batch_size, prior) -> Part:
    """Result of a task; cut-outs that could not be read are tried here, one by one."""
    if source.dataset is not None and isinstance(future.exception(), READ_ERRORS):
        (dataset,) = source.chunks([rows])
        return Part.of(dataset, fitted.judge(dataset, batch_size, prior))
    part = future.result()
    given = [] if source.dataset is None else source.faults(rows)
    return part._replace(faults=given + part.faults)


def _judge_targets(job: _Job, targets: QTable, others: dict) -> Part:
    """Task: make the cut-outs of some targets and judge them."""
    _adopt(job.settings)
    description, providers = job.source.description, list(job.source.providers.values())
    with ThreadPoolExecutor(conf.threads) as pool:
        dataset = make_chunk(targets, providers, description.field_size, description.pixels, pool)
    return _judge(job, dataset.assign(others))


def _judge_dataset(job: _Job, dataset: xr.Dataset) -> Part:
    """Task: judge cut-outs."""
    _adopt(job.settings)
    return _judge(job, load_cutouts(dataset))


def _judge(job: _Job, dataset) -> Part:
    """Judge with the worker's own network; its threads take turns."""
    with _lock:
        if job.key not in _networks:
            _networks.clear()  # one network at a time
            _networks[job.key] = job.fitted
        judged = _networks[job.key].judge(dataset, job.batch_size, job.prior)
    return Part.of(dataset, judged)


def _adopt(settings: dict) -> None:
    """Take over the settings of the process that asks."""
    for name, value in settings.items():
        if getattr(conf, name) != value:
            setattr(conf, name, value)
