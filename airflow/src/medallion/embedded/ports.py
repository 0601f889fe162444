"""Loopback ports: nothing the embedded Airflow opens can be reached from another machine."""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

from medallion.exceptions import RunnerError

HOST = "127.0.0.1"
PORT_VARIABLE = "MEDALLION_PORT"


class Ports(NamedTuple):
    """What one embedded Airflow listens on: its API server, and the server of its running tasks' logs."""

    api: int
    logs: int


def hostname() -> str:
    """Name the host that tasks run on, for Airflow's ``hostname_callable``; no name service is asked."""
    return HOST


def is_free(port: int) -> bool:
    """Say whether a loopback port can be listened on."""
    with socket.socket() as probe:
        # As servers do: a connection that lingers from an earlier server does not keep the port busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose_ports() -> Ports:
    """Return the port that ``MEDALLION_PORT`` names, or any free one, and a free one for logs.

    Raises:
        RunnerError: if the port named is no port, or another process listens on it.
    """
    named = os.environ.get(PORT_VARIABLE)
    if not named:
        return _free_ports()
    if not named.isdecimal() or not 0 < int(named) < 65536:
        raise RunnerError(f"{PORT_VARIABLE} must be a port, 1 to 65535, is {named!r}")
    if not is_free(int(named)):
        raise RunnerError(
            f"port {named} is in use: stop what listens there, or set {PORT_VARIABLE} to another port, "
            "or unset it to have a free one chosen"
        )
    return Ports(int(named), _free_ports().logs)


def _free_ports() -> Ports:
    with socket.socket() as one, socket.socket() as other:
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        return Ports(one.getsockname()[1], other.getsockname()[1])
