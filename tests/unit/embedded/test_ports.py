import socket

import pytest

from medallion.embedded.ports import HOST, choose_ports, is_free
from medallion.exceptions import RunnerError


@pytest.fixture
def taken():
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server.getsockname()[1]


def test_free_ports_are_free_and_differ():
    ports = choose_ports()
    assert is_free(ports.api)
    assert is_free(ports.logs)
    assert ports.api != ports.logs


def test_the_port_named_is_taken(monkeypatch):
    free = choose_ports().api
    monkeypatch.setenv("MEDALLION_PORT", str(free))
    assert choose_ports().api == free


def test_a_busy_port_is_refused_with_what_to_do(monkeypatch, taken):
    monkeypatch.setenv("MEDALLION_PORT", str(taken))
    with pytest.raises(
        RunnerError, match=f"port {taken} is in use: stop what listens there, or set MEDALLION_PORT"
    ):
        choose_ports()


@pytest.mark.parametrize("wrong", ["0", "65536", "http", "-1", "80.5"])
def test_what_is_no_port_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("MEDALLION_PORT", wrong)
    with pytest.raises(RunnerError, match=f"MEDALLION_PORT must be a port, 1 to 65535, is '{wrong}'"):
        choose_ports()


def test_a_port_is_not_free_while_somebody_listens(taken):
    assert not is_free(taken)
