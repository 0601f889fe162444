"""The report's task tells the fleet's page what did not land."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from airflow.sdk.exceptions import AirflowNotFoundException

from medallion.clients import Destination, SourceContract
from medallion.database import utcnow
from medallion.ledger import RunKey, open_ledger
from medallion.orchestration import notes
from medallion.orchestration.ends import ReportTask
from medallion.pipeline import Extract, LayerPlan, Plan
from medallion.registry.definition import Definition
from medallion.registry.find import registry_of
from medallion.settings import load_settings
from small_shop import small_shop

CLIENT = small_shop()
LAYERS = tuple(LayerPlan(layer, ()) for layer in ("bronze", "silver", "gold"))
SALES = {"name": "sales", "description": "Sales", "location": "/in", "format": "csv", "load": "interval"}


def test_a_hole_between_two_landings_is_on_the_fleets_page(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)

    def missing():
        raise AirflowNotFoundException("there is no connection")

    monkeypatch.setattr(notes, "airflow_client", missing)
    settings, today = load_settings(), utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    contract = SourceContract.model_validate(
        SALES | {"entities": {"orders": {"path": "o.csv", "keys": ["id"]}}}
    )
    shelf = Destination.model_validate({"name": "shelf", "type": "duckdb", "path": "s.duckdb"})
    registry_of(settings).put(
        "shop",
        Definition(CLIENT, {"sales": contract}, shelf),
        status="active",
        origin="file",
        actor="test",
        why="a test",
    )
    first, hole, *later = (today - timedelta(days=days) for days in (5, 4, 3, 2, 1))
    for day in (first, *later):
        partition = f"year={day:%Y}/month={day:%m}/day={day:%d}"
        (settings.landing / "shop/sales/orders" / partition).mkdir(parents=True)
    facts = {"client_id": "shop", "config_version": "x"}
    ledger = open_ledger(settings.database_url)
    for name, day in (("scheduled__first", first), ("scheduled__last", later[-1])):
        key = RunKey("client_shop_pipeline", name)
        ledger.start_run(key, interval_start=day, interval_end=day + timedelta(days=1), **facts)

    run = SimpleNamespace(
        dag_id="client_shop_pipeline", run_id="scheduled__last", run_after=datetime.now(UTC)
    )
    task = ReportTask(task_id="daily_report", plan=Plan(CLIENT, (Extract("sales", None),), LAYERS))
    day = later[-1].replace(tzinfo=UTC)
    task.execute(
        {
            "dag_run": run,
            "ti": SimpleNamespace(task_id="daily_report"),
            "data_interval_start": day,
            "data_interval_end": day + timedelta(days=1),
        }
    )
    (client,) = json.loads((settings.reports / "index.json").read_text())["clients"]
    (told,) = client["missing"]
    assert (told["hole"], told["intervals"]) == (True, 1)
    assert told["todo"] == f"medallion run shop --date {hole:%Y-%m-%d}"
    page = (settings.reports / "index.html").read_text().replace("<wbr>", "")
    assert f"<code>{told['todo']}</code>" in page
