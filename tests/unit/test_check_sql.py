"""`make check` fails on a dbt project that breaks its conventions, and says where and what."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlglot
import yaml

import check_sql
import tsql

ROOT = Path(__file__).resolve().parents[2]
CRM = "dbt/models/silver/clean/crm"
BROKEN = (
    "clean_crm__customers",
    "clean_crm__segments",
    "clean_crm__visits",
    "crm_customer_has_",
    "bronze_crm__segments",
)
VISITS = """with clean_crm__visits as (

    select 1 as as visit_id limit 3

)

select * from clean_crm__visits
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the check reads, with the models of one source alone."""
    copy = tmp_path_factory.mktemp("project")
    for place in ("dbt", "configs", "airflow/src/medallion/sample_data/sql", "tests/warehouse"):
        shutil.copytree(ROOT / place, copy / place, ignore=shutil.ignore_patterns("target", "__pycache__"))
    for file in ("tests/check_sql.py", "tests/tsql.py", ".sqlfluff"):
        shutil.copy(ROOT / file, copy / file)
    models = copy / "dbt/models"
    for folder in [*models.glob("bronze/*"), *models.glob("silver/*/*"), *models.glob("gold/*")]:
        if folder.name != "crm":
            shutil.rmtree(folder)
    for test in (copy / "dbt/tests/singular").iterdir():
        test.unlink()
    written = copy / "dbt/dbt_project.yml"
    described = yaml.safe_load(written.read_text(encoding="utf-8"))
    layers = described["models"]["medallion"]
    del layers["gold"]
    for folder in (layers["bronze"], *(layers["silver"][step] for step in check_sql.STEPS)):
        for name in [name for name in folder if not name.startswith("+")]:
            del folder[name]  # of a source that is not here
    written.write_text(yaml.safe_dump(described), encoding="utf-8")
    return copy


def check(project: Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, project / "tests" / "check_sql.py"], capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.slow
def test_every_breach_of_the_conventions_is_named_with_its_file(project: Path) -> None:
    described = project / CRM / "_clean_crm__models.yml"
    edit(described, "One row per\n      customer", "All of a\n      customer")
    edit(described, "        data_tests: [unique, not_null]\n", "")
    (project / CRM / "clean_crm__visits.sql").write_text(VISITS)
    edit(
        project / "dbt/models/silver/validate/crm/_validate_crm__models.yml",
        "name: crm_customer_has_phone",
        "name: crm_customer_has_fax",
    )
    edit(
        project / "dbt/models/bronze/crm/bronze_crm__segments.sql",
        "    from landed",
        "    from landed -- acme_corp's",
    )
    code, told = check(project)
    assert code == 1
    wanted = {
        f"{described.relative_to(project).with_name('clean_crm__customers.sql')}: clean_crm__customers: "
        "the description must end with its grain, `One row per ….`",
        f"{CRM}/clean_crm__customers.sql: clean_crm__customers: its key has no test; "
        "allowed are unique, unique_together",
        f"{CRM}/clean_crm__visits.sql: clean_crm__visits: no column is documented",
        f"{CRM}/clean_crm__visits.sql: limit is not allowed",
        "dbt/models/silver/validate/crm/_validate_crm__models.yml: crm_customer_has_fax: a rule without a "
        "test: nothing in tests/warehouse or airflow/src/medallion/sample_data/sql names it",
    }
    assert wanted <= set(told)
    assert all(any(name in line for name in BROKEN) for line in told[:-1]), told  # and nothing else is
    assert any("bronze_crm__segments.sql:" in line and "names the client acme_corp" in line for line in told)
    assert any("clean_crm__visits is no tsql" in line for line in told)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one client, without a model."""
    (tmp_path / "configs/clients").mkdir(parents=True)
    (tmp_path / "configs/clients/acme_corp.yml").touch()
    monkeypatch.setattr(check_sql, "ROOT", tmp_path)
    monkeypatch.setattr(check_sql, "PROJECT", tmp_path / "dbt")
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("dbt/models/gold/acme_corp_orders.sql", "", ": its path names the client acme_corp"),
        ("dbt/models/acme_corp/orders.sql", "", ": its path names the client acme_corp"),
        ("dbt/models/o.sql", "select 1\nfrom acme_corp_gold.retail_orders", ":2: names the client acme_corp"),
        ("dbt/models/o.sql", "where client = 'ACME_CORP'", ":1: names the client ACME_CORP"),
        ("airflow/src/o.py", "is_acme_corp = True", ":1: names the client acme_corp"),
    ],
)
def test_a_client_is_found_in_paths_longer_names_and_capitals(
    empty: Path, file: str, text: str, told: str
) -> None:
    put(empty / file, text)
    assert list(check_sql._client_problems()) == [file + told]


def test_a_word_that_only_holds_the_letters_of_a_client_names_none(empty: Path) -> None:
    put(empty / "dbt/models/o.sql", "select pacme_corp, acme_corps, acme_corp2, acme from corp")
    assert list(check_sql._client_problems()) == []


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select amount > 0 as is_positive from o", "`amount > 0` is no value"),
        ("select not (a is null) and b = 1 as c from o", "`NOT (a IS NULL) AND b = 1` is no value"),
        ("select sum(amount > 0) as c from o", "`amount > 0` is no value"),
        ("select case when a = 1 then b = 2 else 0 end as c from o", "`b = 2` is no value"),
        ("select true as c from o", "no true or false"),
        ("select count(*) filter (where a > 0) as c from o", "no filter (where …)"),
        ("select string_agg(distinct a, ',') as c from o", "no string_agg(distinct …)"),
        ("select a from o where regexp_matches(a, 'x')", "is no condition"),
        ("select a from o where regexp_matches(a, 'x')", "regexp_matches() is no function"),
        ("select date_trunc('month', a) as c from o", "date_trunc() is no function"),
        ("select a from o where a ilike 'x'", "no ilike"),
        ("select a from o qualify row_number() over (order by a) = 1", "no qualify"),
        ("with o as (select a from i order by a) select * from o", "`ORDER BY a` without top"),
        ("select a from (select a from i union all select a from j order by a) as o", "without top"),
        ("select a from o order by a", "`ORDER BY a` without top"),
    ],
)
def test_what_sql_server_refuses_is_refused(sql: str, told: str) -> None:
    assert any(told in line for line in tsql.refused(sqlglot.parse_one(sql, dialect="tsql"), sql))


@pytest.mark.parametrize(
    "sql",
    [
        "select case when a > 0 and not (b is null or c in (1, 2)) then 1 else 0 end as d from o",
        "select case a when 1 then 2 else 3 end as d from o where exists (select 1 as e from i)",
        "select a as d, sum(b) as e from o group by a having sum(b) > 0",
        "select o.a as d from o inner join i on o.a = i.a and (i.b like 'x!%' escape '!' or i.b = 'y')",
        "select string_agg(a, ',') within group (order by a) as d from o",
        "select row_number() over (partition by a order by b) as d from o",
        "with o as (select top 3 a from i order by a) select a as d from o",
        "with o as (select a from i order by a offset 0 rows fetch next 3 rows only) select a as d from o",
        "select a from (values (1), (2)) as tens (a) where a = 1",
        "select cast(a as decimal(18, 4)) as d, try_cast(b as nvarchar(9)) as e from o",
    ],
)
def test_what_sql_server_takes_passes(sql: str) -> None:
    assert list(tsql.refused(sqlglot.parse_one(sql, dialect="tsql"), sql)) == []


def compiled(sql: str) -> Any:
    file = "models/gold/shop/shop_orders.sql"
    return SimpleNamespace(
        name="shop_orders", resource_type="model", compiled_code=sql, original_file_path=file
    )


def test_a_refusal_names_file_and_model_and_what_instead() -> None:
    node = compiled("select a > 0 as b from o")
    assert list(check_sql._syntax_problems([node], "tsql", "dbt")) == [
        "dbt/models/gold/shop/shop_orders.sql: shop_orders: `a > 0` is no value in T-SQL: "
        "write case when … then 1 else 0 end"
    ]
    assert list(check_sql._syntax_problems([node], "duckdb", "dbt")) == []


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select 1 as as a", "shop_orders is no tsql, dbt: line 1"),
        ("select 1 as a; select 2 as b", "shop_orders is not one query, dbt"),
        ("with o as (with i as (select 1 as a) select a from i) select a from o", "a `with` inside a `with`"),
    ],
)
def test_what_is_not_one_plain_query_is_refused(sql: str, told: str) -> None:
    (problem,) = check_sql._syntax_problems([compiled(sql)], "tsql", "dbt")
    assert told in problem


def test_a_models_file_is_held_to_its_form(empty: Path) -> None:
    put(empty / "dbt/models/gold/o.sql", "SELECT a::int\nfrom o \nlimit 3\n\n")
    file = "dbt/models/gold/o.sql"
    assert set(check_sql._source_problems()) == {
        f"{file}: must end with one newline",
        f"{file}:2: blanks at the end",
        f"{file}: limit is not allowed",
        f"{file}: :: is not allowed",
        f"{file}: a capital keyword is not allowed",
    }


@pytest.mark.parametrize(
    ("test", "text", "counts"),
    [
        ("tests/warehouse/test_shop.py", "assert rules['shop_amount'] == (3, 1)\n", True),
        ("tests/warehouse/test_shop.py", "assert rules  # not yet shop_amount\n", False),
        ("airflow/src/medallion/sample_data/sql/shop.sql", "select 1 as shop_amount -- one\n", True),
        ("airflow/src/medallion/sample_data/sql/shop.sql", "select 1 -- shop_amount\n", False),
    ],
)
def test_a_rule_is_tested_by_code_and_not_by_a_comment(
    empty: Path, test: str, text: str, counts: bool
) -> None:
    models = {"models": [{"name": "validate_shop", "data_tests": [{"rule": {"name": "shop_amount"}}]}]}
    put(empty / "dbt/models/silver/validate/shop/_shop__models.yml", yaml.safe_dump(models))
    put(empty / test, text)
    assert [problem for problem in check_sql._rule_problems() if "shop_amount" in problem] == (
        []
        if counts
        else [
            "dbt/models/silver/validate/shop/_shop__models.yml: shop_amount: a rule without a test: "
            "nothing in tests/warehouse or airflow/src/medallion/sample_data/sql names it"
        ]
    )
