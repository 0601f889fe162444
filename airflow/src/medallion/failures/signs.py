"""By what each class is recognised, as data: what drivers and libraries document of their errors.

An exception is held against its numbers and codes first, then against its type, then against its text; the
``last`` signs say least, and count only where nothing else in the whole chain is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class By(StrEnum):
    """What of an exception a sign is held against."""

    SQLITE = "SQLite"
    SQLSTATE = "SQLSTATE"  # or what it begins with
    NUMBER = "error"  # of SQL Server
    ERRNO = "errno"
    HTTP = "HTTP"  # or its first digit, as 5xx
    SMTP = "SMTP"
    TYPE = "type"  # its package and class, or those of a class it inherits from
    TEXT = "text"  # a regular expression


#: Whose errors a sign is of: the columns of the table in docs/failures.md.
DUCKDB, SQLSERVER, POSTGRES = "dbt-duckdb", "dbt-sqlserver", "PostgreSQL, SQLite"
DLT, HTTP, SMTP, OURS = "dlt, files", "HTTP", "SMTP", "Medallion, Airflow"


@dataclass(frozen=True)
class Sign:
    """Values of one kind that mean one class."""

    failure: str
    of: str
    by: By
    values: tuple[str, ...]
    last: bool = False


def _signs() -> Iterator[Sign]:
    """All signs, system by system; of two text signs that fit, the first counts."""
    yield from _duckdb()
    yield from _sqlserver()
    yield from _postgres()
    yield from _files()
    yield from _http()
    yield from _smtp()
    yield from _ours()


def _of(of: str, by: By, classes: dict[str, str], *, last: bool = False) -> Iterator[Sign]:
    """Signs of one system and kind: class → its values, blanks between them."""
    for failure, values in classes.items():
        yield Sign(failure, of, by, tuple(values.split()), last)


def _texts(of: str, classes: dict[str, tuple[str, ...]], *, last: bool = False) -> Iterator[Sign]:
    for failure, values in classes.items():
        yield Sign(failure, of, By.TEXT, values, last)


def _duckdb() -> Iterator[Sign]:
    # https://duckdb.org/docs/stable/dev/internal_errors and the driver's exception classes
    types = {
        "out of memory": "duckdb.OutOfMemoryException",
        "not allowed": "duckdb.PermissionException",
        "data wrong": "duckdb.ConversionException duckdb.ConstraintException duckdb.OutOfRangeException "
        "duckdb.TypeMismatchException",
        "SQL wrong": "duckdb.ParserException duckdb.SyntaxException dbt_common.CompilationError "
        "dbt.ParsingError dbt_common.UndefinedMacroError",
    }
    yield from _of(DUCKDB, By.TYPE, types)
    # An IO Error, Binder Error or Catalog Error is many things, and only its text says which.
    texts = {
        "locked": ("Could not set lock on file", "Conflicting lock is held"),
        "disk full": ("No space left on device", "Disk quota exceeded", "max_temp_directory_size"),
        "corrupt": (
            "not a valid DuckDB database file",
            "Corrupt (database|WAL) file",
            "Could not read enough bytes from file",
            "too small to be a Parquet file|No magic bytes found",
            "Decompression failure|don't know what type|TProtocolException",
        ),
        "not delivered": ("No files found that match the pattern", "Cannot open file .*No such file"),
        "not allowed": ("Cannot open file .*Permission denied",),
        "connection lost": ("Could not establish connection", "Could not connect to server"),
        "schema changed": (
            'Referenced (column|table) ".*" not found',
            'Column ".*" referenced that exists in the SELECT clause',
            r"(Table|View|Schema) with name \S+ does not exist",
            'does not have a column (named|with name) "',
        ),
        # For where dbt hands on a message alone; it begins with the kind of error.
        "out of memory": ("Out of Memory Error:",),
        "data wrong": (r"(?m)^\s*(Conversion|Constraint|Out of Range|Mismatch Type) Error:",),
        "SQL wrong": (r"(?m)^\s*(Parser|Syntax|Compilation|Parsing) Error\b",),
    }
    yield from _texts(DUCKDB, texts)
    types = {
        "deadlock": "duckdb.TransactionException",  # also of a commit on a full disk, which its text says
        "SQL wrong": "duckdb.BinderException duckdb.CatalogException duckdb.NotImplementedException",
    }
    yield from _of(DUCKDB, By.TYPE, types, last=True)


def _sqlserver() -> Iterator[Sign]:
    # https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
    # https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
    numbers = {
        "deadlock": "1205 3960 41302 41305 41325",
        "locked": "1222",
        "timed out": "-2 258",
        "connection lost": "20 53 64 121 233 596 6005 10053 10054 10060 10061 11001 17142 18451 40613",
        "rate limited": "10928 10929 40501 49918 49919 49920",
        "server error": "40143 40197 40540",
        "disk full": "1101 1105 9002 40544",
        "out of memory": "701 802 1204 8645 8651",
        "credentials refused": "18452 18456 18486 18487 18488",
        "not allowed": "229 230 262 297 300 916",
        "not found": "911 4060",
        "schema changed": "207 208 213",
        "data wrong": "220 232 241 242 245 295 512 515 547 2601 2627 2628 8114 8115 8134 8152",
        "SQL wrong": "102 105 156 170 174 195 206 209 319 4104 8117 8120",
        "corrupt": "823 824 825",
    }
    yield from _of(SQLSERVER, By.NUMBER, numbers)
    # Of mssql-python's errors, which have no number: ODBC's states, and the messages of sys.messages.
    states = {
        "schema changed": "42S02 42S22",
        "out of memory": "HY001 HY013 HY014",
    }
    yield from _of(SQLSERVER, By.SQLSTATE, states)
    texts = {
        "deadlock": ("was deadlocked on", "Snapshot isolation transaction aborted"),
        "locked": ("Lock request time out period exceeded",),
        "connection lost": (r"is not currently available\. +Please retry", "SHUTDOWN is in progress"),
        "rate limited": (
            "service is currently busy",
            r"Resource ID ?: ?\d+\. The .* limit for the (database|elastic pool)",
            "Not enough resources to process request|too many (create or update )?operations in progress",
        ),
        "server error": ("service has encountered an error processing your request",),
        "disk full": (
            "transaction log for database .* is full",
            "Could not allocate (space|a new page)",
            "has reached its size quota",
        ),
        "out of memory": ("insufficient (system )?memory", "cannot obtain a LOCK resource"),
        "credentials refused": ("Login failed for user",),
        "not allowed": ("permission was denied on",),
        "not found": ("Cannot open database",),
        "schema changed": ("Invalid (object|column) name",),
        "data wrong": (
            "Violation of (PRIMARY|UNIQUE) KEY",
            "Conversion failed when converting|Error converting data type",
            "String or binary data would be truncated",
            "Arithmetic overflow error",
        ),
        "SQL wrong": ("Incorrect syntax near",),
    }
    yield from _texts(SQLSERVER, texts)
    # What waits for a lock in vain times out as well, and what is not allowed is as 42000 as what is not SQL.
    states = {"timed out": "HYT00 HYT01", "SQL wrong": "42000"}
    yield from _of(SQLSERVER, By.SQLSTATE, states, last=True)


def _postgres() -> Iterator[Sign]:
    # https://www.postgresql.org/docs/current/errcodes-appendix.html
    states = {
        "locked": "55P03 55006",
        "connection lost": "08 57P01 57P02 57P03 57P05",
        "timed out": "57014 25P03 25P04",
        "rate limited": "53300 53400",
        "server error": "58 XX000",
        "deadlock": "40",
        "disk full": "53100",
        "out of memory": "53200",
        "credentials refused": "28",
        "not allowed": "42501",
        "not found": "3D000 57P04",
        "schema changed": "3F000 42P01 42703",
        "data wrong": "21 22 23 44",
        "SQL wrong": "0A 426 428 42P 427 42804 42846",
        "corrupt": "XX001 XX002",
    }
    yield from _of(POSTGRES, By.SQLSTATE, states)
    codes = {
        "locked": "SQLITE_BUSY SQLITE_LOCKED",
        "disk full": "SQLITE_FULL SQLITE_IOERR_SHMSIZE",
        "out of memory": "SQLITE_NOMEM",
        "not allowed": "SQLITE_READONLY SQLITE_PERM SQLITE_AUTH",
        "corrupt": "SQLITE_CORRUPT SQLITE_NOTADB",
    }
    yield from _of(POSTGRES, By.SQLITE, codes)
    yield from _of(POSTGRES, By.TYPE, {"schema changed": "sqlalchemy.NoSuchTableError"})
    yield from _of(POSTGRES, By.TYPE, {"timed out": "sqlalchemy.TimeoutError psycopg.ConnectionTimeout"})
    # While a connection is made, drivers know no SQLSTATE.
    texts = {
        "credentials refused": (
            "password authentication failed",
            "no password supplied",
            "no pg_hba.conf entry",
            'FATAL: +role ".*" does not exist',
        ),
        "not found": ('FATAL: +database ".*" does not exist',),
        "rate limited": ("too many clients already", "remaining connection slots"),
        "timed out": ("timeout expired",),
    }
    yield from _texts(POSTGRES, texts)
    lost = "psycopg.OperationalError psycopg.InterfaceError adbc_driver_manager.OperationalError"
    yield from _of(POSTGRES, By.TYPE, {"connection lost": lost}, last=True)


def _files() -> Iterator[Sign]:
    numbers = {
        "locked": "EAGAIN EBUSY ETXTBSY EDEADLK",
        "connection lost": "ECONNREFUSED ECONNRESET ECONNABORTED EPIPE EHOSTUNREACH ENETUNREACH ENETDOWN "
        "ENOTCONN EHOSTDOWN",
        "timed out": "ETIMEDOUT",
        "disk full": "ENOSPC EDQUOT EFBIG",
        "out of memory": "ENOMEM",
        "not allowed": "EACCES EPERM EROFS",
        "not delivered": "ENOENT",
    }
    yield from _of(DLT, By.ERRNO, numbers)
    types = {
        "timed out": "builtins.TimeoutError botocore.ReadTimeoutError botocore.ConnectTimeoutError",
        "connection lost": "builtins.ConnectionError socket.gaierror botocore.EndpointConnectionError "
        "botocore.ConnectionClosedError dlt.DestinationConnectionError dlt.DatabaseTransientException",
        "credentials refused": "botocore.NoCredentialsError botocore.PartialCredentialsError",
        "schema changed": "dlt.DataValidationError",
        "config wrong": "dlt.ConfigurationException dlt.MissingDependencyException "
        "ssl.SSLCertVerificationError",
        "out of memory": "builtins.MemoryError pyarrow.ArrowMemoryError",
    }
    yield from _of(DLT, By.TYPE, types)


def _http() -> Iterator[Sign]:
    # https://www.iana.org/assignments/http-status-codes
    states = {
        "timed out": "408",
        "locked": "423",
        "rate limited": "425 429",
        "server error": "5xx",
        "credentials refused": "401 407",
        "not allowed": "403",
        "not found": "404 410",
        "refused": "4xx",
        "disk full": "507",
    }
    yield from _of(HTTP, By.HTTP, states)
    types = {
        "timed out": "requests.Timeout urllib3.TimeoutError httpx.TimeoutException "
        "aiohttp.ServerTimeoutError",
        "connection lost": "requests.ConnectionError requests.ChunkedEncodingError urllib3.ProtocolError "
        "urllib3.NewConnectionError httpx.NetworkError httpx.RemoteProtocolError "
        "aiohttp.ClientConnectionError",
        "config wrong": "requests.SSLError requests.InvalidURL requests.MissingSchema",
    }
    yield from _of(HTTP, By.TYPE, types)


def _smtp() -> Iterator[Sign]:
    # https://www.iana.org/assignments/smtp-enhanced-status-codes, RFC 5321 (4.2.3), RFC 4954 (4.7.0)
    states = {
        "server error": "4xx",
        "disk full": "452",
        "credentials refused": "530 534 535 538",
        "not found": "550 551 553",
        "refused": "5xx",
    }
    yield from _of(SMTP, By.SMTP, states)
    types = {
        "connection lost": "smtplib.SMTPServerDisconnected aiosmtplib.SMTPServerDisconnected "
        "aiosmtplib.SMTPConnectError",
        "timed out": "aiosmtplib.SMTPTimeoutError",
        "config wrong": "smtplib.SMTPNotSupportedError aiosmtplib.SMTPNotSupported",
    }
    yield from _of(SMTP, By.TYPE, types)


def _ours() -> Iterator[Sign]:
    types = {
        "locked": "filelock.Timeout",
        "timed out": "airflow.AirflowTaskTimeout",
        "schema changed": "medallion.ColumnsChangedError medallion.ColumnsMissingError",
        "data wrong": "medallion.DataFailed medallion.RowsRefusedError",
        "config wrong": "medallion.ConfigError airflow.AirflowNotFoundException",
        "gate breached": "medallion.GateFailed",
        "delivery refused": "medallion.DeliveryRefused",
        "deletion refused": "medallion.RetentionRefused",
        "corrupt": "medallion.DamagedError msgpack.UnpackException msgpack.FormatError msgpack.ExtraData",
        "killed": "builtins.SystemExit builtins.KeyboardInterrupt airflow.AirflowTaskTerminated",
    }
    yield from _of(OURS, By.TYPE, types)
    yield from _texts(OURS, {"corrupt": ("Unpack failed: incomplete input",)})
    yield from _of(OURS, By.TYPE, {"not delivered": "medallion.ExtractError"}, last=True)


SIGNS = tuple(_signs())
