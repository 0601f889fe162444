"""Real servers on free loopback ports, for as long as a test needs them."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import psycopg
import pytest
import redis

_USER, _PASSWORD = "medallion", "s3cret%pass"


class Postgres:
    """A PostgreSQL of its own, as a context: its data goes with it, its log stays in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "postgres.log"
        self._account = "postgres" if os.geteuid() == 0 else None  # initdb refuses root
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its database ``postgres``, with the login of a superuser."""
        return f"postgresql://{_USER}:{_PASSWORD.replace('%', '%25')}@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Postgres:
        self._home = tempfile.TemporaryDirectory(prefix="medallion-postgres-")
        if self._account:
            shutil.chown(self._home.name, self._account)
        _initdb(self._data, self._account)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._home.cleanup()

    def start(self) -> None:
        """Start it, again where it was stopped, and wait until it answers."""
        options = {"fsync": "off", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        command: list[str | Path] = [_program("postgres"), "-D", self._data, "-p", str(self._port)]
        for option, value in options.items():
            command += ["-c", f"{option}={value}"]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self._home.name, user=self._account
            )
        try:
            _wait_for(self.url, self._server)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take it away: sessions are ended, the data stays."""
        if self._server:
            self._server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            self._server.wait(timeout=60)
            self._server = None

    @property
    def _data(self) -> Path:
        return Path(self._home.name) / "data"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL, and yield its URL."""
    with Postgres(folder) as server:
        yield server.url


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


@contextmanager
def s3(around: Callable[[Any], Any] = lambda application: application) -> Iterator[str]:
    """Run an S3 that keeps nothing, and yield its URL; ``around`` may take its requests first."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = around(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield url
    urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()  # noqa: S310  # what it has is the process's
    server.shutdown()
    thread.join()
    server.server_close()


def s3_login(url: str, key: str, secret: str) -> str:
    """The Airflow connection with a login for an S3, as a URL."""
    query = f"endpoint_url={quote(url, safe='')}&region_name=eu-west-1"
    return f"aws://{quote(key, safe='')}:{quote(secret, safe='')}@/?{query}"


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class RedisServer:
    """A Redis of its own with a password, as a context; its data in ``folder`` outlives a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its URL, with its password, for streams."""
        return f"redis+stream://:{quote(_PASSWORD)}@127.0.0.1:{self._port}/0"

    def __enter__(self) -> RedisServer:
        if shutil.which("redis-server") is None:
            pytest.fail("needs redis-server: apt-get install redis-server")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, again where it was stopped, and wait until it answers."""
        options = {"bind": "127.0.0.1", "port": str(self._port), "dir": str(self._folder)}
        options |= {"appendonly": "yes", "appendfsync": "always", "save": "", "requirepass": _PASSWORD}
        command = ["redis-server"]
        for option, value in options.items():
            command += [f"--{option}", value]
        with (self._folder / "redis.log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.RedisError:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    raise
                time.sleep(0.05)

    def client(self) -> redis.Redis:
        """A client of it."""
        return redis.Redis(host="127.0.0.1", port=self._port, password=_PASSWORD)

    def waiting(self, stream: str) -> int:
        """How many messages a stream has."""
        with self.client() as client:
            return int(client.xlen(stream))

    def send(self, stream: str, *events: str) -> None:
        """Put events into a stream."""
        with self.client() as client:
            for event in events:
                client.xadd(stream, {"event": event})

    def stop(self) -> None:
        """Kill it: what it has written stays."""
        if self._server:
            self._server.kill()
            self._server.wait()
