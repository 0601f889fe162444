import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

from medallion.exceptions import BuildFailed, DataFailed, TransformError
from medallion.failures import Action, classify
from medallion.pipeline import shape_of
from medallion.transform import BuildRequest, manifest_key, slim_path
from medallion.transform.build import run_variables
from medallion.warehouses import WAREHOUSES, held

pytestmark = pytest.mark.slow


def test_every_node_gets_its_row_and_a_rule_its_counts(shop, flag):
    rows, raised = shop.build("bronze", "silver", "gold")
    assert raised is None
    assert {name: row.status for name, row in rows.items() if not row.good} == {}
    assert len(rows) == sum(len(layer.nodes) for layer in shop.plan.layers)
    rule = rows["amount_is_positive"]
    assert (rule.failing, rule.population, rule.status) == (3, 10, "warn")
    assert "clean_shop__orders" in rows["clean_shop__orders"].log
    assert rows["clean_shop__orders"].seconds > 0


def test_schemas_and_database_are_the_clients_though_the_manifest_is_shared(shop, flag):
    shop.build("bronze", "silver", "gold")
    DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends
    with duckdb.connect(str(shop.settings.warehouse("corner_shop"))) as warehouse:
        found = warehouse.sql("select distinct table_schema from information_schema.tables").fetchall()
    assert {schema for (schema,) in found} == {
        f"corner_shop_{one}" for one in ("bronze", "silver", "gold", "work")
    }
    assert not shop.settings.warehouse("medallion").exists()


def test_only_what_was_asked_for_is_built(shop, flag):
    shop.build("bronze", "silver", "gold")
    rows, raised = shop.build("silver", nodes={"clean_shop__people"})
    assert (set(rows), raised) == ({"clean_shop__people"}, None)


def test_a_node_above_that_fails_is_named_by_those_that_were_not_built(shop, flag):
    shop.build("bronze")
    flag.unlink()
    rows, raised = shop.build("silver", "gold")
    assert isinstance(raised, BuildFailed)
    assert classify(raised).kind == "not delivered"
    assert "clean_shop__orders" in str(raised)
    assert "No files found" in str(raised)
    assert rows["clean_shop__orders"].status == "error"
    assert rows["clean_shop__people"].good
    for below in ("unique_clean_shop__orders_id", "validate_shop__orders", "shop_orders"):
        assert rows[below].status == "skipped"
        assert rows[below].message == "not built: clean_shop__orders ended error"


@pytest.fixture
def deadlocks(monkeypatch):
    """The target takes as many deadlocks in one build as SQL Server does; makes a model lose some."""
    allowed = WAREHOUSES["sqlserver"].deadlocks
    monkeypatch.setitem(WAREHOUSES, "duckdb", replace(WAREHOUSES["duckdb"], deadlocks=allowed))
    real = DuckDBCursorWrapper.execute
    left = {}

    def execute(self, sql, *arguments):
        for model, times in left.items():
            if times and "create" in sql and f'"{model}' in sql:
                left[model] -= 1
                raise duckdb.TransactionException("Conflict on update!")
        return real(self, sql, *arguments)

    monkeypatch.setattr(DuckDBCursorWrapper, "execute", execute)
    return left.update


@pytest.mark.parametrize("times", [1, 3])
def test_what_lost_a_deadlock_is_built_again_with_all_behind_it_and_nothing_else(
    shop, flag, deadlocks, times
):
    shop.build("bronze")
    deadlocks({"clean_shop__people": times})
    rows, raised = shop.build("silver", "gold")
    assert raised is None
    assert {name: row.status for name, row in rows.items() if not row.good} == {}
    assert shop.told["clean_shop__people"] == times + 1
    assert shop.told["clean_shop__orders"] == 1


def test_a_node_that_goes_on_losing_fails_for_what_it_lost(shop, flag, deadlocks):
    shop.build("bronze")
    deadlocks({"clean_shop__people": 9})
    _, raised = shop.build("silver")
    assert isinstance(raised, BuildFailed)
    assert (classify(raised).kind, classify(raised).action) == ("deadlock", Action.AT_ONCE)
    assert shop.told["clean_shop__people"] == 4


@pytest.mark.parametrize("unsaid", ["bronze_shop__orders", "shop_orders"], ids=["the first", "the last"])
def test_a_build_that_could_not_say_what_it_built_has_failed_and_may_heal(shop, flag, unsaid):
    rows, raised = shop.build("bronze", "silver", "gold", unsaid=unsaid)
    assert isinstance(raised, TransformError)
    assert "the ledger is away" in str(raised)
    assert (classify(raised).kind, classify(raised).action) == ("connection lost", Action.WAIT)
    assert unsaid not in rows


def test_a_hard_test_that_fails_cannot_heal(shop, flag):
    shop.write("bronze/shop/bronze_shop__people.sql", "select 1 as id from range(3)")
    try:
        rows, raised = shop.build("bronze", "silver")
    finally:
        shop.restore()
    assert isinstance(raised, DataFailed)
    assert "unique_clean_shop__people_id" in str(raised)
    assert rows["unique_clean_shop__people_id"].status == "fail"
    assert rows["clean_shop__orders"].good


@pytest.mark.parametrize("sql", ["select {{ nothing_of_the_kind() }} as id", "selec 1 as id fro nowhere"])
def test_sql_that_was_never_valid_cannot_heal(shop, flag, sql):
    shop.write("silver/clean/shop/clean_shop__people.sql", sql + " -- {{ ref('bronze_shop__people') }}")
    try:
        rows, raised = shop.build("bronze", "silver")
    finally:
        shop.restore()
    assert isinstance(raised, BuildFailed)
    assert (classify(raised).kind, classify(raised).action) == ("SQL wrong", Action.STOP)
    assert rows["clean_shop__people"].status == "error"


@pytest.mark.parametrize(
    ("sql", "kind", "sign"),
    [
        ("select nosuch from", "schema changed", "by its text"),
        ("select cast('a' || id as integer) as id from", "data wrong", "duckdb.ConversionException"),
    ],
)
def test_what_a_model_failed_of_is_known_by_the_error_it_raised(shop, flag, sql, kind, sign):
    shop.write("silver/clean/shop/clean_shop__people.sql", sql + " {{ ref('bronze_shop__people') }}")
    try:
        _, raised = shop.build("bronze", "silver")
    finally:
        shop.restore()
    (cause,) = raised.causes
    assert isinstance(cause.__cause__, duckdb.Error)
    assert (classify(raised).kind, classify(raised).sign) == (kind, sign)


def test_a_warehouse_that_a_process_of_nobodys_holds_is_locked(shop, flag, monkeypatch):
    monkeypatch.setattr(held, "patiently", lambda _, real=held.patiently: real(0.2))
    shop.build("bronze")
    DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends
    path = shop.settings.warehouse("corner_shop")
    code = (
        "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        _, raised = shop.build("bronze")
    finally:
        holder.communicate("")
    assert isinstance(raised, BuildFailed)
    assert (classify(raised).kind, classify(raised).action) == ("locked", Action.WAIT)
    assert shop.build("bronze")[1] is None


def test_a_warehouse_in_use_by_another_process_is_waited_for_and_its_holder_named(shop, flag, tmp_path):
    path = shop.settings.warehouse("corner_shop")
    code = f"""
        import pathlib, sys
        from medallion.exceptions import BuildFailed
        from medallion.locks import one_at_a_time
        with one_at_a_time(pathlib.Path({str(path)!r}), doing="holding", error=BuildFailed):
            print("held", flush=True)
            sys.stdin.read()
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        from medallion.locks import one_at_a_time

        with (
            pytest.raises(BuildFailed, match=f"process {holder.pid}") as caught,
            one_at_a_time(path, doing="building", error=BuildFailed, patience=0.2),
        ):
            pass
        assert classify(caught.value).kind == "locked"
    finally:
        holder.communicate("")
    assert shop.build("bronze")[1] is None


def test_a_manifest_is_made_once_a_project_and_stays_beside_the_next_one(shop):
    path = slim_path(shop.settings, shape_of(shop.client))
    before = path.stat().st_mtime_ns
    shop.prepare()
    assert path.stat().st_mtime_ns == before
    shop.write("bronze/shop/bronze_shop__people.sql", "select 2 as id")
    after = slim_path(shop.settings, shape_of(shop.client))
    assert after != path
    assert path.stat().st_mtime_ns == before
    shop.restore()
    assert slim_path(shop.settings, shape_of(shop.client)) == path


def test_a_run_builds_with_the_manifest_it_began_with_whatever_the_project_is_now(shop, flag):
    began = shop.plan
    shop.write("bronze/shop/bronze_shop__people.sql", "select 7 as id")
    try:
        shop.plan = began
        raised = shop.build("bronze")[1]
    finally:
        shop.restore()
    assert raised is None
    DuckDBConnectionManager.close_all_connections()
    with duckdb.connect(str(shop.settings.warehouse("corner_shop"))) as warehouse:
        assert (7,) not in warehouse.sql("from corner_shop_bronze.bronze_shop__people").fetchall()


def test_a_host_without_the_manifest_makes_it_if_its_project_does(shop, flag):
    shutil.rmtree(shop.settings.manifests / shop.plan.manifest)
    assert shop.build("bronze")[1] is None
    began = shop.plan
    shop.write("bronze/shop/bronze_shop__people.sql", "select 7 as id")
    try:
        shutil.rmtree(shop.settings.manifests / began.manifest)
        shop.plan = began
        raised = shop.build("bronze")[1]
    finally:
        shop.restore()
    assert isinstance(raised, TransformError)
    assert f"no manifest at {shop.settings.manifests / began.manifest}" in str(raised)
    assert "medallion apply" in str(raised)


@pytest.mark.parametrize(
    ("file", "counts"), [("target/x.sql", False), ("logs/x.sql", False), ("models/x.yml", True)]
)
def test_what_dbt_leaves_in_the_project_makes_no_other_manifest(shop, file, counts):
    before = manifest_key(shop.settings, shape_of(shop.client))
    path = shop.settings.dbt_project / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    after = manifest_key(shop.settings, shape_of(shop.client))
    path.unlink()
    assert (after != before) == counts


def test_a_project_that_does_not_parse_says_where_and_keeps_the_last_good_manifest(shop):
    path = slim_path(shop.settings, shape_of(shop.client))
    before = path.read_bytes()
    with pytest.raises(Exception, match="bronze_shop__people"):
        shop.write("bronze/shop/bronze_shop__people.sql", "select {{ ref( }}")
    assert path.read_bytes() == before
    shop.restore()


def test_the_real_plan_comes_from_the_real_parse(shop):
    silver = shop.plan.layer("silver")
    assert [node.name for node in silver.models] == [
        "clean_shop__orders",
        "clean_shop__people",
        "validate_shop__orders",
    ]
    assert [node.reads for node in silver.rules] == ["clean_shop__orders"]


def test_models_see_the_value_that_a_client_is_one_of(shop):
    client = shop.plan.client.model_copy(update={"values": {"region": "us-east"}})
    plan = replace(shop.plan, client=client)
    request = BuildRequest(plan, plan.layer("bronze").nodes, (), ())
    assert run_variables(shop.settings, request)["for_each"] == {"region": "us-east"}
