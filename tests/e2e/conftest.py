"""The live Airflows that tests share. Each ends with the last file that may need it."""

import pytest
from creator_project import airflow_with_viewer, creator_project
from live_airflow import until
from shop import Shop

from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.pipeline import dag_id_of


@pytest.fixture(scope="package")
def shop(tmp_path_factory):
    """The small shop, for the files that have none of their own."""
    return Shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="package")
def airflow(shop):
    """Its Airflow, which knows all of its clients."""
    with EmbeddedAirflow(shop.settings, AirflowOptions(parse_seconds=600)) as airflow:
        for client in shop.clients:
            until(f"the DAG of {client}", lambda client=client: airflow.client.dag(dag_id_of(client)))
        yield airflow


@pytest.fixture(scope="package")
def creator(tmp_path_factory):
    """That of a project for DAGs made by request, for the files that need no client's run."""
    with airflow_with_viewer(creator_project(tmp_path_factory.mktemp("creator"))) as live:
        yield live
