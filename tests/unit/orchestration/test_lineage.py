from pathlib import Path

from airflow.providers.openlineage import conf
from airflow.providers.openlineage.plugins.openlineage import OpenLineageProviderPlugin

from medallion.orchestration.lineage import lineage_of
from medallion.pipeline import LayerPlan, Node, Plan
from medallion.settings import Settings
from small_shop import small_shop


def plan(**layers):
    nodes = {
        layer: tuple(
            Node(f"model.medallion.{name}", name, "model", layer, "-", "-") for name in names.split()
        )
        for layer, names in layers.items()
    }
    test = Node("test.medallion.unique", "unique", "test", "gold", "-", "-")
    return Plan(
        small_shop(),
        (),
        tuple(LayerPlan(name, (*nodes.get(name, ()), test)) for name in ("bronze", "silver", "gold")),
    )


def names(datasets):
    return [one.name for one in datasets]


def test_a_layer_reads_the_one_before_it_that_has_tables():
    settings = Settings(Path("/project"), Path("/home"))
    whole, bare = plan(bronze="a b", silver="c", gold="d"), plan(bronze="a", gold="d")
    found = lineage_of(whole, "gold", settings)
    assert (names(found.inputs), names(found.outputs)) == (["shop.shop_silver.c"], ["shop.shop_gold.d"])
    assert {one.namespace for one in (*found.inputs, *found.outputs)} == {
        "duckdb:///home/warehouse/shop.duckdb"
    }
    assert names(lineage_of(bare, "gold", settings).inputs) == ["shop.shop_bronze.a"]
    first = lineage_of(whole, "bronze", settings)
    assert (names(first.inputs), names(first.outputs)) == ([], ["shop.shop_bronze.a", "shop.shop_bronze.b"])


def test_on_sql_server_it_is_the_servers_database(monkeypatch):
    monkeypatch.setenv("MEDALLION_SQLSERVER_HOST", "sql.example.com")
    settings = Settings(Path("/project"), Path("/home"), target="sqlserver")
    (table,) = lineage_of(plan(gold="d"), "gold", settings).outputs
    assert (table.namespace, table.name) == ("mssql://sql.example.com:1433", "medallion.shop_gold.d")


def test_nothing_listens_where_no_address_is_set():
    assert conf.is_disabled()
    assert OpenLineageProviderPlugin.listeners == []
