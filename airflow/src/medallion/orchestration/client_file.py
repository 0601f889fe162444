"""What a client's DAG file calls: its definition, as the file holds it → its DAG."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from medallion.orchestration.dag import Manifest, create_client_dag
from medallion.orchestration.realtime_dag import create_realtime_dag
from medallion.pipeline import make_plan
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


def client_stream(file: str, facts: Mapping[str, Any], *, manifest: str) -> DAG | None:
    """Build the DAG of a client's stream, as :func:`client_dag`; None where the client has no real time."""
    definition = Definition.from_facts(facts)
    if not definition.client.business_rules.enable_real_time:
        return None
    plan = make_plan(definition.client, _slim(file, manifest).content)
    return create_realtime_dag(plan, definition.catalog)


def _slim(file: str, manifest: str) -> Manifest:
    path = Path(file).resolve().parents[1] / manifest
    return Manifest(json.loads(path.read_text()), path)
