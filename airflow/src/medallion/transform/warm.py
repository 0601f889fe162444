"""What dbt works out once a process, worked out before that process forks others that need it.

dbt 1.11 writes the code that reads its own classes, and the JSON schemas that judge them, when they are first
used: 1.3 to 2 of the 4 s of processor time that a layer's build of 6 to 25 nodes took in a fork.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from medallion.exceptions import TransformError
from medallion.transform.runner import dbt_runner

#: A project that has of everything a build meets: models of both kinds, what they read, tests, a hook.
_PROJECT = {
    "dbt_project.yml": """
name: warm
profile: warm
on-run-start: select 1
""",
    "profiles.yml": "warm: {target: warm, outputs: {warm: {type: duckdb, path: ':memory:', threads: 1}}}",
    "models/one.sql": "{{ config(materialized='incremental', meta={'keys': ['id']}) }} select 1 as id",
    "models/two.sql": "select * from {{ ref('one') }}",
    "models/models.yml": """
models:
  - name: one
    description: The first
    columns: [{name: id, description: Its key, data_tests: [unique, not_null]}]
  - name: two
    columns: [{name: id, data_tests: [unique, not_null]}]
""",
}


def warm_dbt() -> None:
    """Build a small project in memory, from a manifest in dbt's binary form, as a layer's build does.

    Nothing is left open: DuckDB's own threads would not be there in a fork.

    Raises:
        TransformError: if dbt could not build it; the text is dbt's.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.contracts.graph.manifest import Manifest

    with tempfile.TemporaryDirectory(prefix="medallion-warm-") as folder:
        for name, text in _PROJECT.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        flags = [
            *("--project-dir", folder, "--profiles-dir", folder, "--log-level-file", "none", "--quiet"),
            *("--target-path", f"{folder}/target", "--log-path", f"{folder}/logs", "--no-write-json"),
            *("--no-send-anonymous-usage-stats", "--no-version-check"),
        ]
        try:
            manifest: Manifest | None = None
            for command in (["parse", "--no-partial-parse"], ["build", "--indirect-selection", "empty"]):
                result = dbt_runner(manifest).invoke([*command, *flags])
                if not result.success:
                    raise TransformError(f"dbt could not {command[0]} a small project: {result.exception}")
                if manifest is None:
                    manifest = Manifest.from_msgpack(result.result.to_msgpack())
        finally:
            DuckDBConnectionManager.close_all_connections()
            reset_adapters()
