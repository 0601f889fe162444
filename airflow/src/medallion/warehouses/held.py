"""A DuckDB file that another process has open: one writer, or several readers, keep all others out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import tenacity

from medallion.exceptions import BuildFailed, DamagedError
from medallion.failures import classify


def is_held(error: BaseException) -> bool:
    """True of what DuckDB raises for a file that another process has open; its text names the process."""
    return isinstance(error, duckdb.IOException) and "lock" in str(error)


def patiently(patience: float) -> tenacity.Retrying:
    """Call what opens a file again while another process has it, for at most so many seconds."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_held),
        wait=tenacity.wait_random_exponential(multiplier=0.05, max=2),
        stop=tenacity.stop_after_delay(patience),
        reraise=True,
    )


def wait_for(path: Path, patience: float) -> None:
    """Wait until a client's warehouse may be written.

    dbt's own wait takes anything that keeps a file from being opened for a lock, and is not to be shortened.

    Args:
        path: the DuckDB file; it need not be there.
        patience: seconds to wait for a process that has it open.

    Raises:
        BuildFailed: if one keeps it open, naming the process; or if it cannot be opened otherwise.
        DamagedError: if it is no whole DuckDB file.
    """
    if not path.exists():
        return
    try:
        patiently(patience)(duckdb.connect, path).close()
    except duckdb.ConnectionException:
        return  # this process has it open already, with settings of its own
    except duckdb.Error as error:
        said = str(error).strip()
        if is_held(error):
            raise BuildFailed(f"{path} is in use; waited {patience:.0f} s for it\n  {said}") from error
        if classify(error).kind == "corrupt":
            raise DamagedError({path: said}) from error
        raise BuildFailed(f"{path} cannot be opened\n  {said}") from error
