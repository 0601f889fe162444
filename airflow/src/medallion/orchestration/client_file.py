"""What a client's DAG file calls: its definition, as the file holds it → its DAG."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from medallion.orchestration.dag import Manifest, create_client_dag
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
    path = Path(file).resolve().parents[1] / manifest
    slim = Manifest(json.loads(path.read_text()), path)
    return create_client_dag(
        definition.client.id, definition.client, catalog=definition.catalog, manifest=slim
    )
