"""The DAG of a client's stream, and what real time adds to that of its batches."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from airflow.serialization.serialized_objects import DagSerialization

from medallion.clients import Catalog, SourceContract, client_from_dict
from medallion.exceptions import ConfigError
from medallion.orchestration.dag import Manifest, create_client_dag
from medallion.orchestration.realtime_dag import create_realtime_dag
from medallion.pipeline import make_plan, realtime_plan

STEPS = ["clean", "validate", "aggregate"]


def config(**changes):
    real_time = changes.pop("real_time", True)
    rules = {"data_retention_days": 30, "quality_threshold": 0.95, "enable_real_time": real_time}
    return {
        "description": "A shop",
        "schedule_interval": timedelta(days=1),
        "data_sources": ["crm", "sales"],
        "transformations": STEPS,
        "destination": "shelf",
        "business_rules": rules,
    } | changes


@pytest.fixture
def made(parts):
    """The client's plan and catalog; of ``sales`` all but the aggregated mart is tagged ``realtime``."""

    def make(event_time="at", **changes):
        catalog, slim = parts(["crm", "sales"], STEPS)
        for node in slim["nodes"].values():
            if "_sales_" in f"_{node['name']}_" and "daily" not in node["name"]:
                node["realtime"] = True
        things = {"path": "things.csv", "keys": ["id"]} | ({"event_time": event_time} if event_time else {})
        contract = catalog.sources["sales"].model_dump() | {"entities": {"things": things}}
        sources = {**catalog.sources, "sales": SourceContract.model_validate(contract)}
        catalog = Catalog(clients={}, sources=sources, destinations=catalog.destinations)
        return make_plan(client_from_dict("shop", config(**changes)), slim), catalog, slim

    return make


def test_a_client_with_real_time_has_a_second_dag_that_watches_its_inbox(made):
    plan, catalog, _ = made()
    dag = create_realtime_dag(plan, catalog)
    assert (dag.dag_id, dag.max_active_runs, dag.catchup) == ("client_shop_realtime", 1, False)
    assert dag.task_ids == ["micro_batch"]
    (asset,) = dag.timetable.asset_condition.objects
    (watcher,) = asset.watchers
    _, arguments = watcher.trigger.serialize()
    assert arguments == {"client_id": "shop", "entities": ["sales.things"], "batch": 10.0, "again": 60.0}
    for said in ("inbox/shop/", "sales.things", "bronze_sales__things", "client_shop_pipeline"):
        assert said in dag.doc_md


def test_the_slice_has_the_tagged_models_and_the_tests_behind_them(made):
    plan, _, _ = made()
    names = {node.name for layer in realtime_plan(plan).layers for node in layer.nodes}
    assert {"bronze_sales__things", "clean_sales__things", "sales_detail", "sales_amount"} <= names
    assert not {name for name in names if "crm" in name or "daily" in name}


def test_the_stream_of_a_platform_carries_its_name(made):
    plan, catalog, _ = made(platform="west")
    assert create_realtime_dag(plan, catalog).dag_id == "west__client_shop_realtime"


def test_batches_hold_what_landed_against_the_stream_once_it_is_their_turn(made, tmp_path):
    plan, catalog, slim = made()
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(slim))
    dag = create_client_dag("shop", plan.client, catalog=catalog, manifest=Manifest(slim, path))
    assert dag.get_task("reconcile_stream").upstream_task_ids == {"turn_to_build"}
    assert dag.get_task("reconcile_stream").downstream_task_ids == {"bronze.begin"}
    assert "client_shop_realtime" in dag.doc_md


def test_without_real_time_there_is_no_stream(made, tmp_path):
    plan, catalog, slim = made(real_time=False)
    assert create_realtime_dag(plan, catalog) is None
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(slim))
    dag = create_client_dag("shop", plan.client, catalog=catalog, manifest=Manifest(slim, path))
    assert not {"turn_to_build", "reconcile_stream"} & set(dag.task_ids)


def test_a_contract_that_does_not_tell_events_apart_is_refused(made):
    plan, catalog, _ = made(event_time=None)
    with pytest.raises(ConfigError, match=r"sales\.things cannot come as events: .* keys and event_time"):
        create_realtime_dag(plan, catalog)


def test_a_queue_of_no_streamed_entity_is_refused(made):
    queue = {"source": "crm", "entity": "things", "env": "QUEUE_URL", "topic": "things"}
    plan, catalog, _ = made(realtime={"queues": [queue]})
    with pytest.raises(ConfigError, match=r"crm\.things has no events; those that may: sales\.things"):
        create_realtime_dag(plan, catalog)


def test_a_queue_is_watched_through_the_messaging_provider_without_its_login(made, monkeypatch):
    monkeypatch.setenv("QUEUE_URL", "redis+stream://:s3cret@localhost:6379/0")
    queue = {"source": "sales", "entity": "things", "env": "QUEUE_URL", "topic": "things:{client}"}
    plan, catalog, _ = made(realtime={"queues": [queue]})
    dag = create_realtime_dag(plan, catalog)
    (asset,) = dag.timetable.asset_condition.objects
    kinds = {watcher.trigger.serialize()[0].rpartition(".")[2] for watcher in asset.watchers}
    assert kinds == {"InboxTrigger", "RedisStreamTrigger"}
    assert "things:shop" in str([watcher.trigger.serialize() for watcher in asset.watchers])
    assert "s3cret" not in str(DagSerialization.to_dict(dag))
