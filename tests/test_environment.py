"""What conftest.py promises to every other test."""

import os
import socket
import subprocess
import sys

import pytest
from astropy.config import get_cache_dir, get_config_dir

import astrocnn


def test_network_is_blocked():
    """An address that can never answer (RFC 5737) is refused at once, by us."""
    with pytest.raises(OSError, match="not marked `remote_data`"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_loopback_is_open():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=1) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_home_is_not_touched():
    """Settings and caches are in the temporary folder, in this process and in those it starts."""
    home = os.environ["KERAS_HOME"].removesuffix("keras")
    assert get_cache_dir().startswith(home)
    assert get_config_dir().startswith(home)
    code = "from astropy.config import get_cache_dir; print(get_cache_dir())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.startswith(home)


def test_no_progress_bars():
    assert astrocnn.conf.progress is False
