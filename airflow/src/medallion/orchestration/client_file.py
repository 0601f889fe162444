"""What a client's DAG file calls: its definition, as the file holds it → its DAG."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from medallion.orchestration.closed import closed_dag
from medallion.orchestration.dag import Manifest, create_client_dag
from medallion.orchestration.realtime_dag import create_realtime_dag
from medallion.pipeline import make_plan, realtime_dag_id_of
from medallion.registry.definition import Definition


def client_dag(file: str, facts: Mapping[str, Any], *, manifest: str) -> DAG:
    """Build the DAG of a client; nothing but the bundle's own files is read.

    Args:
        file: the DAG file's own path.
        facts: the client's definition, as :meth:`Definition.facts` gave it.
        manifest: the slim manifest of its shape, as a path inside the bundle.

    Raises:
        ConfigError: if the definition and the manifest do not fit together.
    """
    definition = Definition.from_facts(facts)
    slim = _slim(file, manifest)
    return create_client_dag(
        definition.client.id, definition.client, catalog=definition.catalog, manifest=slim
    )


def client_stream(
    file: str, facts: Mapping[str, Any], *, manifest: str, streamed: bool = False
) -> DAG | None:
    """Build the DAG of a client's stream, as :func:`client_dag`; None where the client has no real time.

    Where it had it once (``streamed``) the DAG stays, closed: runs in flight of one that is gone would hang.
    """
    definition = Definition.from_facts(facts)
    client = definition.client
    if not client.business_rules.enable_real_time:
        reason = f"{client.id} has no real time any more: what its stream has landed comes with its batches"
        return (
            closed_dag(realtime_dag_id_of(client.id, client.platform), client.id, reason)
            if streamed
            else None
        )
    plan = make_plan(definition.client, _slim(file, manifest).content)
    return create_realtime_dag(plan, definition.catalog)


def _slim(file: str, manifest: str) -> Manifest:
    path = Path(file).resolve().parents[1] / manifest
    return Manifest(json.loads(path.read_text()), path)
