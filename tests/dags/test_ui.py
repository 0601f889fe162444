"""What Airflow's UI has of a client's DAG, as its API server reads it back: links, tooltips, documents."""

from datetime import timedelta

import pytest
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.dag_edges import dag_edges

CONFIG = {
    "description": "A shop [here](http://x.example)",
    "schedule_interval": timedelta(hours=6),
    "data_sources": ["crm", "sales"],
    "transformations": ["validate", "clean", "aggregate"],
    "destination": "shelf",
    "business_rules": {"data_retention_days": 30, "quality_threshold": {"default": 0.9, "rules": {}}},
}


@pytest.fixture
def dag(dag_of):
    return DagSerialization.from_dict(DagSerialization.to_dict(dag_of("shop", CONFIG)))


def test_every_task_that_runs_on_a_worker_links_to_the_run_report(dag):
    without = {task.task_id for task in dag.tasks if task.extra_links != ["Run report"]}
    nodes = {task.task_id for task in dag.tasks if task.task_type == "DbtNodeTask"}
    assert without == nodes | {"bronze.begin", "silver.begin", "gold.begin", "end"}


def test_groups_say_what_they_are_and_hold(dag):
    said = {name: group.tooltip for name, group in dag.task_group.get_task_group_dict().items() if name}
    assert said["bronze"] == "landed rows, typed and named: 2 models, 2 tests"
    assert said["silver.clean"] == "the last version of each key, texts trimmed: 2 models, 2 tests"
    assert said["silver.clean.clean_crm__things"] == "1 model, 1 test"
    assert all(said.values())


def test_tasks_are_called_what_they_are(dag):
    names = {task.task_id: task.operator_name for task in dag.tasks}
    assert names["silver.build"] == "dbt build"
    assert names["silver.clean.clean_crm__things.test"] == "dbt node"
    assert names["quality_validation"] == names["gold.gate"] == "gate"


def test_the_document_reads_as_it_is_meant(dag):
    head, *lines = dag.doc_md.splitlines()
    assert head == r"## A shop \[here\](http\://x.example)"
    assert "| schedule | every 6h |" in lines
    assert "| sources | `crm`, `sales` |" in lines
    assert "[all clients](/medallion/)" in dag.doc_md


def test_begin_is_drawn_to_a_group_by_one_line(dag):
    edges = {(edge["source_id"], edge["target_id"]) for edge in dag_edges(dag)}
    drawn = {target for source, target in edges if source == "silver.begin"}
    tests = {
        task.task_id for task in dag.tasks if task.task_id.startswith("silver.") and task.label == "test"
    }
    groups = {f"silver.{step}.upstream_join_id" for step in ("clean", "validate")}
    assert drawn == tests | groups | {"silver.build"}
    waiting = {task.task_id for task in dag.tasks if "silver.begin" in task.upstream_task_ids}
    assert waiting == tests | {one.replace(".test", ".run") for one in tests} | {"silver.build"}
