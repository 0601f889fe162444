from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowNotFoundException

from medallion.clients import client_from_dict
from medallion.exceptions import GateFailed
from medallion.ledger import NodeRow, RunKey, open_ledger, tables
from medallion.orchestration import notes
from medallion.orchestration.gates import GateTask
from medallion.pipeline import LayerPlan, Node, Plan

CONFIG = {
    "description": "A shop",
    "schedule_interval": "1d",
    "data_sources": ["sales"],
    "transformations": [],
    "destination": "shelf",
    "business_rules": {"data_retention_days": 3, "quality_threshold": 0.95},
}
MODEL = Node("model.a", "bronze_a", "model", "bronze", "sales", "model.a")
PLAN = Plan(client_from_dict("shop", CONFIG), (), (LayerPlan("bronze", (MODEL,)),))
RUN = SimpleNamespace(dag_id="client_shop_pipeline", run_id="manual__1")


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/registry.db"
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", url)
    return open_ledger(url)


@pytest.mark.parametrize("status", ["success", "error"])
def test_a_gate_that_cannot_leave_a_note_judges_as_ever(ledger, monkeypatch, capfd, status):
    def missing():
        raise AirflowNotFoundException("there is no connection")

    monkeypatch.setattr(notes, "airflow_client", missing)
    key = RunKey(RUN.dag_id, RUN.run_id)
    ledger.add_results(key, ledger.start_build(key, "bronze", 1), [NodeRow("model.a", "bronze", status)])
    gate = GateTask(task_id="bronze.gate", plan=PLAN, layers=["bronze"])
    context = {"dag_run": RUN, "ti": SimpleNamespace(task_id="bronze.gate")}
    if status == "success":
        gate.execute(context)
    else:
        with pytest.raises(GateFailed, match="bronze: 1 nodes, NOT passed"):
            gate.execute(context)
    (verdict,) = ledger.rows_of(tables.verdict, key)
    assert verdict["passed"] == (status == "success")
    assert "no note in Airflow: AirflowNotFoundException: there is no connection" in capfd.readouterr().out
