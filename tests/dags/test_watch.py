"""The watch: one DAG a platform, every few minutes, by itself."""

import runpy
from datetime import timedelta

import pytest
from airflow.serialization.serialized_objects import DagSerialization

from medallion.settings import load_settings

pytestmark = pytest.mark.slow
FILE = load_settings().project / "airflow" / "dags" / "medallion_watch.py"


@pytest.mark.parametrize(
    ("platforms", "expected"),
    [
        ("default", ["medallion_watch"]),
        ("west,default", ["medallion_watch", "west__medallion_watch"]),
    ],
)
def test_every_platform_has_one(monkeypatch, platforms, expected):
    monkeypatch.setenv("MEDALLION_PLATFORMS", platforms)
    found = {name: one for name, one in runpy.run_path(str(FILE)).items() if hasattr(one, "dag_id")}
    assert sorted(name for name in found if name != "_dag") == expected
    for name in expected:
        assert found[name].get_task("look").platform in platforms.split(",")


def test_it_looks_every_few_minutes_and_never_for_what_is_over(monkeypatch):
    monkeypatch.setenv("MEDALLION_PLATFORMS", "default")
    dag = runpy.run_path(str(FILE))["medallion_watch"]
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert stored.timetable.summary == "*/5 * * * *"
    assert (stored.catchup, stored.max_active_runs) == (False, 1)
    assert dag.is_paused_upon_creation is False
    task = dag.get_task("look")
    assert (task.retries, task.execution_timeout < timedelta(minutes=5)) == (0, True)
