"""The loop of ``predict``: chunk by chunk, kept in a folder where one is given."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from typing import NamedTuple

import numpy as np

from ..cutouts._identity import bands_identity, targets_digest
from ..exceptions import InvalidParameterError, PredictionInterrupted, StoreError
from ..storage import RunFolder, gaps
from ._dask import find_client, judge_on
from ._fitted import Fitted
from ._gate import TargetSource
from ._part import Part
from ._verdicts import Verdicts

__all__ = ["Run", "network_digest", "run_identity", "stopped_error"]


class Run:
    """Judge all targets of a source; as a context manager it keeps its folder locked.

    Parameters
    ----------
    fitted : Fitted
        The network.
    source : TargetSource
        The targets.
    batch_size : int
        Targets per step of the network.
    prior : float, dict or None
        See `ClusterClassifier`.
    folder : path, optional
        Where parts are kept.
    retry_failed : bool
        Whether kept rows with a ``failed`` flag are asked for again.
    client : `distributed.Client`, None or False
        Cluster whose workers judge; see `find_client`.
    """

    def __init__(
        self,
        fitted: Fitted,
        source: TargetSource,
        *,
        batch_size: int,
        prior=None,
        folder=None,
        retry_failed: bool = False,
        client=None,
    ):
        if retry_failed and folder is None:
            raise InvalidParameterError("retry_failed asks again for rows in folder=; give one")
        self.fitted = fitted
        self.source = source
        self.batch_size = batch_size
        self.prior = prior
        self.retry_failed = retry_failed
        self.client = find_client(client, source)
        self.kept = None
        if folder is not None:
            self.kept = RunFolder(folder, run_identity(fitted, source, prior))

    def __enter__(self) -> "Run":
        if self.kept is not None:
            self.kept.__enter__()
        return self

    def __exit__(self, *_):
        if self.kept is not None:
            self.kept.__exit__()

    def into(self, verdicts: Verdicts) -> None:
        """Put all rows: kept ones first, then those that are judged now."""
        todo = [] if self.kept is None else self._read(verdicts)
        done = [] if self.kept is None else self.kept.parts()
        todo += [
            Piece(rows.start, rows.stop, rows)
            for rows in gaps(len(self.source.targets), done, self.source.step)
        ]
        with contextlib.closing(self._judged([piece.rows for piece in todo])) as judged:
            for number, part in judged:
                self._keep(todo[number], part)
                verdicts.put(todo[number].rows, part)

    def _read(self, verdicts) -> list["Piece"]:
        """Put what is kept; return the rows that are to be asked for again."""
        again = []
        for start, stop in self.kept.parts():
            part = self._part(start, stop)
            if part is None:
                continue
            if self.retry_failed and len(part.failed):
                again.append(Piece(start, stop, start + part.failed))
                part = part._replace(faults=[])  # they may be over
            verdicts.put(slice(start, stop), part)
        return again

    def _part(self, start, stop) -> Part | None:
        """What is kept of some rows, if it is whole."""
        n, classes = len(self.source.targets), self.fitted.description.classes

        def parse(arrays):
            if stop > n:
                raise ValueError(f"there are {n} targets")
            part = Part.from_arrays(arrays)
            n_apart = len(self.fitted.apart_names)
            part.check((stop - start, len(classes)), self.source.wavebands, n_apart)
            return part

        return self.kept.read(start, stop, parse)

    def _judged(self, rows) -> Iterator[tuple[int, Part]]:
        """Judge some rows, chunk by chunk, here or on a cluster; yield number and result."""
        if self.client is not None and rows:
            settings = (self.source, rows, self.batch_size, self.prior)
            yield from judge_on(self.client, network_digest(self.fitted), self.fitted, *settings)
            return
        chunks = self.source.chunks(rows)
        judged = self.fitted.judge_all(chunks, self.batch_size, self.prior)
        for number, chunk in enumerate(judged):
            yield number, Part.of(*chunk)

    def _keep(self, piece, part) -> None:
        """Write a part to the folder; rows that were asked for again go into theirs."""
        if self.kept is None:
            return
        if not isinstance(piece.rows, slice):
            old = self._part(piece.start, piece.stop)
            if old is None:
                return
            part = old.patched(piece.rows - piece.start, part)
        self.kept.write(piece.start, piece.stop, part.arrays())


class Piece(NamedTuple):
    """Rows that are judged together, and the first and last of the part they go into."""

    start: int
    stop: int
    rows: slice | np.ndarray


def run_identity(fitted: Fitted, source: TargetSource, prior=None) -> dict[str, str]:
    """Say what makes verdicts what they are, but for thresholds; see `RunFolder`."""
    description = fitted.description
    masks = {"other targets": "masked"} if source.mask_targets else {}
    return {
        "contents": "verdicts with causes",
        "targets": targets_digest(source.targets),
        "weights": network_digest(fitted),
        "bands": bands_identity(source.bands),
        "classes": ", ".join(description.classes),
        "grids": f"{description.pixels} pixels on {description.size} arcmin",
        "images": source.images_identity(),
        "priors": "none" if prior is None else json.dumps(prior, sort_keys=True, default=float),
        "versions": f"astrocnn {version('astrocnn')}",
        **masks,
    }


def network_digest(fitted: Fitted) -> str:
    """SHA-256 of the file of weights, or of a network that was trained here."""
    if fitted.sha256:
        return fitted.sha256
    digest = hashlib.sha256(json.dumps(asdict(fitted.description), sort_keys=True).encode())
    for array in fitted.model.get_weights():
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def stopped_error(error, result, done: int, folder) -> BaseException:
    """What Ctrl-C or a full disk becomes: an exception with the table so far."""
    far = f"after {done} of {len(result)} targets"
    again = "" if folder is None else f"; the same call with folder={str(folder)!r} goes on"
    if isinstance(error, KeyboardInterrupt):
        return PredictionInterrupted(
            f"interrupted {far}; the table so far is in this exception's .result{again}", result
        )
    message = f"{error.strerror or error} ({far}); the table so far is in .result{again}"
    found = StoreError(error.errno or 0, message)
    found.result = result
    return found
