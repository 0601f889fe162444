"""SQL Server's errors, as its drivers make them, with the numbers and texts that Microsoft documents.

https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
"""

import pytest
from dbt_common.exceptions import DbtDatabaseError
from mssql_python.exceptions import Exception as DriverError
from mssql_python.exceptions import raise_exception

from medallion.exceptions import BuildFailed
from medallion.failures import classify

# number, SQLSTATE, text, class
DOCUMENTED = [
    (1205, "40001", "Transaction (Process ID 56) was deadlocked on lock resources with another process and "
     "has been chosen as the deadlock victim. Rerun the transaction.", "deadlock"),
    (3960, "42000", "Snapshot isolation transaction aborted due to update conflict.", "deadlock"),
    (1222, "HYT00", "Lock request time out period exceeded.", "locked"),
    (-2, "HYT00", "Query timeout expired", "timed out"),
    (10054, "08S01", "TCP Provider: An existing connection was forcibly closed by the remote host.",
     "connection lost"),
    (40613, "HY000", "Database 'shop' on server 'sales' is not currently available.  Please retry the "
     "connection later.  If the problem persists, contact customer support.", "connection lost"),
    (40501, "HY000", "The service is currently busy. Retry the request after 10 seconds. Incident ID: 1.",
     "rate limited"),
    (10928, "HY000", "Resource ID : 1. The request limit for the database is 90 and has been reached.",
     "rate limited"),
    (49918, "HY000", "Cannot process request. Not enough resources to process request.", "rate limited"),
    (40197, "HY000", "The service has encountered an error processing your request. Please try again.",
     "server error"),
    (9002, "42000", "The transaction log for database 'shop' is full due to 'LOG_BACKUP'.", "disk full"),
    (1105, "42000", "Could not allocate space for object 'dbo.a' in database 'shop' because the 'PRIMARY' "
     "filegroup is full.", "disk full"),
    (701, "42000", "There is insufficient system memory in resource pool 'default' to run this query.",
     "out of memory"),
    (18456, "28000", "Login failed for user 'ann'.", "credentials refused"),
    (229, "42000", "The SELECT permission was denied on the object 'a', database 'shop', schema 'dbo'.",
     "not allowed"),
    (4060, "42000", 'Cannot open database "shop" requested by the login. The login failed.', "not found"),
    (208, "42S02", "Invalid object name 'dbo.a'.", "schema changed"),
    (207, "42S22", "Invalid column name 'b'.", "schema changed"),
    (2627, "23000", "Violation of PRIMARY KEY constraint 'PK_a'. Cannot insert duplicate key in object 'a'.",
     "data wrong"),
    (245, "22018", "Conversion failed when converting the varchar value 'x' to data type int.", "data wrong"),
    (102, "42000", "Incorrect syntax near 'fro'.", "SQL wrong"),
]  # fmt: skip
NUMBERS = [str(one[0]) for one in DOCUMENTED]


def by_dbt(error):
    """What reaches us of it: dbt-sqlserver raises its own error from the driver's."""
    try:
        try:
            raise error
        except Exception as caught:
            raise DbtDatabaseError(str(caught).strip()) from caught
    except DbtDatabaseError as caught:
        return BuildFailed("silver_a failed, 3 nodes were not built", [caught])


@pytest.mark.parametrize(("number", "state", "text", "kind"), DOCUMENTED, ids=NUMBERS)
def test_what_mssql_python_raises_which_knows_no_number(number, state, text, kind):
    with pytest.raises(DriverError) as caught:
        raise_exception(state, f"[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]{text}")
    assert classify(caught.value).kind == kind
    assert classify(by_dbt(caught.value)).kind == kind


class PyodbcError(Exception):
    """In the shape of pyodbc's, whose module does not even import where unixODBC is not installed.

    https://github.com/mkleehammer/pyodbc/wiki/Exceptions
    """

    __module__ = "pyodbc"


@pytest.mark.parametrize(("number", "state", "text", "kind"), DOCUMENTED, ids=NUMBERS)
def test_the_servers_own_number_decides_where_a_driver_knows_it(number, state, text, kind):
    # In another language than English only the number is left.
    error = PyodbcError(state, f"[{state}] [Microsoft][SQL Server]... ({number}) (SQLExecDirectW)")
    assert (classify(error).kind, classify(error).sign) == (kind, f"error {number}")
