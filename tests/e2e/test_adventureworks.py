"""The known truth on a live Airflow: what is measured decides what is delivered."""

import json
import re
import shutil
from dataclasses import replace

import duckdb
import pytest
from live_airflow import until
from shop import DAY

from medallion.clients import load_catalog
from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.embedded.prepare import make_ready
from medallion.ledger import RunKey, open_ledger
from medallion.pipeline import dag_id_of, make_plan, shape_of
from medallion.quality import judge_layer
from medallion.settings import Settings, load_settings
from medallion.transform import load_slim
from sharing import share_airflow_tables, share_manifests

REAL = load_settings()
pytestmark = [
    pytest.mark.live,
    pytest.mark.adventureworks,
    pytest.mark.skipif(
        REAL.adventureworks is None, reason="no AdventureWorks files (MEDALLION_ADVENTUREWORKS)"
    ),
]
#: Threshold → the rules below it, of all that gate.
BREACHES = {"0.95": [], "0.995": ["line_has_order", "order_has_ship_to_address"]}


def client_of(threshold):
    return f"aw_{threshold.replace('.', '_')}"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # The copied project does not stand where the files are looked for.
        patch.setenv("MEDALLION_ADVENTUREWORKS", str(REAL.adventureworks))
        yield project_of_two_clients(tmp_path_factory)


def project_of_two_clients(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adventureworks")
    shutil.copytree(REAL.configs, folder / "configs", ignore=shutil.ignore_patterns("clients"))
    shutil.copytree(REAL.dbt_project, folder / "dbt", ignore=shutil.ignore_patterns("target", "logs"))
    text = (REAL.configs / "clients" / "adventure_works.yml").read_text()
    assert "quality_threshold: 0.95" in text
    (folder / "configs" / "clients").mkdir()
    for threshold in BREACHES:
        changed = text.replace("quality_threshold: 0.95", f"quality_threshold: {threshold}")
        (folder / "configs" / "clients" / f"{client_of(threshold)}.yml").write_text(changed)
    settings = Settings(
        project=folder, home=folder / "var", database_url=f"sqlite:///{folder}/var/registry.db"
    )
    catalog = load_catalog(settings.configs)
    share_manifests(settings.home)
    share_airflow_tables(settings)
    assert make_ready(catalog, settings) == {}
    return settings


@pytest.fixture(scope="module")
def runs(settings, request):
    """The run of each threshold that is looked at: its id, its state, and what the gate of silver said."""
    mine = [item for item in request.session.items if item.path == request.path]
    thresholds = list(BREACHES) if any(item.get_closest_marker("soak") for item in mine) else ["0.95"]
    with EmbeddedAirflow(settings, AirflowOptions(parse_seconds=600)) as airflow:
        client = airflow.client
        dags = {threshold: dag_id_of(client_of(threshold)) for threshold in thresholds}
        for dag in dags.values():
            until(f"{dag} to be parsed", lambda dag=dag: client.dag(dag))
        started = {threshold: client.trigger(dag, DAY) for threshold, dag in dags.items()}
        ended = {}
        for threshold, run_id in started.items():
            dag = dags[threshold]
            state = until(
                f"{dag} to end",
                lambda dag=dag, run_id=run_id: (
                    (found := client.run(dag, run_id)["state"]) in ("success", "failed") and found
                ),
                300,
            )
            ended[threshold] = run_id, state, client.log(dag, run_id, "silver.gate")
        yield ended


@pytest.mark.parametrize("threshold", ["0.95", pytest.param("0.995", marks=pytest.mark.soak)])
def test_the_gate_of_silver_names_just_the_rules_below_the_threshold(runs, threshold):
    _, state, log = runs[threshold]
    assert state == ("failed" if BREACHES[threshold] else "success")
    assert (
        sorted(set(re.findall(r"(\w+): [\d,]+ of [\d,]+ rows of \w+ fail, score [\d.]+ <", log)))
        == BREACHES[threshold]
    )
    assert "line_has_order: 41 of 5,716 rows" in log
    assert "order_has_ship_to_address: 69 of 1,566 rows" in log
    assert "customer_person_exists: 17,719 of 19,119 rows" in log


def test_a_threshold_between_the_two_rules_names_the_one_below_it(settings, runs):
    client = load_catalog(settings.configs).clients[client_of("0.95")]
    higher = client.business_rules.quality_threshold.model_copy(update={"default": 0.96})
    rules = client.business_rules.model_copy(update={"quality_threshold": higher})
    plan = make_plan(client, load_slim(settings, shape_of(client)))
    key = RunKey(dag_id_of(client.id), runs["0.95"][0])
    measured = open_ledger(settings.database_url).latest_results(key)
    stricter = replace(plan, client=client.model_copy(update={"business_rules": rules}))
    assert judge_layer(plan, "silver", measured).passed
    breaches = judge_layer(stricter, "silver", measured).breaches
    assert [breach.rule for breach in breaches] == ["order_has_ship_to_address"]


def test_only_the_run_whose_gates_held_has_delivered(settings, runs):
    assert runs["0.95"][1] == "success"
    path = settings.destinations / "data_warehouse.duckdb"
    with duckdb.connect(str(path), read_only=True) as destination:
        query = "select distinct table_schema from information_schema.tables where table_schema like 'aw_%'"
        assert destination.sql(query).fetchall() == [("aw_0_95",)]
        query = "select sum(order_value), sum(order_count), count(*) from aw_0_95.adventureworks_daily_sales"
        ((value, orders, dates),) = destination.sql(query).fetchall()
    assert (round(float(value), 4), orders, dates) == (12527981.9927, 1566, 205)


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        ("0.95", ("delivered", "2011-12-24")),
        # Its gate of silver kept gold from being built.
        pytest.param("0.995", ("failed", None), marks=pytest.mark.soak),
    ],
)
def test_each_day_is_told_from_the_runs_the_warehouse_and_gold(settings, runs, threshold, said):
    path = settings.reports / client_of(threshold) / "latest_daily_report.json"
    figures = json.loads(path.read_text(encoding="utf-8"))
    (rolling,) = figures["rolling"]
    rows = {one["table"]: one["rows"] for one in figures["processed"]}
    assert (figures["day"], figures["not_read"]) == ("2026-01-15", "")
    assert rolling["mart"] == "adventureworks_rolling_sales"
    assert rows["bronze_adventureworks_sales__orders"] == 1566
    assert (figures["totals"]["outcome"], rolling["last_day"]) == said
    assert runs[threshold]
