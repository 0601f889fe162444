"""One live Airflow for the session."""

import pytest
from live_airflow import Live, copy_project

from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    """A :class:`Live`: the embedded Airflow, and what tests do with it."""
    settings = copy_project(tmp_path_factory.mktemp("project"))
    with EmbeddedAirflow(settings, AirflowOptions(parse_seconds=5)) as airflow:
        airflow.wait_for_dags(["tiny", "tiny_good"])
        yield Live(settings, airflow)
