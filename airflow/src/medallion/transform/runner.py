"""dbt as it is called in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest


def let_go() -> None:
    """Have dbt close the DuckDB file that it keeps open until its process ends."""
    import gc

    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if (held := DuckDBConnectionManager._ENV) is not None:
        held.close()
    DuckDBConnectionManager.close_all_connections()
    gc.collect()  # a failed node's frames hold cursors, and each of them the file


def dbt_runner(
    manifest: Manifest | None = None, callbacks: Sequence[Callable[[Any], None]] = ()
) -> dbtRunner:
    """dbt's own runner, spared a look through the whole call stack.

    Whenever dbt 1.11 makes an adapter it looks, for each behaviour flag, through all frames with their
    sources and through all modules, for the name of the one that has it: 286 of the 2,541 samples that py-spy
    took of the task processes of a run. Nobody reads that name here.

    Args:
        manifest: what it starts from; None: it parses the project.
        callbacks: who is told of its events.
    """
    from dbt.cli.main import dbtRunner
    from dbt_common.behavior_flags import BehaviorFlagRendered

    BehaviorFlagRendered._default_source = staticmethod(lambda: "Unknown")  # type: ignore[method-assign]
    return dbtRunner(manifest=manifest, callbacks=list(callbacks))
