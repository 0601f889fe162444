"""What a layer's build tells OpenLineage, where an address is set: the tables that it reads and writes.

Airflow's provider asks an operator for it by a method's name, and sends nothing while nothing is configured:
https://airflow.apache.org/docs/apache-airflow-providers-openlineage/stable/guides/developer.html
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from medallion.pipeline import LAYERS, Node, Plan
from medallion.settings import Settings
from medallion.warehouses.sqlserver_address import address_of


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

    def datasets(name: str, models: Iterable[Node]) -> list[Any]:
        schema = settings.schema_of(plan.client.id, name)
        return [Dataset(namespace, f"{database}.{schema}.{model.name}") for model in models]

    before = [plan.layer(one) for one in takewhile(lambda one: one != layer, LAYERS)]
    read = next((one for one in reversed(before) if one.models), None)
    return OperatorLineage(
        inputs=datasets(read.name, read.models) if read else [],
        outputs=datasets(layer, plan.layer(layer).models),
    )


def _warehouse(client_id: str, settings: Settings) -> tuple[str, str]:
    """Namespace and database, as OpenLineage's own reading of dbt names them."""
    if settings.target == "duckdb":
        return f"duckdb://{settings.warehouse(client_id)}", client_id
    url = address_of(settings.name_of(client_id))
    return f"mssql://{url.host}:{url.port}", str(url.database)
