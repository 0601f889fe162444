"""The clients' files → their DAGs, for the file in ``airflow/dags/`` that Airflow parses."""

from __future__ import annotations

import json
import logging

from airflow.sdk import DAG

from medallion.clients import ENABLED, load_catalog, status_of
from medallion.exceptions import MedallionError
from medallion.orchestration.dag import Manifest, create_client_dag
from medallion.pipeline import dag_id_of, shape_of
from medallion.settings import Settings
from medallion.transform import slim_path

log = logging.getLogger(__name__)


def load_client_dags(settings: Settings, wanted: str | None = None) -> dict[str, DAG]:
    """Build the DAGs of the enabled clients.

    A client that cannot be built takes no other with it: its reason is logged, and `medallion validate`
    says it.

    Args:
        settings: where clients and manifests are.
        wanted: build only this DAG, as a worker does; None builds all.
    """
    catalog = load_catalog(settings.configs)
    dags = {}
    for client_id, client in catalog.clients.items():
        dag_id = dag_id_of(client_id, client.platform)
        if status_of(client, catalog, settings) != ENABLED or wanted not in (None, dag_id):
            continue
        path = slim_path(settings, shape_of(client))
        try:
            manifest = Manifest(json.loads(path.read_text()), path)
            dags[dag_id] = create_client_dag(client_id, client, catalog=catalog, manifest=manifest)
        except (MedallionError, OSError) as error:
            log.error("client %s has no DAG: %s", client_id, error)
    return dags
