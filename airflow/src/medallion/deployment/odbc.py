"""The ODBC driver of mssql-python's wheel, registered for programs that ask a driver manager for one.

``python -m medallion.deployment.odbc > /etc/odbcinst.ini``: pyodbc then finds it by its name, and no package
repository of the driver's vendor is needed.
"""

from __future__ import annotations

import platform
import sys
from importlib.util import find_spec
from pathlib import Path

#: What programs call it.
NAME = "ODBC Driver 18 for SQL Server"
_LIBRARY = "libmsodbcsql-18*.so*"


def odbcinst_ini() -> str:
    """The text of an odbcinst.ini with the driver of this environment.

    Raises:
        FileNotFoundError: as from :func:`driver_library`.
    """
    return f"[{NAME}]\nDescription = the driver of mssql-python's wheel\nDriver = {driver_library()}\n"


def driver_library() -> Path:
    """The driver's library in this environment.

    Raises:
        FileNotFoundError: if the wheel is not here, or has no driver for this machine.
    """
    spec = find_spec("mssql_python_odbc")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("mssql-python-odbc is not installed here")
    libraries = Path(next(iter(spec.submodule_search_locations))) / "libs" / "linux" / "debian_ubuntu"
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    found = sorted((libraries / machine / "lib").glob(_LIBRARY))
    if not found:
        raise FileNotFoundError(f"mssql-python-odbc has no {_LIBRARY} for {platform.machine()}: {libraries}")
    return found[-1]


if __name__ == "__main__":
    sys.stdout.write(odbcinst_ini())
