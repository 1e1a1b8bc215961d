"""Tables sent to other programs: a hub and receivers in this process, on the loopback interface."""

import importlib
import os
import socket
import threading
import time
import warnings
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, Table

from astrocnn.exceptions import AstrocnnWarning, BroadcastError, UnknownNameError
from astrocnn.tables import _broadcast, broadcast, read_targets

samp = _broadcast._samp()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub that is found as a user's is, through the environment; without the web profile."""
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'lock').as_uri()}")
    with samp.conf.set_temp("use_internet", False):
        hub = samp.SAMPHubServer(web_profile=False, mode="multiple", addr="127.0.0.1")
        hub.start()
        yield hub
        hub.stop()


def lock_file(folder, port):
    lock = folder / "lock"
    lock.write_text(f"samp.secret=x\nsamp.hub.xmlrpc.url=http://127.0.0.1:{port}/\n")
    return f"std-lockurl:{lock.as_uri()}"


class Program:
    """A program on the hub that loads tables, and says how it went."""

    def __init__(self, name, reply="samp.ok", mtype="table.load.votable"):
        self.tables, self.messages, self.reply = [], [], reply
        self.client = samp.SAMPIntegratedClient(name=name, addr="127.0.0.1")
        self.client.connect()
        self.client.bind_receive_call(mtype, self.load)

    def load(self, private_key, sender, message_id, mtype, parameters, extra):
        self.messages.append(parameters)
        path = url2pathname(urlparse(parameters["url"]).path)
        self.tables.append(QTable.read(path, format="votable"))
        if self.reply == "samp.ok":
            self.client.ereply(message_id, "samp.ok", result={})
        elif self.reply:
            self.client.ereply(message_id, self.reply, error={"samp.errortxt": "too many rows"})


@pytest.fixture
def program(hub):
    """Make programs that leave the hub after the test."""
    made = []

    def make(*args, **kwargs):
        made.append(Program(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.client.disconnect()


@pytest.fixture
def table():
    return read_targets(Table({"name": ["A1835", "b"], "ra": [210.258, 1.0], "dec": [2.879, 2.0]}))


def clients_of(hub):
    return set(hub._private_keys) - {hub._hub_private_key}


def test_table_arrives(hub, program, table):
    """With units and UCDs, in all programs; then file and client are gone."""
    topcat, aladin = program("topcat"), program("Aladin")
    program("DS9", mtype="image.load.fits")
    before, threads = clients_of(hub), threading.active_count()
    assert broadcast(table, "candidates") == ["Aladin", "topcat"]
    for receiver in (topcat, aladin):
        (got,) = receiver.tables
        assert got["target_id"].tolist() == ["A1835", "b"]
        np.testing.assert_array_equal(got["ra"], table["ra"])
        assert got["dec"].info.meta["ucd"] == "pos.eq.dec;meta.main"
        (message,) = receiver.messages
        assert message["name"] == "candidates"
        assert not Path(url2pathname(urlparse(message["url"]).path)).parent.exists()
    assert clients_of(hub) == before
    assert threading.active_count() <= threads + 1  # a connection of the hub may linger


def test_one_recipient(program, table):
    topcat, aladin = program("topcat"), program("Aladin")
    assert broadcast(table, recipient="TOPCAT") == ["topcat"]
    assert (len(topcat.tables), len(aladin.tables)) == (1, 0)
    with pytest.raises(UnknownNameError, match="no program 'ds9' takes tables; there are: Aladin"):
        broadcast(table, recipient="ds9")


def test_fault_of_a_program(program, table):
    program("topcat")
    program("Aladin", reply="samp.error")
    with pytest.warns(AstrocnnWarning, match="not loaded by Aladin: too many rows"):
        assert broadcast(table) == ["topcat"]


def test_silent_program(hub, program, table):
    """It may still be reading: the file stays until Python ends."""
    silent = program("slow", reply="")
    before, start = clients_of(hub), time.monotonic()
    with pytest.warns(AstrocnnWarning, match=r"slow did not answer within 0\.5 s"):
        assert broadcast(table, timeout=500 * u.ms) == []
    assert time.monotonic() - start < 30
    assert clients_of(hub) == before
    assert len(silent.messages) <= 1


def test_nobody_listens(hub, table):
    with pytest.raises(BroadcastError, match="no program that takes tables"):
        broadcast(table)
    assert not clients_of(hub)


def test_no_hub(tmp_path, monkeypatch, table):
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    with pytest.raises(BroadcastError, match="no SAMP hub is running: start TOPCAT or Aladin"):
        broadcast(table)
    monkeypatch.delenv("SAMP_HUB")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BroadcastError, match="no SAMP hub is running"):
        broadcast(table)


def test_hub_that_died(tmp_path, monkeypatch, table):
    """Its lock file is still there, and nobody listens at its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("SAMP_HUB", lock_file(tmp_path, port))
    with pytest.raises(BroadcastError, match="no SAMP hub is running"):
        broadcast(table)


def test_hub_that_never_answers(tmp_path, monkeypatch, table):
    """It takes the connection and is silent, as a stopped program does."""
    monkeypatch.setattr(_broadcast, "_PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("SAMP_HUB", lock_file(tmp_path, silent.getsockname()[1]))
        start = time.monotonic()
        with pytest.raises(BroadcastError, match=r"has not answered for 0\.3 s: end and start"):
            broadcast(table)
        assert 0.25 < time.monotonic() - start < 5


@pytest.mark.parametrize("asked", ["get_subscribed_clients", "call"])
def test_hub_that_falls_silent_later(hub, program, table, tmp_path, monkeypatch, asked):
    """Nothing is left behind that it does not hold: no file, no thread that keeps Python alive."""
    program("topcat")
    monkeypatch.setattr(_broadcast.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(_broadcast, "_PATIENCE", 0.3)
    woken = threading.Event()
    monkeypatch.setattr(samp.SAMPIntegratedClient, asked, lambda *args: woken.wait(10))
    with pytest.raises(BroadcastError, match="has not answered"):
        broadcast(table)
    assert not list(tmp_path.glob("astrocnn-*"))
    waiting = [thread for thread in threading.enumerate() if thread.name == "astrocnn-samp"]
    assert waiting
    assert all(thread.daemon for thread in waiting)
    woken.set()


def test_no_warning_about_astropy(monkeypatch):
    """astropy's module is deprecated; pyvo's is used where it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert importlib.reload(_broadcast)._samp().__name__ in ("pyvo.samp", "astropy.samp")
    assert os.environ.get("SAMP_HUB") is None
