"""What the macros of the steps promise, on a handful of rows in a project of a few models."""

# ruff: noqa: S608  # the SQL is ours

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlglot

from warehouse.conftest import DBT, Project, Warehouse

#: P1's versions spell the key differently, P2's differ by their interval alone, P5's by nothing.
PEOPLE = """
select id, line, name, size, cast(updated as timestamp) as updated_at,
    cast(interval_start as timestamp) as _interval_start, cast(interval_start as date) as _run_date
from (values
    (' P1', 1, ' old ', 1, '2026-01-01', '2026-01-09'),
    ('P1 ', 1, ' new ', 2, '2026-01-02', '2026-01-01'),
    ('P2', 1, 'first', 3, '2026-01-01', '2026-01-01'),
    ('P2', 1, '   ', 4, '2026-01-01', '2026-01-02'),
    ('P3', 1, 'undated', 5, null, '2026-01-09'),
    ('P3', 1, '', 6, '2026-01-01', '2026-01-01'),
    ('P4', 1, 'one', 7, '2026-01-01', '2026-01-01'),
    ('P4', 2, 'two', 8, '2026-01-01', '2026-01-01'),
    ('P5', 1, 'twin', 9, '2026-01-01', '2026-01-01'),
    ('P5', 1, 'twin', 9, '2026-01-01', '2026-01-01')
) as said(id, line, name, size, updated, interval_start)
"""
#: A row a spelling; `typed` and `zoned` landed as timestamps, `cost` as a float.
SPELLINGS = """
select said.*, timestamp '2026-01-01' as _interval_start, date '2026-01-01' as _run_date
from (values
    (1, ' Ann@Example.COM ', 'Germany', ' eur', 'ab-1 ', 'App Open ', '19.99', 0.1::double,
        '2026-01-15T10:00:00+02:00', timestamp '2026-01-15 10:00:00', timestamptz '2026-01-15 10:00:00+02'),
    (2, 'bob@example.com', ' at ', 'USD', 'AB-1', 'app open', ' 0.01 ', 0.2::double,
        '2026-01-15T10:00:00Z', timestamp '2026-01-15 10:00:00.25', timestamptz '2026-01-15 00:30:00+01'),
    (3, '', 'narnia', '', '', '', 'dear', 0.7::double, '2026-01-15 23:30:00-05:30', null, null),
    (4, null, null, null, null, null, null, null, null, null, null),
    (5, 'x', 'UNITED STATES', 'x', 'x', 'x', '1000', 2.5::double, '2026-01-15 10:00:00', null, null),
    (6, 'x', 'de', 'x', 'x', 'x', '12345678901234.5678', -1.005::double, 'soon', null, null)
) as said(id, mail, country, currency, code, word, price, cost, moment, typed, zoned)
"""
CUSTOMERS = """
{{- needs_sources(['crm']) -}}
select said.*, timestamp '2026-01-01' as _interval_start
from (values ('C1', 'N', 1, 1), ('C1', 'S', 2, 2), ('C2', 'gone', 3, 1))
    as said(customer_id, region, size, version)
"""
ORDERS = """
select * from (values ('O1', 'C1', 'C2'), ('O2', 'C9', 'C1'), ('O3', null, null))
    as said(order_id, customer_id, payer_id)
"""


def _keyed(keys: str, sql: str) -> str:
    return "{{ config(meta={'keys': ['" + keys + "']}) }}" + sql


MODELS = {
    "bronze/bronze_crm__people.sql": _keyed("id', 'line", PEOPLE),
    "bronze/bronze_crm__spellings.sql": _keyed("id", SPELLINGS),
    "bronze/bronze_crm__customers.sql": _keyed("customer_id", CUSTOMERS),
    "bronze/bronze_sales__regions.sql": _keyed(
        "code", "select 'S' as code, 'South' as name, 1 as _interval_start"
    ),
    "bronze/bronze_sales__orders.sql": _keyed("order_id", ORDERS),
    "silver/clean/clean_crm__people.sql": """
        {{ clean(
            'crm', 'people', newest=['updated_at', '_interval_start'],
            ids=['line'], texts=['id', 'name'], kept=['size', 'updated_at'],
        ) }}""",
    "silver/normalize/normalize_crm__spellings.sql": """
        {{ normalize(
            'crm', 'spellings', before=[],
            columns=[
                'id', 'mail', 'country', 'currency', 'code', 'word', 'price', 'cost', 'moment', 'typed',
                'zoned',
            ],
            changed={
                'mail': 'mail', 'country': 'country', 'currency': 'currency', 'code': 'code', 'word': 'word',
                'price': 'money', 'cost': 'money', 'moment': 'utc', 'typed': 'utc', 'zoned': 'utc',
                'id': {'sql': 'id * 10'},
            },
        ) }}""",
    "silver/enrich/enrich_sales__orders.sql": """
        {{ enrich('sales', 'orders', before=[], joins=[
            left_join(
                'customers', source='crm', optional=true, on=['customer_id'], newest=['version'],
                flag='has_customer', columns={'region': 'region', 'size': 'customer_size'},
                types={'size': 'integer'},
            ),
            left_join('regions', on={'customers.region': 'code'}, columns={'name': 'region_name'}),
            left_join(
                'customers', name='payers', source='crm', optional=true, on={'payer_id': 'customer_id'},
                newest=['version'], flag='has_payer',
            ),
        ]) }}""",
}
#: A call that must not compile, and what it says.
WRONG = {
    "{{ clean('crm', 'people', newest=['id'], texts='id') }}": (
        'clean_crm__people: texts is a list of columns, not "id"'
    ),
    "{{ normalize('crm', 'people', [], ['id'], {'name': 'word'}) }}": (
        "normalize_crm__people: changed: 'name' is none of id"
    ),
    "{{ normalize('crm', 'people', [], ['id'], {'id': 'upper'}) }}": (
        "normalize_crm__people: id: 'upper' is none of code, country, currency, mail, money, utc, word"
    ),
    "{{ enrich('crm', 'people', [], [left_join('people', on='id')]) }}": (
        'left_join people: on is a list of columns, not "id"'
    ),
}
#: One that must not against the keys that bronze declares, which are known once all is parsed.
AGAINST_KEYS = {
    "{{ clean('crm', 'people', newest=['id'], texts=['id'], kept=['name']) }}": (
        "clean_crm__people: keys: 'line' is none of id, name"
    ),
    "{{ enrich('crm', 'customers', [], [left_join('people', on={'customer_id': 'id'})]) }}": (
        "enrich_crm__customers: left_join people: on names id, its key is id, line"
    ),
    "{{ enrich('crm', 'people', [], [left_join('customers', on={'id': 'customer_id'})]) }}": (
        "bronze_crm__customers: config.meta.keys is missing"
    ),
}


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Makes projects of a few models with the real macros."""

    def make(models: dict[str, str]) -> Project:
        folder = tmp_path_factory.mktemp("steps")
        left_out = shutil.ignore_patterns("models", "singular", "target", "logs")
        shutil.copytree(DBT, folder / "dbt", ignore=left_out)
        for path, sql in models.items():
            file = folder / "dbt" / "models" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(sql, encoding="utf-8")
        return Project(folder, folder / "dbt")

    return make


@pytest.fixture(scope="module")
def project(steps: Callable[..., Project]) -> Project:
    return steps(MODELS)


@pytest.fixture(scope="module")
def built(project: Project) -> Warehouse:
    """Every step, and both sources."""
    return _run(project, "full", ("clean", "normalize", "enrich"), ("crm", "sales"))


def _run(project: Project, client: str, steps: tuple[str, ...], sources: tuple[str, ...]) -> Warehouse:
    chosen = ["tag:bronze", *(f"tag:{step}" for step in steps)]
    ran = project.dbt("run", "--select", *chosen, client=client, transformations=steps, sources=sources)
    assert set(ran.statuses.values()) == {"success"}
    return ran


def _columns(built: Warehouse, model: str) -> list[tuple[str, str]]:
    described = built.rows(f"describe {{silver}}.{model}")
    return [(name, kind) for name, kind, *_ in described]


# --- clean


def test_clean_keeps_the_last_version_of_a_key_however_it_is_written(built: Warehouse) -> None:
    cleaned = built.rows("select id, line, name, size from {silver}.clean_crm__people order by id, line")
    assert cleaned == [
        ("P1", 1, "new", 2),
        ("P2", 1, None, 4),
        ("P3", 1, None, 6),
        ("P4", 1, "one", 7),
        ("P4", 2, "two", 8),
        ("P5", 1, "twin", 9),
    ]


def test_clean_keeps_types_and_adds_the_columns_of_landing(built: Warehouse) -> None:
    assert _columns(built, "clean_crm__people") == [
        ("line", "INTEGER"),
        ("id", "VARCHAR"),
        ("name", "VARCHAR"),
        ("size", "INTEGER"),
        ("updated_at", "TIMESTAMP"),
        ("_interval_start", "TIMESTAMP"),
        ("_run_date", "DATE"),
    ]


# --- normalize


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("mail", ["ann@example.com", "bob@example.com", ""]),
        ("country", ["DE", "AT", "NARNIA", None, "US", "DE"]),
        ("currency", ["EUR", "USD", ""]),
        ("code", ["AB-1", "AB-1", ""]),
        ("word", ["app open", "app open", ""]),
        ("price", ["19.9900", "0.0100", None, None, "1000.0000", "12345678901234.5678"]),
        ("cost", ["0.1000", "0.2000", "0.7000", None, "2.5000", "-1.0050"]),
        (
            "moment",
            [
                "2026-01-15T08:00:00",
                "2026-01-15T10:00:00",
                "2026-01-16T05:00:00",
                None,
                "2026-01-15T10:00:00",
                None,
            ],
        ),
        ("typed", ["2026-01-15T10:00:00", "2026-01-15T10:00:00.250000"]),
        ("zoned", ["2026-01-15T08:00:00", "2026-01-14T23:30:00"]),
        ("id", [10, 20, 30, 40, 50, 60]),
    ],
)
def test_normalize_has_one_spelling(built: Warehouse, column: str, expected: list[Any]) -> None:
    spelled = built.rows(f"select {column} from {{silver}}.normalize_crm__spellings order by id")
    assert [_said(value) for (value,) in spelled[: len(expected)]] == expected
    assert column == "id" or spelled[3] == (None,)


def _said(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def test_normalized_moments_have_no_zone_and_money_is_exact(built: Warehouse) -> None:
    types = dict(_columns(built, "normalize_crm__spellings"))
    assert {types[column] for column in ("moment", "typed", "zoned")} == {"TIMESTAMP"}
    assert {types[column] for column in ("price", "cost")} == {"DECIMAL(18,4)"}
    # As floats they are 0.9999999999999999, which is less than 1.
    sums = "select sum(cost), sum(cost) = 1 from {silver}.normalize_crm__spellings where id < 40"
    assert built.rows(sums) == [(Decimal("1.0000"), True)]


def test_sql_server_casts_moments_and_money_its_own_way(project: Project) -> None:
    offline = ("--no-populate-cache", "--no-introspect")
    chosen = ("--select", "normalize_crm__spellings", "--target", "sqlserver")
    sources = ("crm", "sales")
    project.dbt("compile", *offline, *chosen, client="elsewhere", sources=sources)
    said = project.manifest()["model.medallion.normalize_crm__spellings"]["compiled_code"]
    assert isinstance(sqlglot.parse_one(said, dialect="tsql"), sqlglot.exp.Query)
    for column in ("moment", "typed", "zoned"):
        text = f"nullif(trim(cast({column} as nvarchar(4000)) collate latin1_general_100_bin2), '')"
        moved = f"switchoffset(try_cast({text} as datetimeoffset), '+00:00')"
        assert f"cast({moved} as datetime2(6)) as {column}," in said
    assert "cast(try_cast(price as decimal(18, 4)) as decimal(18, 4)) as price," in said


# --- enrich


def test_enrich_joins_one_row_a_key_and_loses_none(built: Warehouse) -> None:
    assert built.rows("select * from {silver}.enrich_sales__orders order by order_id") == [
        ("O1", "C1", "C2", 1, "S", 2, "South", 1),
        ("O2", "C9", "C1", 0, None, None, None, 1),
        ("O3", None, None, 0, None, None, None, 0),
    ]
    names = [name for name, _ in _columns(built, "enrich_sales__orders")]
    assert names[3:] == ["has_customer", "region", "customer_size", "region_name", "has_payer"]


def test_enrich_without_the_other_source_is_null_of_the_same_types(
    built: Warehouse, project: Project
) -> None:
    alone = _run(project, "alone", ("enrich",), ("sales",))
    assert _columns(alone, "enrich_sales__orders") == _columns(built, "enrich_sales__orders")
    assert alone.rows("select * from {silver}.enrich_sales__orders order by order_id") == [
        ("O1", "C1", "C2", None, None, None, None, None),
        ("O2", "C9", "C1", None, None, None, None, None),
        ("O3", None, None, None, None, None, None, None),
    ]


# --- what a model's author may get wrong


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_call_says_which_model_what_and_what_is_allowed(
    call: str, steps: Callable[..., Project]
) -> None:
    wrong = steps({"silver/clean/wrong.sql": call, "bronze/bronze_crm__people.sql": PEOPLE})
    with pytest.raises(Exception, match="wrong") as raised:
        wrong.dbt("parse", client="wrong", sources=("crm",))
    assert WRONG[call] in str(raised.value)


@pytest.mark.parametrize("call", AGAINST_KEYS)
def test_a_call_that_does_not_fit_the_declared_keys_is_not_compiled(
    call: str, steps: Callable[..., Project]
) -> None:
    people = MODELS["bronze/bronze_crm__people.sql"]
    wrong = steps(
        {
            "silver/clean/wrong.sql": call,
            "bronze/bronze_crm__people.sql": people,
            "bronze/bronze_crm__customers.sql": CUSTOMERS,
        }
    )
    ran = wrong.dbt("run", "--select", "wrong", client="wrong", sources=("crm",))
    assert ran.statuses == {"wrong": "error"}
    results = json.loads((wrong.folder / "target" / "run_results.json").read_text("utf-8"))["results"]
    assert AGAINST_KEYS[call] in results[-1]["message"]
