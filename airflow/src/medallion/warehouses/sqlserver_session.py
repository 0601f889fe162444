"""Sessions with a SQL Server, from a URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL

#: Opens a session from a connection string: ``mssql_python.connect``.
Connect = Callable[..., Any]


@contextmanager
def session(connect: Connect, url: URL, *, autocommit: bool) -> Iterator[Any]:
    """Open a session; without ``autocommit`` the block is one transaction."""
    opened = connect(connection_string(url), autocommit=autocommit)
    try:
        yield opened
        if not autocommit:
            opened.commit()
    except BaseException:
        if not autocommit:
            opened.rollback()
        raise
    finally:
        opened.close()


def connection_string(url: URL) -> str:
    """Write a URL as the driver wants it; the URL's query holds further keywords such as Encrypt."""
    keys = {
        "Server": f"{url.host},{url.port or 1433}",
        "Database": url.database,
        "UID": url.username,
        "PWD": url.password,
        **{key: value for key, value in url.query.items() if key.lower() != "driver"},
    }
    return ";".join(f"{key}={_braced(str(value))}" for key, value in keys.items() if value)


def _braced(value: str) -> str:
    return "{" + value.replace("}", "}}") + "}"
