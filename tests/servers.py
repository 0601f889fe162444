"""Real servers on free loopback ports, for as long as a test needs them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_USER, _PASSWORD = "medallion", "s3cret%pass"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL of its own: its data goes with it, its log stays in ``folder``.

    Yields:
        The URL of its database ``postgres``, with the login of a superuser.
    """
    account = "postgres" if os.geteuid() == 0 else None  # initdb refuses root
    with tempfile.TemporaryDirectory(prefix="medallion-postgres-") as home:
        if account:
            shutil.chown(home, account)
        data, port = Path(home) / "data", free_port()
        _initdb(data, account)
        options = {"fsync": "off", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        command = [_program("postgres"), "-D", data, "-p", str(port)]
        for option, value in options.items():
            command += ["-c", f"{option}={value}"]
        with (folder / "postgres.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd=home, user=account)
            try:
                url = f"postgresql://{_USER}:{_PASSWORD.replace('%', '%25')}@127.0.0.1:{port}/postgres"
                _wait_for(url, server)
                yield url
            finally:
                server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: sessions are ended
                server.wait(timeout=60)


def _initdb(data: Path, account: str | None) -> None:
    initdb = [_program("initdb"), "-D", data, "-U", _USER, "--encoding=UTF8", "--locale=C", "--no-sync"]
    secret = data.parent / "password"
    secret.write_text(_PASSWORD, encoding="utf-8")
    done = subprocess.run(
        [*initdb, "--auth=scram-sha-256", f"--pwfile={secret}"],
        cwd=data.parent,
        user=account,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _program(name: str) -> str:
    """Find a program of PostgreSQL, which Debian keeps out of the path."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default="")
    if not found:
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    return found


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL did not start: see postgres.log"
            assert time.monotonic() < end, "PostgreSQL did not answer: see postgres.log"
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
