"""What an exception says of itself: its codes and numbers, whatever library it is of."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from medallion.failures.signs import SIGNS, By

Fact = tuple[By, str]
#: How pyodbc writes the server's own number: ``… (1205) (SQLExecDirectW)``.
_NUMBER = re.compile(r"\((-?\d{1,5})\) \(SQL\w+\)")


def facts_of(error: BaseException) -> Iterator[Fact]:
    """The codes and numbers of one exception, what says most first."""
    if name := getattr(error, "sqlite_errorname", None):
        yield By.SQLITE, str(name)
    for number in _NUMBER.findall(str(error)) if _package(error) == "pyodbc" else ():
        yield By.NUMBER, number
    if state := _sqlstate(error):
        yield By.SQLSTATE, state
    if status := _http_status(error):
        yield By.HTTP, str(status)
    for code in _smtp_codes(error):
        yield By.SMTP, str(code)
    # Other libraries' subclasses have numbers of their own there.
    if isinstance(error, OSError) and _package(error) == "builtins":
        yield By.ERRNO, errno.errorcode.get(error.errno or 0, "")


def types_of(error: BaseException) -> list[str]:
    """The exception's class and those it inherits from, by package and name: ``duckdb.IOException``."""
    return [f"{_root(kind)}.{kind.__name__}" for kind in type(error).__mro__]


def retry_after(error: BaseException) -> timedelta | None:
    """How long an HTTP server said to wait, in seconds or until a date; None if it did not."""
    headers: Any = getattr(getattr(error, "response", None), "headers", None)
    headers = headers or getattr(error, "headers", None)
    said = headers.get("Retry-After") if hasattr(headers, "get") else None
    if not said:
        return None
    try:
        if str(said).strip().isdigit():
            return timedelta(seconds=int(said))
        moment = parsedate_to_datetime(str(said))
    except (ValueError, OverflowError):
        return None
    return max(timedelta(0), moment.astimezone(UTC) - datetime.now(UTC))


def _package(error: BaseException) -> str:
    return _root(type(error))


def _root(kind: type) -> str:
    """The package that a class is of; DuckDB's driver calls its own ``_duckdb``."""
    return kind.__module__.partition(".")[0].lstrip("_")


def _sqlstate(error: BaseException) -> str | None:
    if _package(error) == "mssql_python":
        return _states_of_mssql_python().get(getattr(error, "driver_error", ""))
    if _package(error) == "pyodbc" and error.args:
        return str(error.args[0])
    found = getattr(error, "sqlstate", None)  # psycopg's, ADBC's
    return found if isinstance(found, str) and found != "00000" else None


@cache
def _states_of_mssql_python() -> Mapping[str, str]:
    """From the driver's words for an SQLSTATE to the state, which its exceptions do not carry."""
    from mssql_python.exceptions import sqlstate_to_exception

    known = {state for sign in SIGNS if sign.by is By.SQLSTATE for state in sign.values}
    known |= {"08001", "08003", "08004", "08007", "08S01", "22003", "22007", "22008", "22012", "22018"}
    known |= {"23000", "28000", "40001", "40003"}
    made = {state: sqlstate_to_exception(state, "") for state in known}
    return {one.driver_error: state for state, one in made.items() if one is not None}


def _http_status(error: BaseException) -> int | None:
    response: Any = getattr(error, "response", None)
    if isinstance(response, Mapping):  # botocore's
        return _status(response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    if response is not None:  # requests', httpx's
        return _status(getattr(response, "status_code", None))
    names = {"urllib": "code", "aiohttp": "status", "duckdb": "status_code"}
    names |= dict.fromkeys(("airflow_client", "kubernetes"), "status")
    return _status(getattr(error, names.get(_package(error), ""), None))


def _status(found: object) -> int | None:
    return found if isinstance(found, int) and 400 <= found <= 599 else None


def _smtp_codes(error: BaseException) -> Iterator[int]:
    """The codes of a mail server's answer; of several recipients, those that were refused for good first."""
    if _package(error) not in ("smtplib", "aiosmtplib"):
        return
    code = getattr(error, "smtp_code", getattr(error, "code", None))
    if isinstance(code, int) and code > 0:
        yield code
        return
    recipients = getattr(error, "recipients", None)
    codes = [one[0] for one in recipients.values()] if isinstance(recipients, Mapping) else []
    codes += [getattr(one, "code", 0) for one in recipients] if isinstance(recipients, list) else []
    yield from sorted(codes, reverse=True)
