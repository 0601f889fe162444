"""Which exception of a chain, and which failure of several, decides."""

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import duckdb
import httpx
import psycopg
import pytest
import requests

from medallion.exceptions import (
    BuildFailed,
    ConfigError,
    DataFailed,
    ExtractError,
    PublishError,
    TransformError,
)
from medallion.extract.reader import BadSourceError
from medallion.failures import classify


def raised(*chain, hidden=False):
    """The last of some exceptions, each raised from the one before."""
    try:
        if len(chain) == 1:
            raise chain[0]
        try:
            raise raised(*chain[:-1], hidden=hidden)
        except Exception as error:
            raise chain[-1] from (None if hidden else error)
    except Exception as error:
        return error


@pytest.mark.parametrize("hidden", [False, True])
def test_a_cause_decides_also_where_it_was_hidden_from_people(hidden):
    deadlock = psycopg.errors.DeadlockDetected("of password s3cret")
    failure = classify(raised(deadlock, PublishError("the schema is in use"), hidden=hidden))
    assert (failure.kind, failure.sign) == ("deadlock", "SQLSTATE 40P01")
    assert failure.reason == "the schema is in use"  # nothing of what was hidden


def test_the_nearest_sign_decides_and_one_of_the_last_resort_only_alone():
    config = raised(FileNotFoundError(2, "no"), ConfigError("no such connection"), PublishError("no"))
    assert classify(config).kind == "config wrong"
    lost = raised(ConnectionResetError(104, "reset"), BadSourceError("a", "b"), ExtractError("c"))
    assert classify(lost).sign == "errno ECONNRESET"
    assert classify(raised(ValueError("x"), ExtractError("c"))).kind == "not delivered"


def test_what_a_sources_rows_hold_is_no_sign():
    row = ExtractError("orders: has a row that is no object ('No space left on device')")
    assert classify(row).kind == "not delivered"
    assert classify(duckdb.ConversionException("could not convert 'Could not set lock on file'")).kind == (
        "data wrong"
    )


def test_of_a_builds_nodes_what_no_try_can_heal_decides():
    nodes = [
        duckdb.IOException("IO Error: No files found that match the pattern"),
        duckdb.ParserException("x"),
        ValueError("y"),
    ]
    assert classify(BuildFailed("three failed", nodes)).kind == "SQL wrong"
    assert classify(BuildFailed("two failed", [nodes[2], nodes[0]])).kind == "not delivered"
    assert classify(ExceptionGroup("both", nodes[::2])).kind == "not delivered"
    assert classify(BuildFailed("one", [ValueError("y")])).kind == "unknown"
    assert classify(DataFailed("hard tests failed: unique_id")).kind == "data wrong"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Runtime Error in model a\n  Parser Error: syntax error", "SQL wrong"),
        ("Compilation Error in model a (models/a.sql)\n  'b' is undefined", "SQL wrong"),
        ("Runtime Error\n  IO Error: Could not set lock on file", "locked"),
        ('Runtime Error\n  Binder Error: Referenced column "b" not found in FROM clause!', "schema changed"),
        ("Runtime Error\n  Conversion Error: Could not convert string 'a' to INT32", "data wrong"),
        ("dbt told of nothing", "unknown"),
    ],
)
def test_where_dbt_hands_on_a_message_alone_its_kind_decides(text, kind):
    assert classify(BuildFailed("failed", [TransformError(text)])).kind == kind


def test_a_loop_of_causes_ends():
    one, two = ValueError("a"), ValueError("b")
    one.__cause__, two.__cause__ = two, one
    assert classify(one).kind == "unknown"


def test_a_reason_is_short_and_has_no_login():
    error = ValueError("no answer of postgresql://ann:s3cret@host/db" + " and more" * 99)
    failure = classify(error)
    assert "s3cret" not in failure.reason
    assert failure.reason.startswith("ValueError: no answer of postgresql://ann:***@host/db and more")
    assert len(failure.reason) == 400


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), (" 7 ", 7), ("soon", None), ("", None), (str(10**20), None), ("-5", None)],
)
def test_how_long_a_server_says_to_wait(said, seconds):
    failure = classify(refused(429, {"Retry-After": said}))
    assert failure.kind == "rate limited"
    assert failure.after == (None if seconds is None else timedelta(seconds=seconds))


def test_until_when_a_server_says_to_wait():
    until = datetime.now(UTC) + timedelta(minutes=2)
    after = classify(refused(503, {"Retry-After": format_datetime(until, usegmt=True)})).after
    assert timedelta(seconds=110) < after <= timedelta(seconds=120)
    long_ago = format_datetime(until - timedelta(days=1), usegmt=True)
    assert classify(refused(503, {"Retry-After": long_ago})).after == timedelta(0)


def refused(status, headers=None):
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    return requests.HTTPError(f"{status}", response=response)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "refused"),
        (401, "credentials refused"),
        (403, "not allowed"),
        (404, "not found"),
        (408, "timed out"),
        (422, "refused"),
        (429, "rate limited"),
        (500, "server error"),
        (503, "server error"),
        (507, "disk full"),
    ],
)
def test_every_library_tells_its_http_status(status, kind):
    request = httpx.Request("GET", "http://shop")
    by_httpx = httpx.HTTPStatusError("no", request=request, response=httpx.Response(status, request=request))
    import botocore.exceptions

    by_botocore = botocore.exceptions.ClientError(
        {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": {"Code": "x"}}, "GetObject"
    )
    import urllib.error

    by_urllib = urllib.error.HTTPError("http://shop", status, "no", {}, None)
    for error in (refused(status), by_httpx, by_botocore, by_urllib):
        assert (classify(error).kind, classify(error).sign) == (kind, f"HTTP {status}")


def test_a_certificate_that_is_not_believed_is_no_lost_connection():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    assert classify(error).kind == "config wrong"
    assert classify(raised(error, requests.exceptions.SSLError("no"))).kind == "config wrong"


def test_what_stands_where_a_status_is_expected_is_not_always_one():
    class ToldOtherwise(Exception):
        response = SimpleNamespace(status_code="429", headers=None)
        sqlstate = 5

    assert classify(ToldOtherwise()).kind == "unknown"
