"""`medallion quarantine` and `medallion waive` on a small warehouse, as a person types them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from medallion.cli import app
from medallion.ledger import open_ledger
from medallion.ledger.releases import in_force, releases
from medallion.settings import load_settings

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
NEXT_WEEK = f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}"
HOSTILE = "x'; drop table t; --[red]"
ROWS = [
    ("o1", "line_has_order", "2026-01-15 00:00"),
    ("o2", "line_has_order,order_has_address", "2026-01-15 06:00"),
    (HOSTILE, "order_has_address", "2026-01-16 00:00"),
]
SIGNED = ("--why", "checked", "--by", "ann")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the client `shop`, whose warehouse has two quarantines."""
    for folder in ("configs", "dbt"):
        shutil.copytree(FIXTURES / folder, tmp_path / folder)
    shutil.copytree(FIXTURES / "good", tmp_path / "configs" / "clients")
    for name, value in (("PROJECT", tmp_path), ("HOME", tmp_path / "var")):
        monkeypatch.setenv(f"MEDALLION_{name}", str(value))
    for name in ("MEDALLION_TARGET", "MEDALLION_REGISTRY_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    path = load_settings().warehouse("shop")
    path.parent.mkdir(parents=True)
    with duckdb.connect(path) as connection:
        columns = "(order_id varchar, _broken_rules varchar, _interval_start timestamp)"
        connection.execute("create schema shop_silver")
        connection.execute(f"create table shop_silver.quarantine_sales__orders {columns}")
        connection.executemany("insert into shop_silver.quarantine_sales__orders values (?, ?, ?)", ROWS)
        columns = "(shop_id integer, customer_id varchar, _broken_rules varchar, _interval_start timestamp)"
        connection.execute(f"create table shop_silver.quarantine_crm__customers {columns}")
        row = (7, "a,b", "customer_has_phone", "2026-01-15")
        connection.execute("insert into shop_silver.quarantine_crm__customers values (?, ?, ?, ?)", row)
    return tmp_path / "var"


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def _facts(*words: str) -> dict:
    result = _run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _ledger():
    return open_ledger(load_settings().database_url)


def test_quarantine_counts_by_model_and_rule(home: Path) -> None:
    found = _facts("quarantine", "shop")["quarantine"]
    assert [(one["model"], one["count"], one["rules"]) for one in found] == [
        ("quarantine_crm__customers", 1, {"customer_has_phone": 1}),
        ("quarantine_sales__orders", 3, {"line_has_order": 2, "order_has_address": 2}),
    ]
    assert "shop: 4 rows in quarantine" in _run("quarantine", "shop").stdout


@pytest.mark.parametrize(
    ("chosen", "keys"),
    [
        (("--model", "sales__orders"), ["o1", "o2", HOSTILE]),
        (("--model", "validate_sales__orders", "--rule", "line_has_order"), ["o1", "o2"]),
        (("--model", "quarantine_sales__orders", "--date", "2026-01-15"), ["o1", "o2"]),
        (("--model", "sales__orders", "--date", "2026-01-15T06:00"), ["o2"]),
        (("--model", "sales__orders", "--limit", "1"), ["o1"]),
    ],
)
def test_quarantine_lists_the_rows_that_were_chosen(home: Path, chosen: tuple[str, ...], keys: list) -> None:
    (found,) = _facts("quarantine", "shop", *chosen)["quarantine"]
    assert [row["key"] for row in found["rows"]] == [{"order_id": key} for key in keys]


@pytest.mark.parametrize(
    ("when", "keys"),
    [
        ("2026-01-15", ["o2", HOSTILE]),
        ("2026-01-14", ["o1"]),
        ("2026-01-15T01:00", ["o2"]),
        ("2026-01-15T06:00", []),
    ],
)
def test_days_and_times_are_those_of_the_clients_clocks(home: Path, when: str, keys: list) -> None:
    """o1 came at midnight UTC, o2 six hours later: in New York that is an evening and the night after it."""
    path = load_settings().configs / "clients" / "shop.yml"
    path.write_text(path.read_text(encoding="utf-8") + "timezone: America/New_York\n", encoding="utf-8")
    (found,) = _facts("quarantine", "shop", "--model", "sales__orders", "--date", when)["quarantine"]
    assert [row["key"]["order_id"] for row in found["rows"]] == keys


def test_rows_are_printed_as_they_are(home: Path) -> None:
    printed = _run("quarantine", "shop", "--model", "sales__orders").stdout
    assert HOSTILE in printed
    assert '["7", "a,b"]' in _run("quarantine", "shop", "--rule", "customer_has_phone").stdout


def test_a_release_is_signed_and_says_what_follows(home: Path) -> None:
    chosen = ("--model", "sales__orders", "--release", HOSTILE, "--release", "o2")
    printed = _run("quarantine", "shop", *chosen, *SIGNED).stdout
    assert "The next run lets them through, flagged" in printed
    assert "To rebuild now: medallion run shop" in printed
    assert [
        (one.entity, one.key, one.rules, one.why, one.signed_by) for one in in_force(_ledger(), "shop")
    ] == [
        ("sales__orders", {"order_id": HOSTILE}, ("order_has_address",), "checked", "ann"),
        ("sales__orders", {"order_id": "o2"}, ("line_has_order", "order_has_address"), "checked", "ann"),
    ]
    assert "released already" in _run("quarantine", "shop", *chosen, *SIGNED).stdout
    assert len(releases(_ledger(), "shop")) == 2


def test_a_key_of_several_columns_is_a_json_list(home: Path) -> None:
    chosen = ("--model", "crm__customers", "--release", '[7, "a,b"]', *SIGNED)
    assert _facts("quarantine", "shop", *chosen)["released"][0]["key"] == {
        "shop_id": "7",
        "customer_id": "a,b",
    }


def test_a_release_of_one_rule_forgives_only_it(home: Path) -> None:
    chosen = ("--model", "sales__orders", "--rule", "line_has_order", "--release", "o2", *SIGNED)
    assert _facts("quarantine", "shop", *chosen)["released"][0]["rules"] == ["line_has_order"]


def test_a_release_that_is_revoked_is_over(home: Path) -> None:
    _facts("quarantine", "shop", "--model", "sales__orders", "--release", "o2", *SIGNED)
    told = _facts("quarantine", "shop", "--model", "sales__orders", "--revoke", "o2", "--by", "bob")
    assert [one["key"] for one in told["revoked"]] == [{"order_id": "o2"}]
    assert in_force(_ledger(), "shop") == []
    again = _run("quarantine", "shop", "--model", "sales__orders", "--revoke", "o2")
    assert "no release of 'o2' is in force; released: there are none" in again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("shopp",), "there is no client 'shopp'; did you mean 'shop'?"),
        (("small",), "small has no warehouse yet: `medallion run small` builds it"),
        (("shop", "--model", "sales__order"), "no such quarantine; did you mean 'sales__orders'?"),
        (("shop", "--rule", "line_has_ordr"), "did you mean 'line_has_order'?"),
        (("shop", "--release", "o1", *SIGNED), "need --model"),
        (("shop", "--model", "sales__orders", "--release", "o1"), "--why: must not be blank"),
        (("shop", "--model", "sales__orders", "--release", "o9", *SIGNED), "no row has the key 'o9'"),
        (
            ("shop", "--model", "sales__orders", "--rule", "customer_has_phone", "--release", "o1", *SIGNED),
            "'o1' breaks line_has_order, not customer_has_phone",
        ),
        (
            ("shop", "--model", "crm__customers", "--release", "7", *SIGNED),
            'the key is a JSON list, ["<shop_id>"',
        ),
        (("shop", "--model", "crm__customers", "--release", '["7"]', *SIGNED), "the key is a JSON list"),
        (("shop", "--model", "crm__customers", "--release", '[7, ["a"]]', *SIGNED), "the key is a JSON list"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_written(
    home: Path, words: tuple[str, ...], told: str
) -> None:
    result = _run("quarantine", *words)
    assert (result.exit_code, told in result.stderr) == (1, True), result.stderr
    assert releases(_ledger(), "shop") == []


def test_a_warehouse_that_is_being_written_to_names_its_writer(home: Path) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(load_settings().warehouse("shop"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "open\n"
        result = _run("quarantine", "shop")
        writer.stdin.close()
    assert result.exit_code == 1
    assert f"PID {writer.pid}" in result.stderr


def test_a_waiver_is_signed_listed_and_withdrawn(home: Path) -> None:
    signed = _facts("waive", "shop", "line_has_order", "--until", NEXT_WEEK, *SIGNED)
    assert [(one["rule"], one["until"], one["in_force"]) for one in signed] == [
        ("line_has_order", NEXT_WEEK, True)
    ]
    assert "in force" in _run("waive", "shop", "--list").stdout
    _facts("waive", "shop", "line_has_order", "--withdraw", "--by", "bob")
    (ended,) = _facts("waive", "shop", "--list")
    assert (ended["in_force"], ended["withdrawn_by"], ended["why"]) == (False, "bob", "checked")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name a rule to waive, or give --list"),
        (("line_has_order",), "--until is missing"),
        (("line_has_order", "--until", NEXT_WEEK), "--why: must not be blank"),
        (("line_has_ordr", "--until", NEXT_WEEK, *SIGNED), "did you mean 'line_has_order'?"),
        (("order_has_address", "--until", NEXT_WEEK, *SIGNED), "is not measured with the client's sources"),
        (("line_has_order", "--withdraw"), "no waiver is in force"),
    ],
)
def test_what_is_no_waiver_is_told_and_not_written(home: Path, words: tuple[str, ...], told: str) -> None:
    result = _run("waive", "shop", *words)
    assert (result.exit_code, told in result.stderr) == (1, True), result.stderr
    assert "no waiver was ever signed for shop" in _run("waive", "shop", "--list").stdout
