"""Runs tell an OpenLineage server what they read and built, where one is named."""

import pytest
from live_airflow import Live
from shop import DAY, Shop

from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.pipeline import LAYERS, dag_id_of
from receivers import receiver

pytestmark = [pytest.mark.live, pytest.mark.soak]
DAG_ID = dag_id_of("steady")


def test_a_run_tells_of_itself_its_tasks_and_its_tables(tmp_path, monkeypatch):
    with receiver() as server:
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{server.port}")
        shop = Shop(tmp_path, clients=("steady",))
        with EmbeddedAirflow(shop.settings, AirflowOptions()) as airflow:
            airflow.wait_for_dags([DAG_ID])
            _, state, _ = Live(shop.settings, airflow).run(DAG_ID, DAY)
        assert state == "success"
    events = [body for _, path, body in server.asked if path == "/api/v1/lineage"]
    kinds = {(one["job"]["name"], one["eventType"]) for one in events}
    assert {(DAG_ID, "START"), (DAG_ID, "COMPLETE")} <= kinds
    tasks = {name.removeprefix(f"{DAG_ID}.") for name, kind in kinds if kind == "COMPLETE"} - {DAG_ID}
    assert {
        "start",
        "extract_shop",
        *(f"{layer}.build" for layer in LAYERS),
        "load_to_data_warehouse",
    } <= tasks
    written = {
        one["job"]["name"].removeprefix(f"{DAG_ID}."): {table["name"] for table in one["outputs"]}
        for one in events
        if one["eventType"] == "COMPLETE" and one.get("outputs")
    }
    assert "steady.steady_gold.shop_orders" in written["gold.build"]
    assert "steady.steady_bronze.bronze_shop__orders" in written["bronze.build"]
