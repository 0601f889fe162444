"""Every client built on two targets from the same landing files: the same rows, types and verdicts.

DuckDB against DuckDB shows that the harness sees what differs; against SQL Server it needs one.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from medallion.clients import Catalog, Client
from medallion.settings import load_settings
from parity.emptied import emptied
from parity.scenario import Rate, Step, is_given, put_through
from parity.sides import Side, differences
from warehouse.retailer import retail_client

pytestmark = pytest.mark.slow

Sides = Callable[[str], tuple[Side, Side]]
CLIENTS = ("acme_corp", "startup_inc", "enterprise_ltd", "adventure_works")
SMALL = ("clean", "validate")


@pytest.fixture
def shop() -> Client:
    return retail_client("parity_shop", SMALL, ("crm",))


def test_one_target_is_like_itself_and_what_differs_is_seen(
    sides: Sides, shop: Client, catalog: Catalog
) -> None:
    one, other = sides("duckdb")
    put_through((one, other), shop, catalog, (Step(0), Step(1), Step(0, seed=8)), rows_a_day=60)
    assert differences(one, other, shop) == []
    _change(other, shop, "update {silver}.clean_crm__customers set segment_id = 'other' where rowid = 3")
    _change(other, shop, "alter table {bronze}.bronze_crm__segments alter segment_name type blob")
    _change(other, shop, "drop table {silver}.quarantine_crm__customers")
    rows, more_rows, kind, *_, missing = differences(one, other, shop)
    assert rows
    assert (rows, more_rows, kind, missing) == 4


def _change(side: Side, client: Client, statement: str) -> None:
    schemas = {layer: f"{client.id}_{layer}" for layer in ("bronze", "silver", "gold")}
    with duckdb.connect(side.settings.warehouse(client.id)) as connection:
        connection.execute(statement.format(**schemas))


@pytest.mark.parametrize("client_id", CLIENTS)
def test_sql_server_has_what_duckdb_has(
    client_id: str, sqlserver: str, sides: Sides, catalog: Catalog, rates: list[Rate]
) -> None:
    client = catalog.client(client_id).model_copy(update={"id": f"parity_{client_id}"})
    if is_given(client) and load_settings().adventureworks is None:
        pytest.skip("no AdventureWorks files: set MEDALLION_ADVENTUREWORKS to their folder")
    one, other = sides(sqlserver)
    emptied(client.id)
    steps = {"steps": (Step(0), Step(1))} if is_given(client) else {}
    rates += put_through((one, other), client, catalog, **steps)
    assert differences(one, other, client) == []
