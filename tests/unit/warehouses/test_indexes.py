"""What SQL Server stores by columns, and what it finds by a key: the macros, as dbt would render them."""

from __future__ import annotations

from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
import sqlglot

from medallion.settings import load_settings

MACROS = load_settings().dbt_project / "macros"
COLUMNSTORE = "sqlserver__create_clustered_columnstore_index"


class Relation(SimpleNamespace):
    """A table, as much of it as the macros ask for."""

    def include(self, **_: bool) -> str:
        return f'"{self.schema}"."{self.identifier}"'

    def __str__(self) -> str:
        return f'"medallion"."{self.schema}"."{self.identifier}"'


def rendered(file: str, macro: str, argument: Any, layer: str, **environment: str) -> str:
    """What a macro makes of a model of a layer."""
    table = Relation(schema=f"acme_{layer}", identifier="retail_orders")
    given = {
        "model": SimpleNamespace(name="retail_orders", resource_type="model", fqn=["medallion", layer]),
        "this": table,
        "env_var": lambda name, usual: environment.get(name, usual),
    }
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(  # noqa: S701  # it is SQL
        (MACROS / file).read_text(), globals=given
    )
    made: str = getattr(template.make_module(given), macro)(table if argument is None else argument)
    return " ".join(made.split())


def columnstore(layer: str, **environment: str) -> str:
    return rendered("sqlserver/columnstore.sql", COLUMNSTORE, None, layer, **environment)


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_silver_and_gold_are_stored_by_columns(layer: str) -> None:
    said = f'create clustered columnstore index [retail_orders_columns] on "acme_{layer}"."retail_orders"'
    assert columnstore(layer) == said
    assert sqlglot.parse_one(said, dialect="tsql").find(sqlglot.exp.Table) is not None


def test_bronze_is_not_nor_what_a_server_does_not_take() -> None:
    assert columnstore("bronze") == ""
    assert columnstore("gold", MEDALLION_SQLSERVER_COLUMNSTORE="false") == ""


def test_the_adapter_still_asks_the_macro_that_is_overridden() -> None:
    """Renamed there, every table would be stored by columns again, or none, and nothing would say so."""
    asking = [
        file.name
        for file in files("dbt.include.sqlserver").joinpath("macros").rglob("*.sql")  # type: ignore[attr-defined]
        if f"{COLUMNSTORE}(" in file.read_text().replace(f"macro {COLUMNSTORE}", "")
    ]
    assert asking


def test_keys_have_an_index_where_a_server_wants_one() -> None:
    file, macro = "increments/key_index.sql", "sqlserver__key_index"
    said = rendered(file, macro, ["order_id", "line_number"], "silver")
    table = '"medallion"."acme_silver"."retail_orders"'
    assert said == f"create index [retail_orders_key] on {table} (order_id, line_number)"
    assert rendered(file, macro, ["id"], "silver", MEDALLION_SQLSERVER_INDEXES="false") == ""
    assert rendered(file, "default__key_index", ["id"], "silver") == ""
