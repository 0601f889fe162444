"""The machine: Python, ports, disk, rights."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.embedded.ports import HOST, PORT_VARIABLE, choose_ports
from medallion.embedded.running import running_airflow
from medallion.exceptions import RunnerError
from medallion.settings import Settings

_WANTED = (3, 11)
_GIB = 2**30


def python(version: tuple[int, ...] = sys.version_info[:2]) -> Finding:
    """The version of Python that everything was resolved for."""
    if tuple(version) == _WANTED:
        return Finding("python", OK, f"Python {platform.python_version()}")
    said = f"Python {'.'.join(map(str, version))}; Medallion is made for 3.11"
    return Finding("python", BAD, said, "make the environment anew with Python 3.11: make environment")


def ports(settings: Settings) -> Finding:
    """The port that the embedded Airflow is to listen on."""
    named, running = os.environ.get(PORT_VARIABLE), running_airflow(settings)
    if running and (not named or str(urlsplit(running.url).port) == named):
        return Finding("ports", OK, f"Airflow listens at {running.url}")
    try:
        chosen = choose_ports()
    except RunnerError as error:
        said, _, todo = str(error).partition(": ")
        return Finding("ports", BAD, said, todo or f"set {PORT_VARIABLE} to a port, or unset it")
    said = f"port {chosen.api} of {HOST} is free" if named else f"{PORT_VARIABLE} is not set: any free port"
    return Finding("ports", OK, said)


def disk(home: Path, least: int = _GIB, plenty: int = 5 * _GIB) -> Finding:
    """The space that is left where everything is written.

    Args:
        home: what is written to; it need not be there yet.
        least: bytes below which a run is likely to end half way.
        plenty: bytes below which it is time to look.
    """
    free = shutil.disk_usage(_there(home)).free
    said = f"{free / _GIB:.1f} GiB free at {home}"
    todo = "free space: `medallion retention ID --dry-run` says what could go, or move MEDALLION_HOME"
    if free < least:
        return Finding("disk", BAD, said, todo)
    return Finding("disk", WARN, said, todo) if free < plenty else Finding("disk", OK, said)


def rights(home: Path) -> Finding:
    """Whether this user may write what Medallion writes."""
    refused = [str(path) for path in _written(home) if not _may_write(path)]
    if not refused:
        return Finding("rights", OK, f"{home} may be written")
    more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
    return Finding(
        "rights",
        BAD,
        f"user {os.geteuid()} may not write {', '.join(refused[:3])}{more}",
        f"give it to this user (chown -R {os.geteuid()} {home}), or set MEDALLION_HOME to another folder",
    )


def _written(home: Path) -> Iterable[Path]:
    """Home, its folders and the databases in them, as far as they are there."""
    yield _there(home)
    if home.is_dir() and os.access(home, os.R_OK | os.X_OK):
        yield from sorted(one for one in home.iterdir() if one.is_dir())
        yield from sorted(path for pattern in ("*.db", "*/*.duckdb") for path in home.glob(pattern))


def _may_write(path: Path) -> bool:
    """Try it with a folder: mounts that are read only refuse what the bits allow."""
    if not path.is_dir():
        return os.access(path, os.W_OK)
    try:
        with tempfile.TemporaryFile(dir=path):
            return True
    except OSError:
        return False


def _there(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())
