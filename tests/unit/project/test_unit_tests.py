"""A unit test cannot open a socket or start a process."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest


def test_no_socket():
    with socket.socket() as one, pytest.raises(Exception, match=r"calls socket\.bind: it belongs into tests/served"):
        one.bind(("127.0.0.1", 0))
    with socket.socket() as one, pytest.raises(Exception, match=r"calls socket\.connect"):
        one.connect(("127.0.0.1", 9))


def test_no_process():
    with pytest.raises(Exception, match="starts a process: it belongs into tests/process"):
        subprocess.run([sys.executable, "--version"], check=True)
