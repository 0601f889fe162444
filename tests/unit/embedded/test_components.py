"""What a part does before it becomes Airflow's, on a database of Airflow's."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from medallion.embedded.environment import AirflowOptions, airflow_environment, airflow_home
from medallion.embedded.ports import choose_ports
from medallion.settings import Settings
from sharing import share_airflow_tables

pytestmark = pytest.mark.slow

JOBS = [
    (1, "SchedulerJob", "running"),
    (2, "SchedulerJob", "success"),
    (3, "TriggererJob", "running"),
]


def test_a_scheduler_that_starts_ends_the_one_before_it_and_nothing_else(tmp_path):
    settings = Settings(project=tmp_path, home=tmp_path)
    share_airflow_tables(settings)
    with closing(sqlite3.connect(airflow_home(settings) / "airflow.db")) as database, database:
        database.executemany("insert into job (id, job_type, state) values (?, ?, ?)", JOBS)
    code = "from medallion.embedded.components import end_jobs; end_jobs('SchedulerJob')"
    environment = airflow_environment(settings, choose_ports(), AirflowOptions())
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    with closing(sqlite3.connect(airflow_home(settings) / "airflow.db")) as database:
        left = database.execute("select id, state, end_date is null from job order by id").fetchall()
    assert left == [(1, "failed", 0), (2, "success", 1), (3, "running", 1)]
