"""Send a table to the programs on this computer's screen: TOPCAT, Aladin, DS9 (SAMP)."""

import atexit
import shutil
import tempfile
import threading
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

from astropy import units as u
from astropy.table import Table

from ..exceptions import AstrocnnWarning, BroadcastError, UnknownNameError
from ._write import write_result

__all__ = ["broadcast"]

_LOAD = "table.load.votable"
_TAG = "astrocnn-table"
#: Seconds that the hub may take for one answer; on the same computer it takes milliseconds.
_PATIENCE = 10.0


def broadcast(
    table: Table,
    name: str = "astrocnn",
    *,
    recipient: str | None = None,
    timeout: u.Quantity = 30 * u.s,
) -> list[str]:
    """Send a table to the programs that listen: TOPCAT, Aladin, DS9 ...

    Parameters
    ----------
    table : `~astropy.table.Table`
        A result, a match table, or any table that `write_result` can write as a VOTable.
    name : str
        What the programs call it.
    recipient : str, optional
        Name of the one program that shall have it, such as ``"topcat"`` (in any case); by default
        all that take tables.
    timeout : `~astropy.units.Quantity`
        How long to wait until they have read it.

    Returns
    -------
    list of str
        Names of the programs that have read the table.

    Raises
    ------
    BroadcastError
        If no SAMP hub runs (TOPCAT and Aladin start one), if it hangs (one answer takes more than
        10 seconds), or if no program takes tables.
    UnknownNameError
        If the recipient is not there; the message lists those that are.

    Warns
    -----
    AstrocnnWarning
        If a program reports a fault, or does not answer in time.

    Notes
    -----
    The table goes as a VOTable in a temporary file, with the SAMP message ``table.load.votable``;
    the file is removed when all have read it, else when Python ends. Nothing leaves the computer.

    References
    ----------
    Taylor et al. 2015, Astronomy and Computing 11, 81 (SAMP).

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.tables import broadcast
    >>> broadcast(Table({"ra": [210.26], "dec": [2.88]}), "candidates")  # doctest: +SKIP
    ['topcat']
    """
    with _connection() as client:
        names = _listeners(client, recipient)
        folder = Path(tempfile.mkdtemp(prefix="astrocnn-"))
        replies = {}
        try:
            path = write_result(table, folder / "table.vot")
            replies = _send(client, names, path.as_uri(), name, timeout)
        finally:
            if set(replies) == set(names) or not replies:
                shutil.rmtree(folder, ignore_errors=True)
            else:  # somebody may still be reading
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _warn(names, replies, timeout)
    return sorted(names[key] for key, fault in replies.items() if not fault)


def _samp():
    """The module that speaks SAMP: it went from astropy to pyvo."""
    try:
        from pyvo import samp

        _ = samp.SAMPIntegratedClient
    except (ImportError, AttributeError):
        from astropy import samp
    return samp


@contextmanager
def _connection():
    """A client of the running hub, on the loopback interface only."""
    samp = _samp()
    client = samp.SAMPIntegratedClient(
        name="astrocnn", description="Galaxy cluster candidates", addr="127.0.0.1"
    )
    try:
        with samp.conf.set_temp("use_internet", False):
            _answer(client.connect)
    except BroadcastError:  # it runs, and hangs
        raise
    except (samp.SAMPHubError, OSError, KeyError) as error:
        raise BroadcastError(
            "no SAMP hub is running: start TOPCAT or Aladin (they bring one), then try again"
        ) from error
    try:
        yield client
    finally:
        # The hub may have gone meanwhile, or hang.
        with suppress(OSError, samp.SAMPProxyError, BroadcastError):
            _answer(client.disconnect)


def _answer(ask, *args):
    """What the hub answers. It is asked in a thread, since the calls of SAMP have no time limit."""
    outcome, done = {}, threading.Event()

    def run():
        try:
            outcome["value"] = ask(*args)
        except Exception as error:  # noqa: BLE001 -- raised below, in the thread of the caller
            outcome["error"] = error
        done.set()

    threading.Thread(target=run, name="astrocnn-samp", daemon=True).start()
    if not done.wait(_PATIENCE):
        raise BroadcastError(
            f"the SAMP hub has not answered for {_PATIENCE:g} s: end and start again the program "
            "that runs it (most often TOPCAT or Aladin), then try again"
        )
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def _listeners(client, recipient: str | None) -> dict[str, str]:
    """Identifier -> name of the programs that take tables."""
    names = {
        key: _answer(client.get_metadata, key).get("samp.name", key)
        for key in _answer(client.get_subscribed_clients, _LOAD)
    }
    if not names:
        raise BroadcastError(
            "no program that takes tables is connected to the SAMP hub: start TOPCAT, Aladin or "
            "DS9, then try again"
        )
    if recipient is None:
        return names
    chosen = {key: name for key, name in names.items() if name.lower() == recipient.lower()}
    if not chosen:
        raise UnknownNameError(
            f"no program {recipient!r} takes tables; there are: {', '.join(sorted(names.values()))}"
        )
    return chosen


def _send(client, names, url: str, name: str, timeout: u.Quantity) -> dict[str, str]:
    """Identifier -> fault ('' for none) of those that answered in time."""
    replies, done = {}, threading.Event()

    def receive(private_key, responder, tag, response):  # noqa: ARG001
        error = response.get("samp.error", {}).get("samp.errortxt", "no reason given")
        replies[responder] = "" if response["samp.status"] == "samp.ok" else error
        if len(replies) == len(names):
            done.set()

    client.bind_receive_response(_TAG, receive)
    parameters = {"url": url, "table-id": url, "name": name}
    for key in names:
        _answer(client.call, key, _TAG, {"samp.mtype": _LOAD, "samp.params": parameters})
    done.wait(timeout.to_value(u.s))
    return dict(replies)


def _warn(names, replies, timeout) -> None:
    faults = [f"{names[key]}: {fault}" for key, fault in replies.items() if fault]
    silent = [names[key] for key in names if key not in replies]
    if faults:
        warnings.warn(f"not loaded by {'; '.join(faults)}", AstrocnnWarning, stacklevel=3)
    if silent:
        warnings.warn(
            f"{', '.join(silent)} did not answer within {timeout.to(u.s):g}: look whether the "
            "table arrives",
            AstrocnnWarning,
            stacklevel=3,
        )
