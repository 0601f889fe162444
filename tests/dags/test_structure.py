"""Whatever a client asks for, its DAG has just that."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.sdk._shared.module_loading import import_string
from airflow.sdk.definitions.deadline import DeadlineReference
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.serialization.decoders import decode_deadline_alert
from airflow.serialization.serialized_objects import DagSerialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medallion.clients import Client
from medallion.failures import Backoff
from medallion.orchestration.dag import Manifest, create_client_dag
from medallion.orchestration.deadline import tell_late_run
from medallion.orchestration.gates import NotPassed
from medallion.orchestration.retries import RetryByClass

pytestmark = pytest.mark.slow

STEPS = ["clean", "normalize", "enrich", "validate", "aggregate"]
SILVER = STEPS[:4]
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}[a-z0-9]", fullmatch=True)


@st.composite
def configs(draw):
    return {
        "description": draw(st.text("abc |<\n", min_size=1, max_size=20).filter(str.strip)),
        "schedule_interval": draw(
            st.sampled_from(
                [timedelta(hours=2), timedelta(hours=6), timedelta(days=1), "30 4 * * *", "@weekly", None]
            )
        ),
        "data_sources": draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)),
        "transformations": draw(st.lists(st.sampled_from(STEPS), unique=True)),
        "destination": "shelf",
        "notification_email": draw(st.sampled_from([None, "team@example.com"])),
        "business_rules": {
            "data_retention_days": draw(st.integers(1, 4000)),
            "quality_threshold": draw(st.floats(0, 1)),
        },
        "retries": draw(st.integers(0, 5)),
    }


def base(**changes):
    config = {
        "description": "A shop",
        "schedule_interval": timedelta(hours=6),
        "data_sources": ["crm", "sales"],
        "transformations": ["validate", "clean", "aggregate"],
        "destination": "shelf",
        "business_rules": {"data_retention_days": 30, "quality_threshold": 0.9},
    }
    return config | changes


def groups_below(dag, layer):
    return {
        task_id.split(".")[1]
        for task_id in dag.task_ids
        if task_id.startswith(f"{layer}.") and task_id.count(".") > 1
    }


@given(NAMES, configs())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dag_has_what_its_config_lists_and_nothing_else(dag_of, client_id, config):
    dag = dag_of(client_id, config)
    assert dag.dag_id == f"client_{client_id}_pipeline"
    assert {one for one in dag.task_ids if one.startswith("extract_")} == {
        f"extract_{s}" for s in config["data_sources"]
    }
    assert groups_below(dag, "bronze") == set(config["data_sources"])
    assert groups_below(dag, "silver") == set(config["transformations"]) & set(SILVER)
    marts = {one for one in dag.task_ids if one.endswith("_daily.run") and one.startswith("gold.")}
    assert len(marts) == (len(config["data_sources"]) if "aggregate" in config["transformations"] else 0)
    dag.validate()
    order = [task.task_id for task in dag.topological_sort()]  # raises on a cycle
    assert len(order) == len(set(order))


@given(NAMES, configs())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_acts_where_it_should(dag_of, client_id, config):
    dag = dag_of(client_id, config)
    rules = config["business_rules"]
    plan = dag.get_task("quality_validation").plan
    assert plan.threshold("anything") == rules["quality_threshold"]
    assert dag.get_task("cleanup_old_data").plan.landing_days == rules["data_retention_days"]
    assert str(rules["data_retention_days"]) in dag.get_task("cleanup_old_data").doc_md
    build = dag.get_task("bronze.build")
    assert (build.retries, build.retry_delay) == (config["retries"], timedelta(minutes=5))
    assert (build.retry_exponential_backoff, build.max_retry_delay) == (2.0, timedelta(minutes=30))
    assert build.retry_policy == RetryByClass(Backoff())
    assert (dag.max_active_runs, dag.catchup) == (1, False)
    assert build.execution_timeout < dag.dagrun_timeout
    email = config["notification_email"]
    assert (email or "nobody") in dag.doc_md
    assert all(task.doc_md for task in dag.tasks)


def test_a_client_may_catch_up_from_its_first_day_on(dag_of):
    dag = dag_of("shop", base(catchup=True, start_date="2026-01-03", timezone="Europe/Berlin"))
    assert (dag.catchup, dag.start_date.isoformat()) == (True, "2026-01-02T23:00:00+00:00")


def test_layers_follow_each_other_through_their_gates(dag_of):
    dag = dag_of("shop", base())
    assert dag.get_task("bronze.begin").upstream_task_ids == {"extract_crm", "extract_sales"}
    assert dag.get_task("silver.begin").upstream_task_ids == {"bronze.gate"}
    assert dag.get_task("gold.begin").upstream_task_ids == {"silver.gate"}
    assert dag.get_task("quality_validation").upstream_task_ids == {"bronze.gate", "silver.gate", "gold.gate"}
    assert dag.get_task("load_to_shelf").upstream_task_ids == {"quality_validation"}
    assert dag.get_task("cleanup_old_data").downstream_task_ids == {"end", "daily_report"}


def test_runs_that_may_meet_take_turns_to_build_once_they_have_landed(dag_of):
    dag = dag_of("shop", base(max_active_runs=3))
    assert dag.max_active_runs == 3
    turn = dag.get_task("turn_to_build")
    assert (turn.upstream_task_ids, turn.downstream_task_ids) == (
        {"extract_crm", "extract_sales"},
        {"bronze.begin"},
    )
    assert (turn.reschedule, turn.kind) == (True, "build")
    assert "turn_to_build" not in dag_of("shop", base()).task_ids


def test_the_days_of_cleanups_stand_on_task_and_dag(dag_of):
    dag = dag_of("shop", base(cleanup_on=["thursday", "monday"]))
    assert "other days than: monday, thursday" in dag.get_task("cleanup_old_data").doc_md
    assert "| cleaned up | monday, thursday |" in dag.doc_md
    assert "| cleaned up | daily |" in dag_of("shop", base()).doc_md


def test_a_run_that_was_delivered_ends_well_also_without_a_cleanup(dag_of):
    end = dag_of("shop", base()).get_task("end")
    assert end.upstream_task_ids == {"load_to_shelf", "cleanup_old_data"}
    assert end.trigger_rule == "none_failed_min_one_success"


@pytest.mark.parametrize("depends", [True, False])
def test_a_run_that_depends_on_the_past_waits_for_its_delivery(dag_of, depends):
    dag = dag_of("shop", base(depends_on_past=depends))
    assert {task.task_id for task in dag.tasks if task.depends_on_past} == ({"start"} if depends else set())
    start = dag.get_task("start")
    assert start.wait_for_downstream is depends
    assert start.downstream_task_ids - {"extract_crm", "extract_sales"} == (
        {"load_to_shelf"} if depends else set()
    )


def test_a_gate_waits_for_every_task_of_its_layer(dag_of):
    dag = dag_of("shop", base())
    for layer in ("bronze", "silver", "gold"):
        above = {task.task_id for task in dag.get_task(f"{layer}.gate").get_flat_relatives(upstream=True)}
        assert {one for one in dag.task_ids if one.startswith(f"{layer}.")} - {f"{layer}.gate"} <= above


def test_a_test_stands_behind_its_model_in_the_drawing(dag_of):
    dag = dag_of("shop", base())
    test = dag.get_task("silver.clean.clean_crm__things.test")
    assert "silver.clean.clean_crm__things.run" in test.upstream_task_ids
    assert test.start_trigger_args.trigger_kwargs["nodes"] == ["test.medallion.unique_clean_crm__things"]


def test_nodes_of_a_layer_start_together_and_gates_always_run(dag_of):
    dag = dag_of("shop", base())
    for task in dag.tasks:
        if task.task_type == "DbtNodeTask":
            assert f"{task.task_id.split('.')[0]}.begin" in task.upstream_task_ids
            assert (task.trigger_rule, task.retries, task.execution_timeout) == ("one_success", 0, None)
        if task.task_type == "GateTask":
            assert (task.trigger_rule, task.retries) == ("all_done", dag.get_task("bronze.build").retries)
            assert task.retry_policy.evaluate(NotPassed([]), 1, 3).action is RetryAction.FAIL


def test_a_layer_without_models_still_has_its_ends(dag_of):
    dag = dag_of("shop", base(transformations=["aggregate"]))
    assert [one for one in dag.task_ids if one.startswith("silver.")] == [
        "silver.begin",
        "silver.build",
        "silver.gate",
    ]


def test_runs_own_an_interval(dag_of):
    assert type(dag_of("shop", base()).timetable).__name__ == "CronDataIntervalTimetable"
    assert (
        type(dag_of("shop", base(schedule_interval=timedelta(hours=5))).timetable).__name__
        == "WholePeriodTimetable"
    )


def test_a_client_with_a_time_zone_starts_and_runs_by_its_clocks(dag_of):
    dag = dag_of("shop", base(timezone="Europe/Berlin", start_date="2026-03-29"))
    assert dag.start_date == datetime(2026, 3, 28, 23, tzinfo=UTC)
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    assert stored.serialize() == {"expression": "0 */6 * * *", "timezone": "Europe/Berlin"}
    assert "Europe/Berlin" in dag.doc_md


def test_a_client_with_an_sla_has_a_deadline_that_its_triggerer_can_act_on(dag_of):
    dag = dag_of("shop", base(sla={"run": "90m", "layers": {"bronze": "20m"}}))
    (deadline,) = dag.deadline
    assert (deadline.reference, deadline.interval) == (
        DeadlineReference.DAGRUN_QUEUED_AT,
        timedelta(minutes=90),
    )
    (stored,) = DagSerialization.to_dict(dag)["dag"]["deadline"]
    read = decode_deadline_alert(stored)
    assert read.interval == timedelta(minutes=90)
    assert import_string(read.callback.path) is tell_late_run
    assert Client.model_validate(read.callback.kwargs["client"]) == dag.get_task("start").plan.client
    assert "| late | run after 1h30m, bronze after 20m |" in dag.doc_md


def test_a_client_without_one_has_no_deadline(dag_of):
    dag = dag_of("shop", base())
    assert not dag.deadline
    assert "| late |" not in dag.doc_md


READ = """
import datetime, json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from conftest import write_files
from airflow.dag_processing.dagbag import DagBag
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import LazyDeserializedDAG

folder = pathlib.Path(sys.argv[3])
file = write_files(folder, "shop", eval(sys.argv[2]))
bag = DagBag(folder, bundle_path=folder, bundle_name="clients")
(dag,) = bag.dags.values()
data = LazyDeserializedDAG.from_dag(dag).data
facts = {"hash": SerializedDagModel.hash(data), "tasks": len(data["dag"]["tasks"])}
print("DAG", json.dumps(facts | {"errors": bag.import_errors, "file": dag.relative_fileloc}))
print("ALL", json.dumps({**data["dag"], "fileloc": ""}, sort_keys=True))
"""


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"schedule_interval": timedelta(hours=6)}, marks=pytest.mark.soak),
        {"schedule_interval": "15 3 * * *", "sla": {"run": "90m", "layers": {"gold": "9m", "bronze": "20m"}}},
    ],
)
def test_airflow_sees_one_version_whatever_process_and_folder_it_reads_it_in(changed, tmp_path):
    read = [_read(base(**changed), seed, tmp_path / seed) for seed in ("1", "2")]
    assert read[0] == read[1]
    facts = json.loads(read[0][0])
    assert (facts["errors"], facts["file"]) == ({}, "clients/client_shop_pipeline.py")
    assert facts["tasks"] > 20


def _read(config, seed, folder):
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", READ, str(Path(__file__).parent), repr(config), str(folder / "version")],
        # Airflow keeps its configured folder in every DAG; on all hosts of an Airflow it is the same.
        env=os.environ
        | {"PYTHONHASHSEED": seed, "AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__DAGS_FOLDER": "dags"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line[4:] for line in done.stdout.splitlines() if line.startswith(("DAG ", "ALL "))]
    assert len(lines) == 2, done.stderr[-2000:]
    return lines


def test_a_plain_dict_makes_the_same_dag_as_its_file(dag_of, parts, tmp_path):
    catalog, slim = parts(["crm", "sales"], ["validate", "clean", "aggregate"])
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(slim))
    direct = create_client_dag("shop", base(), catalog=catalog, manifest=Manifest(slim, path))
    assert direct.task_dict.keys() == dag_of("shop", base()).task_dict.keys()


def test_a_dag_survives_serialization(dag_of):
    data = DagSerialization.to_dict(dag_of("shop", base()))
    assert DagSerialization.from_dict(data).dag_id == "client_shop_pipeline"


def test_the_form_is_the_dags_and_no_tasks(dag_of):
    dag = dag_of("shop", base())
    assert set(dag.params) >= {"day", "until"}
    assert [task.task_id for task in dag.tasks if task.params] == []


@pytest.mark.parametrize("named", ["", "warehouse"])
def test_what_opens_the_warehouse_goes_to_its_queue(dag_of, monkeypatch, named):
    monkeypatch.setenv("MEDALLION_WAREHOUSE_QUEUE", named)
    queues = {task.task_id: task.queue for task in dag_of("shop", base()).tasks}
    layers = {f"{layer}.{part}" for layer in ("bronze", "silver", "gold") for part in ("begin", "gate")}
    others = {"start", "extract_crm", "extract_sales", "quality_validation", "end"} | layers
    assert {queues.pop(task) for task in others} == {"default"}
    assert {"bronze.build", "load_to_shelf", "cleanup_old_data", "daily_report"} < queues.keys()
    assert set(queues.values()) == {named or "default"}
