"""One dbt operation (a macro that is run by itself) on a client's warehouse, in this process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medallion.exceptions import TransformError
from medallion.pipeline import Shape
from medallion.settings import Settings
from medallion.transform.manifest import dbt_flags, manifest_for, manifest_key
from medallion.transform.runner import dbt_runner
from medallion.warehouses import dbt_environment, writing

_LOGGED = frozenset({"JinjaLogInfo", "JinjaLogDebug"})


def run_operation(
    settings: Settings, client_id: str, shape: Shape, macro: str, arguments: Mapping[str, Any], *, event: str
) -> list[dict[str, Any]]:
    """Run a macro, from the manifest of the client's shape.

    Args:
        settings: where the project, its manifests and the warehouses are.
        client_id: on whose warehouse.
        shape: the client's.
        macro: the macro's name.
        arguments: its arguments; they reach it as data, never as text of it.
        event: the key by which its log events are known, each a JSON object.

    Returns:
        Those events, in the order they were logged.

    Raises:
        TransformError: if the manifest has not been made, or the macro failed; the text is dbt's.
        BuildFailed: if the warehouse is held by another writer.
    """
    told: list[dict[str, Any]] = []
    errors: list[str] = []

    def listen(said: Any) -> None:
        if said.info.name in _LOGGED and f'"{event}"' in said.info.msg:
            told.append(json.loads(said.info.msg))
        elif str(said.info.level) == "error":
            errors.append(said.info.msg)

    variables = {
        "client": client_id,
        "schemas": settings.name_of(client_id),
        "sources": list(shape.sources),
        "transformations": list(shape.transformations),
    }
    manifest = manifest_for(settings, shape, manifest_key(settings, shape), client_id)
    with (
        tempfile.TemporaryDirectory(prefix="medallion-operation-") as scratch,
        writing(settings, client_id),
        dbt_environment(settings, client_id),
    ):
        flags = [*dbt_flags(settings, Path(scratch)), "--no-write-json", "--log-level", "none"]
        given = ["--args", json.dumps(arguments), "--vars", json.dumps(variables)]
        result = dbt_runner(manifest, [listen]).invoke(["run-operation", macro, *flags, *given])
    if not result.success:
        text = "\n".join(errors) or f"{macro} failed: {result.exception}"
        raise TransformError(text) from result.exception
    return told
