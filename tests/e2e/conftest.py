"""Live Airflows that tests share: one that may be broken, and one of the small shop."""

import pytest
from live_airflow import Live, copy_project, until
from shop import Shop

from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.pipeline import dag_id_of


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    """A :class:`Live`: the embedded Airflow, and what tests do with it."""
    settings = copy_project(tmp_path_factory.mktemp("project"))
    with EmbeddedAirflow(settings, AirflowOptions(parse_seconds=5)) as airflow:
        airflow.wait_for_dags(["tiny", "tiny_good"])
        yield Live(settings, airflow)


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
