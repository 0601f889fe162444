"""A build in a container or pod: ``python -m medallion.execution builds/<name>.json``.

The file is below the home. What dbt prints and what goes wrong is the container's log; the last line of it is
for the task that waits (``told``).
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback

from medallion.exceptions import MedallionError
from medallion.execution.here import build_here
from medallion.execution.job import taken_over
from medallion.execution.told import told_line
from medallion.ledger import open_ledger
from medallion.masking import masked
from medallion.settings import load_settings

#: Exit codes: built; not built, and the last line says why.
BUILT, FAILED = 0, 1


def main(file: str) -> int:
    """Build what a file says, and print how it ended.

    Args:
        file: the build, as a path below the home.

    Returns:
        The process's exit code.
    """
    # The first process of a container ignores what nobody handles, and would be killed much later.
    signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    error: Exception | None = None
    try:
        settings = load_settings()
        job = taken_over(settings, file)
        build_here(settings, open_ledger(settings.database_url), job)
    except Exception as caught:
        error = caught
        _print(caught)
    print(told_line(error), flush=True)
    return FAILED if error else BUILT


def _print(error: BaseException) -> None:
    """What happened, in all its words; of what we raise on purpose they are for people, and enough."""
    lines = [str(error)] if isinstance(error, MedallionError) else traceback.format_exception(error)
    print(masked("".join(lines)), flush=True)


if __name__ == "__main__":
    # dbt leaves threads of DuckDB behind that an interpreter would wait for.
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
