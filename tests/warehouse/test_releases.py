"""Rows released from quarantine by hand: let through by the next build, flagged, still counted; and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from medallion.clients.declared import read_declared
from medallion.ledger import NodeRow, open_ledger
from medallion.ledger.releases import in_force
from medallion.pipeline import make_plan, shape_of
from medallion.quality.quarantine import Chosen, reading
from medallion.quality.releases import key_text, release_rows, revoke_rows
from medallion.settings import load_settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare
from sharing import share_manifests
from warehouse.retailer import retail_client, six_hours

pytestmark = pytest.mark.slow

CLIENT = retail_client("till", ("clean", "enrich", "validate"), ("sales",))
NIGHT = six_hours("2026-01-15T00:00")
MOMENT = datetime(2026, 1, 15, 1)
LANDED = {"_interval_start": datetime(2026, 1, 15), "_run_date": date(2026, 1, 15)}
SIGNED = {"why": "the till was wrong", "by": "ann"}

#: Keys that would be something else if anything read them as SQL, JSON, a path or a pattern.
HOSTILE = ["it's", 'say "so"', "a,b", '["a", 1]', "x' or '1'='1", "%_!", "{{ 7 * 7 }}", "Ünï日本", "a/../b"]
#: Differ from a hostile key only by what a careless comparison would not see.
ALIKE = ["It's", "a, b", "xy!", "{{7*7}}"]


class Till:
    """A client whose payments and lines break rules, with keys of the test's choice."""

    def __init__(self, home: Path) -> None:
        self.settings = replace(load_settings(), home=home, target="duckdb")
        self.ledger = open_ledger(f"sqlite:///{home / 'registry.db'}")
        self.keys = read_declared(self.settings.dbt_project).keys
        share_manifests(home)
        prepare(self.settings, [shape_of(CLIENT)])
        self.plan = make_plan(CLIENT, load_slim(self.settings, shape_of(CLIENT)))
        self._land("orders", [_order("o1")])
        self._land("order_lines", [_line("o1", number, 0) for number in (1, 2)] + [_line("o1", 3, 5)])
        bad = [_payment(key, "o1", -1) for key in HOSTILE + ALIKE]
        self._land("payments", [*bad, _payment("good", "o1", 5), _payment("lost", "o9", -1)])

    def _land(self, entity: str, rows: list[dict[str, Any]]) -> None:
        path = self.settings.landing / CLIENT.id / "sales" / entity / "year=2026/month=01/day=15/hour=0000"
        path.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([row | LANDED for row in rows]), path / "part-0.parquet")

    def build(self, *layers: str) -> dict[str, NodeRow]:
        """Build layers with the releases in force; the rows by the nodes' names."""
        nodes = [node for layer in layers for node in self.plan.layer(layer).nodes]
        names = {node.unique_id: node.name for node in nodes}
        rows: dict[str, NodeRow] = {}
        request = BuildRequest(self.plan, nodes, (NIGHT,), (), in_force(self.ledger, CLIENT.id))
        build_nodes(self.settings, request, lambda row: rows.update({names[row.node]: row}))
        DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends
        return rows

    def release(self, entity: str, keys: list[str], rule: str | None = None) -> None:
        with reading(self.settings, CLIENT.id, self.keys) as reader:
            release_rows(self.ledger, reader, CLIENT.id, entity, keys=keys, rule=rule, **SIGNED)

    def revoke(self, entity: str, keys: list[str]) -> None:
        with reading(self.settings, CLIENT.id, self.keys) as reader:
            revoke_rows(self.ledger, reader, CLIENT.id, entity, keys=keys, by="bob")

    def quarantined(self, entity: str) -> list[str]:
        with reading(self.settings, CLIENT.id, self.keys) as reader:
            (one,) = reader.read(Chosen(entity), 1000)
            assert one.count == len(one.rows)
            return [key_text(row.key) for row in one.rows]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.settings.warehouse(CLIENT.id), read_only=True) as connection:
            return connection.execute(query).fetchall()


def _order(key: str) -> dict[str, Any]:
    texts = {"order_id": key, "customer_id": "", "channel": "web", "status": "paid", "ship_country": "AT"}
    moments = {"ordered_at": MOMENT, "updated_at": MOMENT}
    return texts | moments | {"currency": "EUR", "exchange_rate": Decimal(1), "shipping_fee": 0.0}


def _line(order: str, number: int, quantity: int) -> dict[str, Any]:
    numbers = {"line_number": number, "quantity": quantity, "discount_percent": 0, "unit_price": 2.5}
    return {"order_id": order, "product_id": "p1", "updated_at": MOMENT} | numbers


def _payment(key: str, order: str, amount: int) -> dict[str, Any]:
    moments = {"paid_at": MOMENT, "updated_at": MOMENT}
    return {"payment_id": key, "order_id": order, "method": "card", "amount": amount} | moments


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Till:
    return Till(tmp_path_factory.mktemp("till"))


def test_released_rows_are_let_through_and_back(till: Till) -> None:
    first = till.build("bronze", "silver")
    assert sorted(till.quarantined("sales__payments")) == sorted([*HOSTILE, *ALIKE, "lost"])
    assert first["quarantine_sales__payments"].rows == len(HOSTILE + ALIKE) + 1

    till.release("sales__payments", HOSTILE)
    till.release("sales__payments", ["lost"], "sales_payment_is_positive")
    till.release("sales__order_lines", ['["o1", 2]'])
    second = till.build("silver")

    # The row is where a reader of silver finds it, and says which rule it was forgiven.
    kept = "select payment_id, _broken_rules, _flags from till_silver.validate_sales__payments"
    forgiven = [(key, "", "sales_payment_is_positive") for key in HOSTILE]
    assert sorted(till.rows(kept)) == sorted([*forgiven, ("good", "", "")])
    assert till.quarantined("sales__order_lines") == ['["o1", "1"]']
    # Who breaks two rules and is forgiven one stays, for the other.
    assert sorted(till.quarantined("sales__payments")) == sorted([*ALIKE, "lost"])
    lost = (
        "select _broken_rules, _flags from till_silver.quarantine_sales__payments where payment_id = 'lost'"
    )
    assert till.rows(lost) == [("sales_payment_has_order", "sales_payment_is_positive")]
    # The measured truth has not changed, and no row came twice or got lost.
    for rule in ("sales_payment_is_positive", "sales_payment_has_order", "sales_line_quantity_is_positive"):
        before, after = first[rule], second[rule]
        assert (after.failing, after.population) == (before.failing, before.population)
    assert {name: row.status for name, row in second.items() if "keeps_rows" in name and not row.good} == {}
    assert sum("keeps_rows" in name for name in second) >= 3

    till.revoke("sales__payments", HOSTILE)
    till.build("silver")
    assert sorted(till.quarantined("sales__payments")) == sorted([*HOSTILE, *ALIKE, "lost"])
    assert till.quarantined("sales__order_lines") == ['["o1", "1"]']


def test_a_release_whose_key_is_of_another_model_rests(till: Till) -> None:
    older = [replace(one, key={"line": "1"}) for one in in_force(till.ledger, CLIENT.id)]
    nodes = [node for node in till.plan.layer("silver").nodes if node.name == "validate_sales__order_lines"]
    build_nodes(till.settings, BuildRequest(till.plan, nodes, (NIGHT,), (), older), [].append)
    DuckDBConnectionManager.close_all_connections()
    assert older
    assert till.rows("select line_number from till_silver.validate_sales__order_lines") == [(3,)]
