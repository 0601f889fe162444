"""What a layer's build tells OpenLineage, where an address is set: the tables that it reads and writes.

Airflow's provider asks an operator for it by a method's name, and sends nothing while nothing is configured:
https://airflow.apache.org/docs/apache-airflow-providers-openlineage/stable/guides/developer.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

from medallion.pipeline import LAYERS, Node, Plan
from medallion.settings import Settings


def lineage_of(plan: Plan, layer: str, settings: Settings) -> Any:
    """The tables of a layer, and those of the layer before it, which it reads.

    Args:
        plan: the client's.
        layer: the one that was built.
        settings: where the client's warehouse is.

    Returns:
        The provider's ``OperatorLineage``.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import Dataset

    namespace, database = _warehouse(plan.client.id, settings)

    def datasets(names: Iterable[tuple[str, str]]) -> list[Any]:
        return [Dataset(namespace, f"{database}.{schema}.{table}") for schema, table in names]

    before = [plan.layer(one) for one in takewhile(lambda one: one != layer, LAYERS)]
    read = next((one for one in reversed(before) if one.models), None)
    return OperatorLineage(
        inputs=datasets(_tables(plan, read.name, read.models)) if read else [],
        outputs=datasets(_tables(plan, layer, plan.layer(layer).models)),
    )


def _tables(plan: Plan, layer: str, models: Iterable[Node]) -> Iterator[tuple[str, str]]:
    for model in models:
        yield f"{plan.client.id}_{layer}", model.name


def _warehouse(client_id: str, settings: Settings) -> tuple[str, str]:
    """Namespace and database, as OpenLineage's own reading of dbt names them."""
    if settings.target == "duckdb":
        return f"duckdb://{settings.warehouse(client_id)}", client_id
    # As dbt/profiles.yml reads them.
    usual = {"HOST": "localhost", "PORT": "1433", "DATABASE": "medallion"}
    at = {name: os.environ.get(f"MEDALLION_SQLSERVER_{name}") or value for name, value in usual.items()}
    return f"mssql://{at['HOST']}:{at['PORT']}", at["DATABASE"]
